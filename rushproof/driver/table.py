"""Locust's own table, fed from the engine's frames: a handful of updates a second, not two calls a request."""

from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

import time

import numpy as np
from numpy.typing import NDArray

from rushproof.frame import Frame, Visits
from rushproof.histogram import middle
from rushproof.sample import VISIT, Distribution, Outcome

_TYPE = "step"
_SERVED = {Outcome.OK, Outcome.REFUSED}
"""A refusal is an answer, and an answer is no failure: the shop said a definite no, as it should."""
_REASONS = {
    Outcome.BLOCKED: "blocked: risk control said no",
    Outcome.SHED: "shed: asked to come later",
    Outcome.ERROR: "error: a definite failure",
    Outcome.DOUBT: "doubt: it may have happened",
}


class Table:
    """Adds frames to Locust's statistics: one row a step, with response times from sent to done.

    `blocked`, `shed`, `error` and `doubt` are failures; `ok` and `refused` are not.  A request that was still in flight at the end is
    left out, as Locust leaves it out.  `start` is the unix time of the run's beginning, `resolution` the length of a journal bucket.
    """

    def __init__(self, stats: RequestStats, start: float, resolution: float = 1.0) -> None:
        self._stats, self._start, self._resolution = stats, start, resolution
        self._missed: dict[int, int] = {}

    def add(self, frame: Frame) -> None:
        """Adds what a frame reports as done."""
        rows = frame.cell_rows[frame.cell_rows["distribution"] == Distribution.SERVED]
        several = len({crowd for crowd, _ in frame.steps}) > 1
        for step in np.unique(rows["step"]):
            crowd, name = frame.steps[step]
            self._add_step(f"{crowd} {name}" if several else name, rows[rows["step"] == step])
        for index, visits in enumerate(frame.visits):
            self._add_missed(index, visits)

    def _add_step(self, name: str, rows: NDArray[np.void]) -> None:
        entry = self._entry(name, rows)
        self._stats.entries[name, _TYPE].extend(entry)
        self._stats.total.extend(entry)
        for outcome, reason in _REASONS.items():
            count = int(rows["count"][rows["outcome"] == outcome].sum())
            if count:
                self._add_error(name, reason, count)

    def _entry(self, name: str, rows: NDArray[np.void]) -> StatsEntry:
        """The rows of one step as Locust would have counted them."""
        seconds = self._start + rows["at"] * self._resolution
        failed = ~np.isin(rows["outcome"], [int(outcome) for outcome in _SERVED])
        entry = StatsEntry(self._stats, name, _TYPE)
        entry.start_time = float(seconds.min())
        entry.last_request_timestamp = min(float(seconds.max()) + self._resolution, time.time())
        entry.num_requests = int(rows["count"].sum())
        entry.num_failures = int(rows["count"][failed].sum())
        buckets, counts = _sums(rows["bucket"], rows["count"])
        took = middle(buckets) * 1000.0
        entry.total_response_time = round(float(took @ counts))
        entry.min_response_time, entry.max_response_time = round(float(took.min()), 3), round(float(took.max()), 3)  # type: ignore[assignment]
        for one, count in zip(took.tolist(), counts.tolist(), strict=True):
            entry.response_times[bucket_response_time(one)] += count
        for second, count in zip(*(part.tolist() for part in _sums(seconds.astype(np.int64), rows["count"])), strict=True):
            entry.num_reqs_per_sec[second] += count
        for second, count in zip(*(part.tolist() for part in _sums(seconds[failed].astype(np.int64), rows["count"][failed])), strict=True):
            entry.num_fail_per_sec[second] += count
        return entry

    def _add_missed(self, index: int, visits: Visits) -> None:
        """Visits that were never begun show as failures without a response time."""
        fresh = visits.missed - self._missed.get(index, 0)
        if fresh <= 0:
            return
        self._missed[index] = visits.missed
        entry, now = StatsEntry(self._stats, VISIT, _TYPE), time.time()
        entry.start_time = entry.last_request_timestamp = now
        entry.num_requests = entry.num_none_requests = entry.num_failures = fresh
        entry.num_reqs_per_sec[int(now)] = entry.num_fail_per_sec[int(now)] = fresh
        self._stats.entries[VISIT, _TYPE].extend(entry)
        self._stats.total.extend(entry)
        self._add_error(VISIT, "missed: the engine was at its cap", fresh)

    def _add_error(self, name: str, reason: str, count: int) -> None:
        key, now = StatsError.create_key(_TYPE, name, reason), time.time()
        error = self._stats.errors.setdefault(key, StatsError(_TYPE, name, reason, first_seen=now))
        error.occurrences += count
        error.last_seen = now


def _sums(keys: NDArray[np.int64], counts: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each key once, with the sum of its counts."""
    unique, inverse = np.unique(keys, return_inverse=True)
    return unique.astype(np.int64), np.bincount(inverse, weights=counts, minlength=len(unique)).astype(np.int64)
