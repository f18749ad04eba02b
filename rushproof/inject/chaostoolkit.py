"""Faults that Chaos Toolkit knows how to make: any activity of an installed extension, a program, or an HTTP call."""

import sys
import time
import uuid
from functools import cached_property
from typing import Any

from rushproof.errors import FaultError
from rushproof.faults import ChaosToolkitFault
from rushproof.inject.persistence import persist
from rushproof.inject.place import Place
from rushproof.inject.stage import MODULE, Stage
from rushproof.injection import Interval
from rushproof.seams import Mender

PATIENCE = 30.0
"""wall seconds that the rollbacks are tried for, and their probe"""


class ChaosToolkitInjector:
    """Plays the action when the fault begins and the rollbacks when it ends, in a process that is warm before the load begins.

    An action is confirmed when it has ended well; a mend when each rollback has, and the probe's tolerance is met.
    """

    def __init__(self, fault: ChaosToolkitFault, place: Place, patience: float = PATIENCE) -> None:
        self._fault, self._place, self._patience = fault, place, patience
        self.mender: Mender = "guard" if fault.rollbacks else "target" if fault.by_itself else "nobody"
        self._activities = [dict(fault.action), *map(dict, fault.rollbacks), *([dict(fault.probe)] if fault.probe else [])]
        self._key = f"chaostoolkit {uuid.uuid4().hex[:8]}"
        self._called = f"{place.name}: {fault.action.get('name', 'the action')}"
        self._broken: Interval | None = None

    async def ready(self) -> None:
        """Load what there is to play; FaultError where it is not installed, or says something that it cannot mean."""
        try:
            await self._stage.ready()
        except FaultError as problem:
            raise self._place.wrong(str(problem)) from None

    async def inject(self, ttl: float) -> Interval:
        """Play the action; twice is once."""
        if self._broken is None:
            await self.ready()
            if self._fault.rollbacks:
                await self._place.guard.hold(self._key, f"the rollbacks of {self._called}", time.time() + ttl, self._steps())
            self._broken = await self._played(0, ttl + self._patience)
        return self._broken

    async def mend(self) -> Interval:
        """Play the rollbacks in order, each again until it works, then wait for the probe; FaultError, loudly, where that is in vain."""
        asked, rollbacks = time.time(), range(1, 1 + len(self._fault.rollbacks))
        if await self._place.guard.leave(self._key, asked + self._patience * len(rollbacks)):
            rollbacks = range(0)  # not every one bears to be played twice
            await self._place.guard.release(self._key)  # where the probe does not agree, the next time is all ours
        for number in rollbacks:

            async def play(number: int = number) -> None:
                await self._played(number, self._patience)

            await persist(f"{self._called}: the rollback {self._named(number)}", play, self._patience, mends=True)
        if self._fault.probe is not None:
            await persist(f"{self._called}: the probe of its mending", self._met, self._patience, mends=False)
        self._broken, confirmed = None, time.time()
        await self._place.guard.release(self._key)
        return Interval(asked, confirmed)

    async def close(self) -> None:
        """Let the process end; a fault that is on stays on."""
        await self._stage.close()

    @cached_property
    def _stage(self) -> Stage:
        """With the target's address and process, where the experiment does not name its own."""
        place = self._place
        known = {"target_url": place.url, "target_pid": place.pid(), **self._fault.configuration}
        return Stage(self._activities, {"configuration": known, "secrets": self._fault.secrets}, place.beside, place.environment)

    async def _met(self) -> None:
        last = len(self._activities) - 1
        told = await self._stage.play(last, self._patience)
        if not told.met:
            raise self._place.wrong(f"{self._named(last)}: {told.problem or 'its tolerance is not met'}")

    async def _played(self, number: int, within: float) -> Interval:
        try:
            told = await self._stage.play(number, within)
        except FaultError as problem:
            raise self._place.wrong(f"{self._named(number)}: {problem}") from None
        if told.problem:
            raise self._place.wrong(f"{self._named(number)}: {told.problem}")
        return Interval(told.asked, told.confirmed)

    def _named(self, number: int) -> str:
        return repr(self._activities[number].get("name", number))

    def _steps(self) -> list[dict[str, Any]]:
        """For the guard: one rollback after the other, so that one that worked is not played again because the next did not."""
        folder, stage = str(self._place.beside.resolve()), self._stage
        words = [[sys.executable, "-m", MODULE, "--mend", stage.brief(nth + 1).decode()] for nth in range(len(self._fault.rollbacks))]
        return [{"command": each, "folder": folder, "environment": stage.environment} for each in words]
