"""What is the same in whichever process is asked: the clock, the switches, how well all are, and what all have counted."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec

from fake_backend.cache import Cache
from fake_backend.clock import Clock
from fake_backend.everyone import Everyone
from fake_backend.exposition import Exposition
from fake_backend.facts import ClockSetting
from fake_backend.health import Health
from fake_backend.metrics import Metrics
from fake_backend.switches import SWITCHES, Switches
from fake_backend.totals import Counted, Shares, together

TELL: Final = 0.02
"""wall seconds between two times that the others are told how many wait here"""
CARRY: Final = 0.25
"""wall seconds between two times that what was counted is brought to the cache"""


class Together:
    """This process's part in what all processes have in common."""

    def __init__(self, everyone: Everyone, place: int, clock: Clock, switches: Switches, counts: Metrics, cache: Cache) -> None:
        self._everyone, self._place, self._clock, self._switches, self._counts = everyone, place, clock, switches, counts
        self._shares = Shares(cache, self._outcomes)
        self._exposition = Exposition()
        self._waiting: dict[int, int] = {}
        self._told = -1
        self.well: Callable[[], Health] = _unknown
        """how this process is"""
        for kind, how in (
            ("clock", self._set), ("switch", self._switch), ("switches", self._active), ("waiting", self._wait), ("health", self._health),
            ("counted", self._count),
        ):  # fmt: skip
            everyone.answer(kind, how)

    def _outcomes(self) -> dict[str, int]:
        return self._counts.gauges.outcomes()

    def elsewhere(self) -> int:
        """How many requests wait for their commit in other processes, as these said last."""
        return sum(self._waiting.values()) if self._waiting else 0

    async def set_clock(self, setting: ClockSetting) -> None:
        """Returns when every process has the setting."""
        await self._everyone.ask("clock", msgspec.to_builtins(setting))

    async def switched(self, name: str) -> None:
        """Returns when every process has the switch as it is here."""
        if self._everyone.others:
            await self._everyone.ask("switch", {"name": name, **self._switches.shared(name)})

    async def catch_up(self) -> None:
        """Turn on what is on elsewhere."""
        if self._everyone.others:
            for active in await self._everyone.ask("switches"):
                for switch in active:
                    await self._switch(switch)

    async def health(self) -> Health:
        """How all are."""
        every = [msgspec.convert(each, Health) for each in await self._everyone.ask("health")]
        return msgspec.structs.replace(
            self.well(),
            switches=[name for name in SWITCHES if any(name in each.switches for each in every)],
            reservations=max(each.reservations for each in every),
            waiting=sum(each.waiting for each in every),
            duplicates=max(each.duplicates for each in every),
        )

    async def exposition(self) -> bytes:
        """What all have counted, for Prometheus."""
        every = [msgspec.convert(each, Counted, strict=False) for each in await self._everyone.ask("counted")]
        if self._everyone.others:
            every.append(Counted(outcomes=await self._shares.of_the_gone([each.member for each in every])))
        total = together(every)
        return self._exposition.written(total, self._counts.gauges.switches())

    def by_itself(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on without anybody asking, where there are others."""
        return [self._tell(), self._carry()] if self._everyone.others else []

    async def _tell(self) -> None:
        while True:
            waiting = self.well().waiting
            if waiting != self._told:
                self._told = waiting
                await self._everyone.tell("waiting", [self._place, waiting])
            await asyncio.sleep(TELL)

    async def _carry(self) -> None:
        while True:
            await self._shares.carry()
            await asyncio.sleep(CARRY)

    async def _set(self, body: Any) -> bool:
        self._clock.setting = msgspec.convert(body, ClockSetting)
        return True

    async def _switch(self, body: Any) -> bool:
        self._switches.take_in(body["name"], body["setting"], body["remaining"])
        return True

    async def _active(self, _: Any) -> list[dict[str, Any]]:
        return [{"name": name, **self._switches.shared(name)} for name in self._switches.active()]

    async def _wait(self, body: Any) -> None:
        self._waiting[body[0]] = body[1]

    async def _health(self, _: Any) -> Any:
        return msgspec.to_builtins(self.well())

    async def _count(self, _: Any) -> Any:
        if self._everyone.others:
            await self._shares.carry()  # what was shown once is not taken back, whoever dies
        await self._counts.gauges.look()
        counted = self._counts.counted()
        counted.member = self._shares.member
        return msgspec.to_builtins(counted)


def _unknown() -> Health:
    raise AssertionError("nobody said how this process is")
