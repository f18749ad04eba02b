"""Intents by the moment they were due: how many there were in each journal bucket, and how many came out well in time.

Counted when they were due, not when they were done: while a backlog drains more is done than ever, and a service that answers nobody
who comes now would look better than well.
"""

from typing import NamedTuple

import numpy as np

from rushproof.histogram import BUCKETS, middle
from rushproof.keyed import FloatArray, IntArray
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.summary import Cells, Summary

_MIDDLE = middle(np.arange(BUCKETS))
_NONE = np.zeros(0, dtype=np.int64)


class Cohorts(NamedTuple):
    """Equally long columns, one row a journal bucket."""

    resolution: float
    """wall seconds in a bucket"""
    asked: IntArray
    """intents due, of which the end is known"""
    good: IntArray
    """of these, done as asked within the time that counts"""
    tries: IntArray
    """tries of the intents due, first ones included; of whole visits nobody counts any"""
    took: Cells = Cells(_NONE, _NONE, _NONE)
    """how long the good ones took"""

    @property
    def size(self) -> int:
        """How many buckets there are."""
        return len(self.asked)

    def slower(self, bound: float) -> IntArray:
        """In each bucket, how many good ones took longer than `bound` seconds."""
        slow = _MIDDLE[self.took.bucket] > bound
        return _summed(self.took.at[slow], self.took.counts[slow], self.size)

    def quantile(self, share: float, first: int, last: int) -> float | None:
        """What those due from the bucket `first` up to `last` took that were good; None where there were none."""
        counts = self.durations(first, last)
        total = int(counts.sum())
        if not total:
            return None
        place = min(max(int(np.ceil(share * total - 1e-9)), 1), total)
        return float(_MIDDLE[np.searchsorted(np.cumsum(counts), place)])

    def durations(self, first: int, last: int) -> IntArray:
        """The histogram of how long they took."""
        inside = (self.took.at >= first) & (self.took.at < last)
        return _summed(self.took.bucket[inside], self.took.counts[inside], BUCKETS)


def cohorts(summary: Summary, step: str | None, within: float, crowd: str | None = None) -> Cohorts:
    """The intents of a step (None: of all steps), of all crowds where none is named.

    `visit`: whole visits by their arrival, which nothing can hold back.
    """
    size = summary.entire.last
    asked, good, tries = (np.zeros(size, dtype=np.int64) for _ in range(3))
    took: list[Cells] = []
    kind = Distribution.STRETCH if step == VISIT else Distribution.INTENT
    for outcome, cells in summary.picked(kind, crowd=crowd, step=step):
        soon = _MIDDLE[cells.bucket] <= within * (1 + 1e-9)
        # of one that was younger when the load ended, or of a run that was cut, nobody knows what it would have come to
        unknown = np.zeros(len(soon), dtype=bool) if outcome is not Outcome.UNFINISHED else soon | summary.cut
        asked += _summed(cells.at, np.where(unknown, 0, cells.counts), size)
        if outcome is Outcome.OK:
            took.append(Cells(cells.at[soon], cells.bucket[soon], cells.counts[soon]))
            good += _summed(took[-1].at, took[-1].counts, size)
    for _, cells in summary.picked(Distribution.RESPONSE, crowd=crowd, step=step):
        tries += _summed(cells.at, cells.counts, size)
    return Cohorts(summary.resolution, asked, good, tries, _joined(took))


def share(part: float, whole: float) -> float | None:
    """One as a share of the other; None where there is nothing."""
    return float(part / whole) if whole else None


def totals(column: IntArray) -> FloatArray:
    """How much came before each bucket, and in all: differences of it are sums over stretches."""
    return np.concatenate(([0.0], np.cumsum(column, dtype=np.float64)))


def _summed(at: IntArray, counts: IntArray, size: int) -> IntArray:
    return np.bincount(at, weights=counts, minlength=size)[:size].astype(np.int64)


def _joined(parts: list[Cells]) -> Cells:
    if not parts:
        return Cells(_NONE, _NONE, _NONE)
    return Cells(*(np.concatenate([getattr(part, name) for part in parts]) for name in Cells._fields))
