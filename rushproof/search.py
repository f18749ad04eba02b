"""The search for a limit, as a value that is told and asked: which rate to offer next, and between which rates the limit lies.

Three times the rate until it no longer holds, then the geometric middle of the bracket (bisection of the logarithm), so that after n
further rungs the bracket is the 2ⁿ-th root of what it was.  A failed rung also tells what the target served: its knee lies near that, so
the first cut is made there.  A rung that the generator could not vouch for is tried once more; when it cannot again, that rate is where
the generator ends, and no limit is ever read from it.  A first rung that fails is tried once more too, since all others are built on it.
"""

import math
from typing import Self

import msgspec

from rushproof.verdict import Status

GROWTH = 3.0
"""times as much, while everything holds"""
_NEAR = 0.97
"""of what an overloaded target served, where the first cut is made: a latency leaves its bound before the last request is served"""
_HOPELESS = 3
"""rates that told nothing, after which no lower one is tried"""
_EDGE = 0.2
"""a cut by a hint keeps this share of the bracket's logarithm on either side, so that a false hint costs one rung"""


class Told(msgspec.Struct, frozen=True):
    """What a rung came to."""

    rate: float
    status: Status
    served: float | None = None
    """what the target served of it, visits a second, where it failed"""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Every rung so far; `rate` is the next one, None when the search is over."""

    first: float
    most: int = 12
    """rungs at the most"""
    within: float = 0.05
    """how wide the bracket may be, as a share of its lower end"""
    told: tuple[Told, ...] = ()

    def tell(self, told: Told) -> Self:
        """The search with one more rung."""
        return msgspec.structs.replace(self, told=(*self.told, told))

    @property
    def low(self) -> float | None:
        """The highest rate that held below all that did not; None where none did."""
        top = self.high
        return max((rate for rate, status in self._last.items() if status is Status.PASS and (top is None or rate < top)), default=None)

    @property
    def high(self) -> float | None:
        """The lowest rate that did not hold; None where all did."""
        return min((rate for rate, status in self._last.items() if status is Status.FAIL), default=None)

    @property
    def blind(self) -> float | None:
        """The lowest rate that the generator could not vouch for, twice, where nothing failed below it."""
        doubted = [each.rate for each in self.told if each.status is Status.UNKNOWN]
        ends = [rate for rate in doubted if doubted.count(rate) > 1 and (self.high is None or rate < self.high)]
        return min((rate for rate in ends if self.low is None or rate > self.low), default=None)

    @property
    def found(self) -> bool:
        """Whether there is a limit: a rate that held, a higher one that did not, and no doubt between them."""
        return self.low is not None and self.high is not None and self.blind is None

    @property
    def close(self) -> bool:
        """Whether the bracket is as narrow as was asked for."""
        top = self._top
        return self.low is not None and top is not None and top <= self.low * (1 + self.within) * (1 + 1e-9)

    @property
    def rate(self) -> float | None:
        """The rate to offer next; None when the bracket is close enough, or the rungs are used up."""
        if len(self.told) >= self.most or self.close or self._hopeless:
            return None
        if not self.told:
            return self.first
        last = self.told[-1]
        if self._alone(last):
            return last.rate
        low, top = self.low, self._top
        if top is None:
            return (low or self.first) * GROWTH
        if low is None:
            return self._down(top)
        return self._cut(low, top)

    @property
    def _last(self) -> dict[float, Status]:
        """What each rate came to the last time."""
        return {each.rate: each.status for each in self.told}

    def _alone(self, last: Told) -> bool:
        """Whether a rung must not stand by itself: a doubt, and a failure of the very first, which one bad moment can make."""
        doubted = last.status is Status.UNKNOWN or (last.status is Status.FAIL and last is self.told[0])
        return doubted and sum(each.rate == last.rate for each in self.told) == 1

    @property
    def _top(self) -> float | None:
        ends = [rate for rate in (self.high, self.blind) if rate is not None]
        return min(ends, default=None)

    @property
    def _hopeless(self) -> bool:
        """Whether several rates on the way down, each tried twice, told nothing: it is not the rate that the generator cannot bear."""
        doubted = [each.rate for each in self.told if each.status is Status.UNKNOWN]
        return len(doubted) == len(self.told) and sum(doubted.count(rate) > 1 for rate in set(doubted)) >= _HOPELESS

    def _served(self) -> float | None:
        """What the target served on the lowest rung that failed, where no rung has been made there yet."""
        failed = [each for each in self.told if each.status is Status.FAIL and each.rate == self.high]
        served = failed[-1].served if failed else None
        return served * _NEAR if served and failed[-1] is self.told[-1] else None

    def _down(self, top: float) -> float:
        """Nothing has held yet: a third, or what was served where that is nearer."""
        hint = self._served()
        return max(hint, top / GROWTH) if hint and hint < top * (1 - self.within) else top / GROWTH

    def _cut(self, low: float, top: float) -> float:
        middle, hint = math.sqrt(low * top), self._served()
        if hint is None or self.blind is not None or not low < hint < top:
            return middle
        width = top / low
        return min(max(hint, low * math.pow(width, _EDGE)), low * math.pow(width, 1 - _EDGE))
