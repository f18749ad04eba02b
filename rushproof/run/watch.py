"""Frames as they come, folded into one glance a second for the people who watch."""

from collections import Counter

import numpy as np

from rushproof import histogram
from rushproof.frame import Frame, Visits
from rushproof.glance import Glance
from rushproof.health import lag_limit, signs_of
from rushproof.manifest import Manifest
from rushproof.sample import VISIT, Distribution, Outcome


class Watch:
    """What a run looks like while it goes on; a second is whole when every worker has reported it."""

    def __init__(self, manifest: Manifest, total: float) -> None:
        self._manifest, self._total = manifest, total
        self._pace = manifest.pace
        self._visits: dict[int, tuple[Visits, ...]] = {}
        self._outcomes: Counter[str] = Counter()
        self._tainted: set[int] = set()
        self._lag_limit = lag_limit(manifest.scenario.generator, manifest.scenario.budget)
        self._before = (0.0, 0)
        self._lag, self._busy = 0.0, 0.0
        self._reset()

    def add(self, frame: Frame) -> bool:
        """Takes a frame in; True when every worker has reported since the last glance."""
        if frame.health or frame.final:  # attempts may come ahead of their second
            self._seen.add(frame.worker)
        self._visits[frame.worker] = frame.visits
        rows = frame.cell_rows
        visits = [index for index, (_, step) in enumerate(frame.steps) if step == VISIT]
        rows = rows[~np.isin(rows["step"], visits)]
        ok = rows["outcome"] == Outcome.OK
        response = rows["distribution"] == Distribution.RESPONSE
        for outcome in Outcome:
            self._outcomes[outcome.word] += int(rows["count"][response & (rows["outcome"] == outcome)].sum())
        self._served += int(rows["count"][ok & (rows["distribution"] == Distribution.SERVED)].sum())
        np.add.at(self._response, rows["bucket"][ok & response], rows["count"][ok & response])
        spec, limit = self._manifest.scenario.generator, self._lag_limit
        for health in frame.health:
            self._lag, self._busy = max(self._lag, health.lag_p99), max(self._busy, health.busy)
            if signs_of(health, spec, limit):
                self._tainted.add(health.at)
        return len(self._seen) >= self._manifest.workers

    def glance(self, phase: str, elapsed: float) -> Glance:
        """The time since the last glance, at `elapsed` wall seconds since the start."""
        offered = sum(visit.offered for worker in self._visits.values() for visit in worker)
        since, before = self._before
        took = max(elapsed - since, 0.1)
        glance = Glance(
            at=min(self._pace.at(elapsed), self._manifest.last),
            elapsed=elapsed,
            total=self._total,
            offered=(offered - before) / took,
            served=self._served / took,
            p50=self._quantile(0.5),
            p99=self._quantile(0.99),
            outcomes={word: count for word, count in self._outcomes.items() if count},
            in_flight=sum(visit.in_flight for worker in self._visits.values() for visit in worker),
            tainted=len(self._tainted),
            lag_p99=self._lag,
            busy=self._busy,
            phase=phase,
        )
        self._before = (elapsed, offered)
        self._reset()
        return glance

    def _reset(self) -> None:
        self._seen: set[int] = set()
        self._served, self._lag, self._busy = 0, 0.0, 0.0
        self._response = np.zeros(histogram.BUCKETS, dtype=np.int64)

    def _quantile(self, share: float) -> float | None:
        return histogram.quantile(self._response, share) if self._response.any() else None
