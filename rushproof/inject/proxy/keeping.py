"""The toxics that keep things back: latency, bandwidth, slicer, slow close."""

import math
from collections.abc import Callable, Iterator

from rushproof.faults.toxic import Bandwidth, Latency, Slicer, SlowClose
from rushproof.inject.proxy.stage import MUCH, Ending, Item, Keeping

_STROKE = 0.02
"""seconds between two pieces of a stream that is held to a rate"""


class Late(Keeping):
    """Everything is due so much later, give or take the jitter."""

    _its: Latency
    room = MUCH

    def _due(self, item: Item, now: float, last: float) -> float:
        jitter = self._road.random.uniform(-self._its.jitter, self._its.jitter) if self._its.jitter else 0.0
        return now + max(0.0, self._its.latency + jitter) / 1000


class Narrow(Keeping):
    """Each piece is due when the rate has made room for it."""

    _its: Bandwidth

    def _pieces(self, item: Item) -> Iterator[Item]:
        if isinstance(item, Ending) or not self._its.rate:
            yield item
        else:
            yield from cut(item, lambda: max(64, int(self._its.rate * 1000 * _STROKE)))

    def _due(self, item: Item, now: float, last: float) -> float:
        if isinstance(item, Ending):
            return now
        return max(now, last) + len(item) / (self._its.rate * 1000) if self._its.rate else math.inf


class Sliced(Keeping):
    """Small pieces, each sent by itself."""

    _its: Slicer
    _one_by_one = True

    def _pieces(self, item: Item) -> Iterator[Item]:
        its = self._its
        if isinstance(item, Ending) or not its.average_size:
            yield item
        else:
            spread = min(its.size_variation, its.average_size - 1)
            yield from cut(item, lambda: self._road.random.randint(its.average_size - spread, its.average_size + spread))

    def _due(self, item: Item, now: float, last: float) -> float:
        return now if isinstance(item, Ending) else max(now, last) + max(self._its.delay, 1) / 1e6


class ClosedSlowly(Keeping):
    """Only the end is late."""

    _its: SlowClose

    def _due(self, item: Item, now: float, last: float) -> float:
        return now + self._its.delay / 1000 if item is Ending.EOF else now


def cut(item: bytes | memoryview, size: Callable[[], int]) -> Iterator[memoryview]:
    """The same bytes in pieces, none of them copied."""
    rest = memoryview(item)
    while rest:
        length = size()
        yield rest[:length]
        rest = rest[length:]
