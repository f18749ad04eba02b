"""The toxics that cut things off: timeout, reset peer, limit data."""

from typing import Any

from rushproof.faults.toxic import LimitData, ResetPeer, Timeout
from rushproof.inject.proxy.stage import Ending, Item, Road, Stage


class Silent(Stage):
    """Swallows everything, and closes after a while, or when its sender does."""

    _its: Timeout

    def __init__(self, attributes: Any, road: Road) -> None:
        super().__init__(attributes, road)
        self.renew(attributes)

    def take(self, item: Item) -> None:
        """Gone; but whoever gives up is not kept."""
        if isinstance(item, Ending):
            self.leave()

    def renew(self, attributes: Any) -> None:
        self.stop()
        self._its = attributes
        if self._its.timeout:
            self._timer = self._road.loop.call_later(self._its.timeout / 1000, self.leave)

    def leave(self) -> None:
        """What went before is missing, so nothing may follow it."""
        self.stop()
        self.onward(Ending.CUT)


class Resetting(Stage):
    """The first bytes start the clock."""

    _its: ResetPeer

    def take(self, item: Item) -> None:
        if self._timer is None:
            if item is Ending.EOF:
                self.onward(item)
            elif self._its.timeout:
                self._timer = self._road.loop.call_later(self._its.timeout / 1000, self._road.reset)
            else:
                self._road.reset()

    def leave(self) -> None:
        if self._timer is not None:
            self._road.reset()


class Limited(Stage):
    """Counts, and lets no more than the limit through."""

    _its: LimitData
    _passed = 0
    _over = False

    def take(self, item: Item) -> None:
        if self._over:
            return
        if isinstance(item, Ending):
            self.onward(item)
            return
        left = max(self._its.bytes - self._passed, 0)
        self._passed += min(left, len(item))
        if left:
            self.onward(item if len(item) <= left else memoryview(item)[:left])
        if len(item) >= left:
            self._over = True
            self.onward(Ending.CUT)
