"""The time after a mend as it is looked at: stretches of it, and which are shown to be bad, or to be good."""

from typing import NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof.drill import ServiceSpec
from rushproof.keyed import FloatArray, IntArray
from rushproof.recovery.baseline import Baseline
from rushproof.recovery.cohort import Cohorts, totals
from rushproof.recovery.wilson import SURE, Band, among, difference, wilson

FEWEST = 200
"""intents that a window holds at the least"""
_LATE = 0.01
"""the share that may be slower than the p99 that is allowed"""

Mask = NDArray[np.bool_]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; wall seconds."""

    drop: float = 0.01
    window: float = 5.0
    hold: float = 30.0

    @classmethod
    def of(cls, service: ServiceSpec) -> Self:
        """What a drill asks for."""
        return cls(drop=float(service.drop), window=float(service.window), hold=float(service.hold))


class Looked(NamedTuple):
    """Sums over stretches of the time; positions count from the bucket `first`."""

    first: int
    asked: FloatArray
    good: FloatArray
    slow: FloatArray
    baseline: Baseline
    rule: Rule
    window: int
    hold: int
    timed: bool
    """whether there is a p99 that they are held to"""
    usual: float
    """the share of late ones that a window may have: that of a p99, or of the baseline's worst window, since stutters come now and then"""
    z: float

    @property
    def size(self) -> int:
        return len(self.asked) - 1

    def ends(self, starts: IntArray, least: int) -> IntArray:
        """Where the shortest stretch of so many buckets ends that has enough in it; beyond the last where there is none."""
        enough = np.searchsorted(self.asked, self.asked[starts] + FEWEST)
        return np.maximum(starts + least, enough)

    def bad(self, starts: IntArray, ends: IntArray) -> Mask:
        """Which stretches are shown to be worse than what is asked for."""
        worse: Mask = self._gap(starts, ends, self.z).high < -self.rule.drop
        return worse | (self._late(starts, ends).low > self.usual) if self.timed else worse

    def missing(self, starts: IntArray, ends: IntArray, z: float) -> FloatArray:
        """How far at the most the share of each stretch is below the baseline's."""
        return -self._gap(starts, ends, z).low

    def swift(self, starts: IntArray, ends: IntArray) -> Mask:
        """In which stretches the p99, as it was measured, is one that is borne."""
        return self.slow[ends] - self.slow[starts] <= _LATE * (self.good[ends] - self.good[starts])

    def _gap(self, starts: IntArray, ends: IntArray, z: float) -> Band:
        base, spread = self.baseline, self.baseline.spread
        asked, good = (column[ends] - column[starts] for column in (self.asked, self.good))
        return difference(good / spread, asked / spread, base.good / spread, base.asked / spread, z)

    def _late(self, starts: IntArray, ends: IntArray) -> Band:
        """The share of the good ones that were slower than what is allowed."""
        good, slow = (column[ends] - column[starts] for column in (self.good, self.slow))
        return wilson(slow / self.baseline.late_spread, good / self.baseline.late_spread, self.z)


def looked(cohorts: Cohorts, baseline: Baseline, rule: Rule, mended: float, end: float) -> Looked:
    """The time between two wall seconds, the first of which is the mend."""
    resolution = cohorts.resolution
    first = min(int(np.ceil(mended / resolution - 1e-6)), cohorts.size)
    last = max(min(int(np.floor(end / resolution + 1e-6)), cohorts.size), first)
    bound = baseline.slowest or 0.0
    slow = cohorts.slower(bound) if bound else np.zeros(cohorts.size, dtype=np.int64)
    window, hold = (max(int(np.ceil(length / resolution - 1e-6)), 1) for length in (rule.window, max(rule.hold, rule.window)))
    asked = totals(cohorts.asked[first:last])
    looks = min((last - first) / window, asked[-1] / FEWEST)
    return Looked(
        first,
        asked,
        totals(cohorts.good[first:last]),
        totals(slow[first:last]),
        baseline,
        rule,
        window,
        hold,
        bound > 0,
        max(_LATE, _worst(cohorts, slow, baseline, window)),
        max(among(looks), SURE),
    )


def _worst(cohorts: Cohorts, slow: IntArray, baseline: Baseline, window: int) -> float:
    """The highest share of late ones in a window of the baseline that has as many in it as those after the mend."""
    good, late = (totals(column[baseline.first : baseline.last]) for column in (cohorts.good, slow))
    window = min(max(window, int(np.ceil(FEWEST * (len(good) - 1) / good[-1]))), len(good) - 1)
    return float(((late[window:] - late[:-window]) / np.maximum(good[window:] - good[:-window], 1.0)).max())
