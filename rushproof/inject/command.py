"""Anything that a user can run: a command that breaks, one that mends, and one that tells."""

import asyncio
import time
import uuid
from typing import Any

from rushproof.faults import CommandFault
from rushproof.inject.persistence import persist
from rushproof.inject.place import Place
from rushproof.inject.program import Program, check, started, words
from rushproof.injection import Interval
from rushproof.seams import Mender

PATIENCE = 120.0
"""wall seconds that mending is tried for"""
LONGEST = 60.0
"""wall seconds that each command may take; one that breaks may go on where a probe tells that it has"""
_SHOWS = 10.0
"""wall seconds in which the probe has to see what was broken, or mended"""
_POLL = 0.02


class CommandInjector:
    """Runs the command that breaks, later the one that mends, and looks with the probe."""

    mender: Mender = "guard"

    def __init__(self, fault: CommandFault, place: Place, patience: float = PATIENCE, longest: float = LONGEST) -> None:
        self._fault, self._place, self._patience, self._longest = fault, place, patience, longest
        self._key = f"command {uuid.uuid4().hex[:8]}"
        self._running: Program | None = None
        self._broken = False
        self._mended = False
        """by the guard"""

    async def ready(self) -> None:
        """All is well as far as the probe can tell; FaultError where it is not, or a command is none."""
        for command in (self._fault.run, self._fault.mend):
            check(self._place, command)
        if self._fault.probe is not None and not self._broken and not await self._well():
            raise self._place.wrong(f"the probe `{self._fault.probe}` says that something is wrong before anything was broken")

    async def inject(self, ttl: float) -> Interval:
        """Run what breaks; confirmed when it has ended with 0, and the probe sees it."""
        asked = time.time()
        if not self._broken:
            await self._hold(asked + ttl)
            self._running = await started(self._fault.run, self._place)
            await self._hold(asked + ttl)
            await self._breaks(self._running)
            await self._hold(asked + ttl)  # anew, in case the guard mended before there was something to mend
            self._broken = True
        return Interval(asked, time.time())

    async def mend(self) -> Interval:
        """End what still breaks, and run what mends until it ends with 0 and the probe agrees."""
        asked = time.time()
        if self._running is not None:
            await self._running.end()
            self._mended = await self._place.guard.leave(self._key, asked + self._patience)
            await persist(self._place.told(f"`{self._fault.mend}`"), self._mends, self._patience, mends=True)
        confirmed = time.time()
        self._running, self._broken = None, False
        await self._place.guard.release(self._key)
        return Interval(asked, confirmed)

    async def close(self) -> None:
        """Nothing is held."""

    async def _hold(self, until: float) -> None:
        """Give the guard the mend; and what is to be ended before it, as soon as that is known."""
        its = self._running.proc if self._running is not None else None
        mends = {"command": words(self._place, self._fault.mend), "folder": str(self._place.beside.resolve())}
        steps: list[dict[str, Any]] = [*([{"end": its}] if its else []), {**mends, "environment": self._place.environment}]
        await self._place.guard.hold(self._key, self._place.told(f"`{self._fault.mend}`"), until, steps)

    async def _breaks(self, running: Program) -> None:
        if self._fault.probe is None:
            await self._ended(running, self._fault.run)
            return
        ends = time.monotonic() + self._longest
        while await self._well():
            if running.code:
                await self._ended(running, self._fault.run)
            if running.code == 0:  # it may take a moment to show
                ends = min(ends, time.monotonic() + _SHOWS)
            if time.monotonic() > ends:
                raise self._place.wrong(f"`{self._fault.run}` was run, and the probe `{self._fault.probe}` says that all is well")
            await asyncio.sleep(_POLL)

    async def _mends(self) -> None:
        if not self._mended:
            await self._ended(await started(self._fault.mend, self._place), self._fault.mend)
        self._mended = False  # where the probe does not agree, it is our turn
        ends = time.monotonic() + _SHOWS
        while self._fault.probe is not None and not await self._well():
            if time.monotonic() > ends:
                raise self._place.wrong(f"`{self._fault.mend}` was run, and the probe `{self._fault.probe}` says that it is not well")
            await asyncio.sleep(_POLL)

    async def _well(self) -> bool:
        assert self._fault.probe is not None
        return await (await started(self._fault.probe, self._place)).ended(self._longest) == 0

    async def _ended(self, running: Program, command: str) -> None:
        if code := await running.ended(self._longest):
            raise self._place.wrong(f"`{command}` ended with {code}, expected 0{running.last_words}")
