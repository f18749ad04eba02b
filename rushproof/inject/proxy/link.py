"""One direction of one connection: from a source to a sink, past the toxics that are on it."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING

from rushproof.faults.toxic import Toxic
from rushproof.inject.proxy.cutting import Limited, Resetting, Silent
from rushproof.inject.proxy.keeping import ClosedSlowly, Late, Narrow, Sliced
from rushproof.inject.proxy.stage import Ending, Item, Stage

if TYPE_CHECKING:
    from rushproof.inject.proxy.end import End

STAGES: Mapping[str, type[Stage]] = {
    "latency": Late,
    "bandwidth": Narrow,
    "slow_close": ClosedSlowly,
    "timeout": Silent,
    "reset_peer": Resetting,
    "slicer": Sliced,
    "limit_data": Limited,
}


class Link:
    """Where no toxic is on it, what the source reads is what the sink writes, with nothing between the two."""

    def __init__(self, source: "End", sink: "End", random: Random, reset: Callable[[], None], close: Callable[[], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.random, self.reset = random, reset
        self._source, self._sink, self._close = source, sink, close
        self._stages: dict[str, Stage] = {}
        self._waits = 0
        """who wants the source to wait"""
        self._early: list[Item] = []
        """what came before the sink was connected"""
        self.done = False
        """the sink was told that no more comes"""
        source.link = self
        self._wire()

    def put(self, toxic: Toxic) -> None:
        """A toxic comes, or has changed; whether this connection has it is drawn anew."""
        concerned = toxic.toxicity >= 1.0 or self.random.random() < toxic.toxicity
        stage = self._stages.get(toxic.name)
        if stage is not None and concerned:
            stage.renew(toxic.attributes)
        elif concerned:
            self._stages[toxic.name] = STAGES[toxic.type](toxic.attributes, self)
            self._wire()
        else:
            self.take_away(toxic.name)

    def take_away(self, name: str) -> None:
        """A toxic goes, and what it kept back goes on its way."""
        stage = self._stages.pop(name, None)
        if stage is not None:
            stage.leave()
            self._wire()

    def stop(self) -> None:
        """The connection is over."""
        for stage in self._stages.values():
            stage.stop()

    def open(self) -> None:
        """The sink is connected."""
        self._wire()
        early, self._early = self._early, []
        for item in early:
            self._deliver(item)
        self.block(-1 if early else 0)

    def block(self, more: int) -> None:
        """One more, or one less, who wants the source to wait."""
        before, self._waits = self._waits, self._waits + more
        if bool(before) is not bool(self._waits):
            self._source.read(not self._waits)

    def _wire(self) -> None:
        onward: Callable[[Item], None] = self._deliver
        for stage in reversed(self._stages.values()):
            stage.onward = onward
            onward = stage.take
        self.take = onward
        wire = self._sink.transport
        self._source.onward = onward if self._stages or wire is None else wire.write

    def _deliver(self, item: Item) -> None:
        wire = self._sink.transport
        if item is Ending.CUT:
            self._close()
        elif wire is None:
            self._early.append(item)
            self.block(1 if len(self._early) == 1 else 0)
        elif wire.is_closing():
            pass
        elif isinstance(item, Ending):
            self.done = True
            with contextlib.suppress(OSError, RuntimeError):  # it may be gone by now, and will say so itself
                wire.write_eof()
            self._sink.said_all()
        else:
            wire.write(item)
