"""One toxic at work on one direction of one connection: takes what comes, and gives it on when and if it will."""

import asyncio
import enum
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Protocol

LITTLE = 65536
"""bytes that are kept back before the sender is made to wait"""
MUCH = 1 << 24
"""the same where a fast stream is only late, and no slower"""


class Ending(enum.Enum):
    """What may come instead of bytes."""

    EOF = "the sender has no more to say"
    CUT = "both sides are to be closed"


Item = bytes | memoryview | Ending


class Road(Protocol):
    """What a stage may do to the direction that it is on."""

    loop: asyncio.AbstractEventLoop
    random: Random

    def block(self, more: int) -> None:
        """One more, or one less, who wants the sender to wait."""

    def reset(self) -> None:
        """Both sides get a reset now."""


class Stage(ABC):
    """Gives everything to `onward`, in the order in which it came."""

    onward: Callable[[Item], None]

    def __init__(self, attributes: Any, road: Road) -> None:
        self._its, self._road = attributes, road
        self._timer: asyncio.TimerHandle | None = None

    @abstractmethod
    def take(self, item: Item) -> None:
        """Something has come."""

    def renew(self, attributes: Any) -> None:
        """The toxic was changed: for what comes from now on."""
        self._its = attributes

    def leave(self) -> None:
        """The toxic was taken away: nothing may be left behind."""
        self.stop()

    def stop(self) -> None:
        """The connection is over: no timer may be left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Keeping(Stage):
    """Keeps things back until they are due, each after the one before."""

    room = LITTLE

    def __init__(self, attributes: Any, road: Road) -> None:
        super().__init__(attributes, road)
        self._kept: deque[tuple[float, Item]] = deque()
        self._bytes, self._blocking = 0, False
        self._last = 0.0

    @abstractmethod
    def _due(self, item: Item, now: float, last: float) -> float:
        """When it may go on, which may be never; `last` is when the one before it may, which is never later."""

    def _pieces(self, item: Item) -> Iterator[Item]:
        yield item

    def take(self, item: Item) -> None:
        now = self._road.loop.time()
        for piece in self._pieces(item):
            self._last = max(self._due(piece, now, self._last), self._last)
            if self._last <= now and not self._kept:
                self.onward(piece)
            else:
                self._kept.append((self._last, piece))
                self._bytes += _size(piece)
        self._go_on()

    def renew(self, attributes: Any) -> None:
        self._its = attributes
        for item in self._all_kept():
            self.take(item)

    def leave(self) -> None:
        for item in self._all_kept():
            self.onward(item)

    def _all_kept(self) -> list[Item]:
        kept = [item for _, item in self._kept]
        self.stop()
        return kept

    def stop(self) -> None:
        super().stop()
        self._kept.clear()
        self._bytes, self._last = 0, 0.0
        self._go_on()

    def _go_on(self) -> None:
        """A timer for what is due next, and the sender stopped while too much is kept."""
        if self._timer is None and self._kept and self._kept[0][0] < math.inf:
            self._timer = self._road.loop.call_at(self._kept[0][0], self._give)
        if self._blocking != (blocking := self._bytes > (self.room // 2 if self._blocking else self.room)):
            self._blocking = blocking
            self._road.block(1 if blocking else -1)

    def _give(self) -> None:
        self._timer = None
        soon = self._road.loop.time() + 5e-4  # the loop's timers count milliseconds
        while self._kept and self._kept[0][0] <= soon:
            item = self._kept.popleft()[1]
            self._bytes -= _size(item)
            self.onward(item)
            if self._one_by_one:
                break
        self._go_on()

    _one_by_one = False
    """each in a turn of the loop of its own, so that the system sends it by itself"""


def _size(item: Item) -> int:
    return 0 if isinstance(item, Ending) else len(item)
