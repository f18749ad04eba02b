"""How it is when all is well: the share of good intents before the first fault, if it is steady enough to measure anything against."""

import math

import msgspec
import numpy as np

from rushproof.drill import ServiceSpec
from rushproof.keyed import IntArray
from rushproof.quantity import Unit, show
from rushproof.recovery.cohort import Cohorts

LEAST, FEWEST = 60.0, 1000
"""wall seconds, intents"""
_UNSTEADY = 3.0
"""z from which on two halves are two different things"""
_RATIO = 1.25
"""of the halves' p99s"""
_FEWEST_SLOW = 5
_BLOCK = 5.0
"""wall seconds"""
_LATE = 0.01
"""the share that is later than the p99"""
_NOTICED = 0.1
"""of the time that counts as good: less than that is nobody's harm"""


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
    """of the good ones, seconds"""
    slowest: float | None = None
    """the p99 that is borne later; None where nothing is known of how long they took"""
    late_spread: float = 1.0
    """how much more the number of late ones scatters than chance would have it"""

    @property
    def share(self) -> float:
        """p₀."""
        return self.good / self.asked


class Unsteady(msgspec.Struct, frozen=True):
    """Why there is no baseline, and on how many intents that was looked at."""

    why: str
    asked: int = 0


def bearable(service: ServiceSpec) -> float:
    """The p99 that is good enough whatever the baseline's was: the drill's, or so little that nobody notices."""
    return float(service.slowest) if service.slowest is not None else _NOTICED * float(service.within)


def baseline(cohorts: Cohorts, begin: float, end: float, drop: float, enough: float = 0.0) -> Baseline | Unsteady:
    """What was so between two wall seconds.

    `drop` is the smallest change of the share that matters, `enough` a p99 below which it does not matter how slow they were.
    """
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
    if good <= 2 * drop * asked:  # then nothing could ever be shown to be so much worse
        told = f"{show(good / asked, Unit.SHARE)} of the baseline's intents were good"
        return Unsteady(f"only {told}, and more than twice the `drop` of {show(drop, Unit.SHARE)} have to be", asked)
    spread = _spread(cohorts.asked, cohorts.good, first, last, cohorts.resolution)
    if why := _drifting(cohorts, first, last, spread, drop) or _slowing(cohorts, first, last, enough):
        return Unsteady(f"the baseline is not steady: {why}", asked)
    p99 = cohorts.quantile(1 - _LATE, first, last)
    if p99 is None:
        return Baseline(first=first, last=last, asked=asked, good=good, spread=spread)
    late = _spread(cohorts.good, cohorts.slower(p99), first, last, cohorts.resolution)
    slowest = max(_RATIO * p99, enough)
    return Baseline(first=first, last=last, asked=asked, good=good, spread=spread, p99=p99, slowest=slowest, late_spread=late)


def _spread(whole: IntArray, part: IntArray, first: int, last: int, resolution: float) -> float:
    """Pearson's χ² ÷ degrees of freedom of a share over blocks of some seconds; never below the 1 of independent ones."""
    block = max(math.ceil(_BLOCK / resolution - 1e-6), 1)
    edges = np.arange(first, last - block + 1, block)
    asked, good = (np.add.reduceat(column[:last], edges).astype(np.float64) for column in (whole, part))
    share = good.sum() / max(asked.sum(), 1.0)
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
    return ""


def _slowing(cohorts: Cohorts, first: int, last: int, enough: float) -> str:
    """How far the halves' p99s are apart; empty where that is not beyond chance, or both are good enough."""
    middle = (first + last) // 2
    halves = [cohorts.quantile(1 - _LATE, a, b) or 0.0 for a, b in ((first, middle), (middle, last))]
    bound = max(_RATIO * min(halves), enough)
    if max(halves) <= bound:
        return ""
    slow = cohorts.slower(bound)
    late, good = ([int(column[a:b].sum()) for a, b in ((first, middle), (middle, last))] for column in (slow, cohorts.good))
    if max(late) >= _FEWEST_SLOW and _apart(late, good, _within(cohorts, slow, first, middle, last)) > _UNSTEADY:
        return f"the p99 of its halves is {show(halves[0], Unit.SECONDS)} and {show(halves[1], Unit.SECONDS)}"
    return ""


def _within(cohorts: Cohorts, slow: IntArray, first: int, middle: int, last: int) -> float:
    """How the late ones scatter within the halves: what is between them is what is asked about."""
    return max(_spread(cohorts.good, slow, a, b, cohorts.resolution) for a, b in ((first, middle), (middle, last)))


def _apart(part: list[int], whole: list[int], spread: float) -> float:
    """The two-proportion z."""
    if not min(whole):
        return 0.0
    pooled = sum(part) / sum(whole)
    variance = pooled * (1 - pooled) * sum(1 / n for n in whole) * spread
    return abs(part[0] / whole[0] - part[1] / whole[1]) / math.sqrt(variance) if variance > 0 else 0.0
