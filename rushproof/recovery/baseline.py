"""How it is when all is well: the share of good intents before the first fault, if it is steady enough to measure anything against."""

import math

import msgspec
import numpy as np

from rushproof.quantity import Unit, show
from rushproof.recovery.cohort import Cohorts

LEAST, FEWEST = 60.0, 1000
"""wall seconds, intents"""
_UNSTEADY = 3.0
"""z from which on two halves are two different things"""
_RATIO = 1.25
"""of the halves' p99s"""
_FEWEST_SLOW = 5
_LATE = 0.01
"""the share that is later than the p99"""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What everything later is compared with."""

    first: int
    last: int
    """journal buckets"""
    asked: int
    good: int
    spread: float = 1.0
    """how much more the share scatters than independent intents would; so many times fewer count"""
    p99: float | None = None
    """of those that came out well, seconds"""

    @property
    def share(self) -> float:
        """p₀."""
        return self.good / self.asked


class Unsteady(msgspec.Struct, frozen=True):
    """Why there is no baseline, and on how many intents that was looked at."""

    why: str
    asked: int = 0


def baseline(cohorts: Cohorts, begin: float, end: float, drop: float) -> Baseline | Unsteady:
    """What was so between two wall seconds; `drop` is the smallest change of the share that matters."""
    first, last = math.ceil(begin / cohorts.resolution - 1e-6), min(math.floor(end / cohorts.resolution + 1e-6), cohorts.size)
    asked = int(cohorts.asked[first:last].sum()) if last > first else 0
    seconds = max(last - first, 0) * cohorts.resolution
    if seconds < LEAST:
        return Unsteady(f"the baseline is {seconds:.3g} s of wall time, and {LEAST:.0f} s are needed", asked)
    if asked < FEWEST:
        return Unsteady(f"the baseline has {asked:,} intents, and {FEWEST:,} are needed", asked)
    good = int(cohorts.good[first:last].sum())
    if not good:
        return Unsteady("not one intent of the baseline came out well", asked)
    spread = _spread(cohorts, first, last)
    if why := _drifting(cohorts, first, last, spread, drop):
        return Unsteady(f"the baseline is not steady: {why}", asked)
    p99 = cohorts.quantile(1 - _LATE, first, last)
    return Baseline(first=first, last=last, asked=asked, good=good, spread=spread, p99=p99)


def _spread(cohorts: Cohorts, first: int, last: int) -> float:
    """Pearson's χ² ÷ degrees of freedom over blocks of some seconds, where that is more than chance makes of it; otherwise 1."""
    block = max(math.ceil(5.0 / cohorts.resolution - 1e-6), 1)
    edges = np.arange(first, last - block + 1, block)
    asked, good = (np.add.reduceat(column[:last], edges).astype(np.float64) for column in (cohorts.asked, cohorts.good))
    share = good.sum() / asked.sum()
    some = asked > 0
    freedom = int(some.sum()) - 1
    if freedom < 4 or not 0.0 < share < 1.0:
        return 1.0
    square = float((((good - share * asked) ** 2)[some] / (asked[some] * share * (1 - share))).sum()) / freedom
    return max(square, 1.0)


def _drifting(cohorts: Cohorts, first: int, last: int, spread: float, drop: float) -> str:
    """In what the two halves differ; empty where they do not."""
    middle = (first + last) // 2
    asked = [int(cohorts.asked[a:b].sum()) for a, b in ((first, middle), (middle, last))]
    good = [int(cohorts.good[a:b].sum()) for a, b in ((first, middle), (middle, last))]
    if not min(asked):
        return "one half of it has no intents at all"
    one, other = (k / n for k, n in zip(good, asked, strict=True))
    if abs(one - other) > drop / 2 and _apart(good, asked, spread) > _UNSTEADY:
        told = " and ".join(show(each, Unit.SHARE) for each in (one, other))
        return f"{told} of its halves' intents were good"
    halves = [cohorts.quantile(1 - _LATE, a, b) or 0.0 for a, b in ((first, middle), (middle, last))]
    if max(halves) <= _RATIO * min(halves):
        return ""
    slow = cohorts.slower(_RATIO * min(halves))
    late = [int(slow[a:b].sum()) for a, b in ((first, middle), (middle, last))]
    if max(late) >= _FEWEST_SLOW and _apart(late, good, spread) > _UNSTEADY:
        return f"the p99 of its halves is {show(halves[0], Unit.SECONDS)} and {show(halves[1], Unit.SECONDS)}"
    return ""


def _apart(part: list[int], whole: list[int], spread: float) -> float:
    """The two-proportion z."""
    if not min(whole):
        return 0.0
    pooled = sum(part) / sum(whole)
    variance = pooled * (1 - pooled) * sum(1 / n for n in whole) * spread
    return abs(part[0] / whole[0] - part[1] / whole[1]) / math.sqrt(variance) if variance > 0 else 0.0
