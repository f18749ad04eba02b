"""A run as counts: how many samples of a step came to an outcome in a time, foldable over any window.

Counts are kept by (crowd, step, outcome, distribution) in the order of journal buckets, so that a window is a slice and a histogram
is a sum.  Folding is adding: it does not matter in which order segments, seconds or workers come.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rushproof.histogram import BUCKETS
from rushproof.keyed import IntArray
from rushproof.manifest import Ending, Manifest
from rushproof.recorded import Recorded
from rushproof.report import VisitCounts
from rushproof.sample import VISIT, Distribution, Outcome


class Span(NamedTuple):
    """A stretch of journal buckets, from the first up to, not including, the last."""

    first: int
    last: int


class Cells(NamedTuple):
    """The counts of one (crowd, step, outcome, distribution): equally long columns, sorted by journal bucket, then latency bucket."""

    at: IntArray
    bucket: IntArray
    counts: IntArray


Key = tuple[str, str, Outcome, Distribution]


class Summary:
    """A run's counts, visits and health; what measures are computed from."""

    def __init__(self, manifest: Manifest, recorded: Recorded) -> None:
        self.manifest, self.recorded = manifest, recorded
        self.resolution = float(manifest.scenario.resolution)
        self._pace = manifest.pace
        self.elapsed = manifest.elapsed or recorded.until
        """wall seconds in which arrivals were due"""
        self.cut = manifest.ending is not Ending.COMPLETE
        """the run ended early, or its generator was starved: what was still open at the end proves nothing either way"""
        self.warm = math.ceil(float(manifest.scenario.warm_up) / self.resolution - 1e-6)
        """journal buckets at the beginning that are recorded and not judged"""
        self.cells: Mapping[Key, Cells] = _grouped(recorded)
        self.visits = visit_counts(manifest, recorded)

    @classmethod
    def of(cls, manifest: Manifest, recorded: Recorded) -> "Summary":
        """The summary of a run that was read."""
        return cls(manifest, recorded)

    @cached_property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """(crowd, step) of everything that left a trace, whole visits excepted; in the order of the scenario's crowds."""
        order = {name: place for place, name in enumerate(self.manifest.scenario.crowds)}
        found = {(crowd, step) for crowd, step, _, _ in self.cells if step != VISIT}
        return tuple(sorted(found, key=lambda pair: (order.get(pair[0], len(order)), self.recorded.steps.index(pair))))

    @property
    def entire(self) -> Span:
        """Every bucket in which anything was due or done, the warm-up and the drain included."""
        last = max((int(cells.at[-1]) for cells in self.cells.values()), default=-1) + 1
        return Span(0, max(last, math.ceil(self.elapsed / self.resolution - 1e-6)))

    @property
    def whole(self) -> Span:
        """The same without the warm-up: what findings look at."""
        last = self.entire.last
        return Span(min(self.warm, last), last)

    @cached_property
    def judged(self) -> Mapping[str, VisitCounts]:
        """By crowd, the visits that findings look at: those that came after the warm-up, and all that were lost, whenever they came."""
        if not self.warm:
            return self.visits
        counts = {}
        for crowd, all_of_it in self.visits.items():
            found = self.histograms(Distribution.STRETCH, self.whole, crowd=crowd, step=VISIT)
            by_outcome = {outcome: int(each.sum()) for outcome, each in found.items()}
            unfinished, missed = by_outcome.get(Outcome.UNFINISHED, 0), by_outcome.get(Outcome.MISSED, 0)
            finished = sum(by_outcome.values()) - unfinished - missed
            counts[crowd] = VisitCounts(finished + unfinished + missed + all_of_it.lost, finished, unfinished, missed, all_of_it.lost)
        return counts

    def span(self, window: str | None) -> Span | str:
        """The buckets of a named window (None: the whole run), clipped by what was run and judged; or one sentence why there are none.

        A window's edges are moved to the nearest edges of journal buckets; a warm-up ends with the bucket it ends in.
        """
        warm_up = f"the warm-up of {float(self.manifest.scenario.warm_up):g} s, which is recorded and not judged"
        if window is None:
            return f"the run ended within {warm_up}" if self.warm and self.elapsed <= self.warm * self.resolution else self.whole
        manifest, spec = self.manifest, self.manifest.scenario.windows[window]
        first, last = (self._pace.wall(manifest.scenario.timetable.at(moment)) / self.resolution for moment in (spec.first, spec.last))
        span = Span(max(round(first), self.warm), min(round(last), math.ceil(self.elapsed / self.resolution - 1e-6)))
        if span.first < span.last:
            return span
        if last <= 0 or first * self.resolution >= self.elapsed:
            return f"the window {window} lies outside of what was run"
        if round(first) < self.warm and round(first) < min(round(last), span.last):
            return f"the window {window} lies within {warm_up}"
        wall = (last - first) * self.resolution
        return f"the window {window} is {wall:.3g} s of wall time at this speed, less than a journal bucket of {self.resolution:g} s"

    def speed(self, window: str | None) -> float | None:
        """The speed of a named window (None: of the whole run); None where it is not one speed throughout."""
        manifest = self.manifest
        first, last = manifest.first, manifest.last
        if window is not None:
            timetable, spec = manifest.scenario.timetable, manifest.scenario.windows[window]
            first, last = max(first, timetable.at(spec.first)), min(last, timetable.at(spec.last))
        return self._pace.speed(first, last)

    def picked(
        self, distribution: Distribution, *, crowd: str | None = None, step: str | None = None, outcome: Outcome | None = None
    ) -> Iterator[tuple[Outcome, Cells]]:
        """The cells of a distribution; None stands for all crowds, all steps (whole visits excepted), all outcomes."""
        for (of_crowd, of_step, of_outcome, of_distribution), cells in self.cells.items():
            if of_distribution is not distribution or (crowd is not None and of_crowd != crowd):
                continue
            if (of_step == VISIT if step is None else of_step != step) or (outcome is not None and of_outcome is not outcome):
                continue
            yield of_outcome, cells

    def histograms(
        self, distribution: Distribution, span: Span, *, crowd: str | None = None, step: str | None = None
    ) -> dict[Outcome, IntArray]:
        """Counts by latency bucket for each outcome that was there, over a span."""
        found: dict[Outcome, IntArray] = {}
        for outcome, cells in self.picked(distribution, crowd=crowd, step=step):
            counts = counted(cells, span)
            if counts.any():
                found[outcome] = found[outcome] + counts if outcome in found else counts
        return found


def counted(cells: Cells, span: Span) -> IntArray:
    """Counts by latency bucket over a span."""
    first, last = np.searchsorted(cells.at, span)
    return np.bincount(cells.bucket[first:last], weights=cells.counts[first:last], minlength=BUCKETS).astype(np.int64)


def visit_counts(manifest: Manifest, recorded: Recorded) -> Mapping[str, VisitCounts]:
    """By crowd: offered = finished + unfinished + missed + lost.

    Offered is what the plan says was due until the load ended, whatever workers reported; lost is what nobody reported the end of.
    """
    counts, scenario = {}, manifest.scenario
    closed = recorded.closed | {crowd for crowd, spec in scenario.crowds.items() if spec.users is not None}
    for crowd in dict.fromkeys((*scenario.crowds, *manifest.offered, *recorded.visits)):
        reported = recorded.visits.get(crowd)
        if crowd in closed or (reported is None and crowd not in manifest.offered):
            continue
        finished, unfinished, missed = (reported.finished, reported.unfinished, reported.missed) if reported else (0, 0, 0)
        ended = finished + unfinished + missed
        offered = max(manifest.offered.get(crowd, 0), reported.offered if reported else 0, ended)
        counts[crowd] = VisitCounts(offered, finished, unfinished, missed, lost=offered - ended)
    return counts


def total(visits: Mapping[str, VisitCounts]) -> VisitCounts:
    """All crowds together."""
    rows = list(visits.values())
    return VisitCounts(*(sum(getattr(row, name) for row in rows) for name in VisitCounts.__struct_fields__))


def _grouped(recorded: Recorded) -> dict[Key, Cells]:
    rows = _folded(recorded.cells)
    names = ("step", "outcome", "distribution")
    if not len(rows):
        return {}
    changes = np.zeros(len(rows) - 1, dtype=bool)
    for name in names:
        changes |= rows[name][1:] != rows[name][:-1]
    groups: dict[Key, Cells] = {}
    for part in np.split(rows, np.flatnonzero(changes) + 1):
        crowd, step = recorded.steps[part["step"][0]]
        key = crowd, step, Outcome(part["outcome"][0]), Distribution(part["distribution"][0])
        groups[key] = Cells(part["at"].copy(), part["bucket"].copy(), part["count"].copy())
    return groups


def _folded(rows: NDArray[Any]) -> NDArray[Any]:
    """The rows sorted, equal cells added up: the same for every order of the rows."""
    rows = rows[np.lexsort((rows["bucket"], rows["at"], rows["distribution"], rows["outcome"], rows["step"]))]
    if len(rows) < 2:
        return rows
    names = ("step", "outcome", "distribution", "at", "bucket")
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = np.logical_or.reduce([rows[name][1:] != rows[name][:-1] for name in names])
    starts = np.flatnonzero(fresh)
    folded = rows[starts]
    folded["count"] = np.add.reduceat(rows["count"], starts)
    return folded
