"""Faults that Chaos Toolkit knows how to make: any activity of an installed extension, a program, or an HTTP call."""

import asyncio
import contextlib
import os
import sys
import time
import uuid
from typing import Any

import msgspec

from rushproof.errors import FaultError
from rushproof.faults import ChaosToolkitFault
from rushproof.inject.persistence import persist
from rushproof.inject.place import Place
from rushproof.injection import Interval
from rushproof.seams import Mender

READY_WITHIN = 30.0
"""wall seconds in which chaostoolkit-lib and the extensions have to be loaded"""
PATIENCE = 30.0
"""wall seconds that the rollbacks are tried for, and their probe"""
_LATER = 5.0
"""wall seconds that the guard leaves the harness to mend by itself: not every rollback bears to be played twice at once"""
_MODULE = "rushproof.inject.activity"


class ChaosToolkitInjector:
    """Plays the action when the fault begins and the rollbacks when it ends, in a process that is warm before the load begins.

    An action is confirmed when it has ended well; a mend when each rollback has, and the probe's tolerance is met.
    """

    def __init__(self, fault: ChaosToolkitFault, place: Place, patience: float = PATIENCE) -> None:
        self._fault, self._place, self._patience = fault, place, patience
        self.mender: Mender = "guard" if fault.rollbacks else "target"
        self._activities = [dict(fault.action), *map(dict, fault.rollbacks), *([dict(fault.probe)] if fault.probe else [])]
        self._key = f"chaostoolkit {uuid.uuid4().hex[:8]}"
        self._called = f"{place.name}: {fault.action.get('name', 'the action')}"
        self._stage: asyncio.subprocess.Process | None = None
        self._one = asyncio.Lock()
        self._broken: Interval | None = None

    async def problem(self) -> str:
        """Why it could not be played: an extension that is not installed, an argument too many; empty where it could."""
        try:
            await self.ready()
        except FaultError as problem:
            return str(problem)
        return ""

    async def ready(self) -> None:
        """Load what there is to play; FaultError where it is not installed, or says something that it cannot mean."""
        if self._stage is not None and self._stage.returncode is None:
            return
        self._stage = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _MODULE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, start_new_session=True, limit=1 << 24,
            cwd=self._place.beside, env=self._environment(),
        )  # fmt: skip
        told = await self._ask(self._brief(self._activities), READY_WITHIN)
        if told["problem"]:
            await self.close()
            raise self._place.wrong(f"Chaos Toolkit: {told['problem']}{_advice(told['problem'])}")

    async def inject(self, ttl: float) -> Interval:
        """Play the action; twice is once."""
        if self._broken is None:
            await self.ready()
            if self._fault.rollbacks:
                await self._place.guard.hold(self._key, f"the rollbacks of {self._called}", time.time() + ttl + _LATER, self._steps())
            self._broken = await self._played(0, ttl + self._patience)
        return self._broken

    async def mend(self) -> Interval:
        """Play the rollbacks in order, each again until it works, then wait for the probe; FaultError, loudly, where that is in vain."""
        asked = time.time()
        for number in range(1, 1 + len(self._fault.rollbacks)):

            async def play(number: int = number) -> None:
                await self.ready()
                await self._played(number, self._patience)

            await persist(f"{self._called}: the rollback {self._named(number)}", play, self._patience, loud=True)
        if self._fault.probe is not None:
            await persist(f"{self._called}: the probe of its mending", self._met, self._patience, loud=False)
        self._broken, confirmed = None, time.time()
        await self._place.guard.release(self._key)
        return Interval(asked, confirmed)

    async def close(self) -> None:
        """Let the process end; a fault that is on stays on."""
        stage, self._stage = self._stage, None
        if stage is not None and stage.stdin is not None:
            stage.stdin.close()
            try:
                await asyncio.wait_for(stage.wait(), 1.0)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    stage.kill()
                await stage.wait()

    async def _met(self) -> None:
        await self.ready()
        last = len(self._activities) - 1
        told = await self._ask(str(last).encode(), self._patience)
        if not told["met"]:
            raise self._place.wrong(f"{self._named(last)}: {told['problem'] or 'its tolerance is not met'}")

    async def _played(self, number: int, within: float) -> Interval:
        told = await self._ask(str(number).encode(), within)
        if told["problem"]:
            raise self._place.wrong(f"{self._named(number)}: {told['problem']}")
        return Interval(told["asked"], told["confirmed"])

    def _named(self, number: int) -> str:
        return repr(self._activities[number].get("name", number))

    async def _ask(self, line: bytes, within: float) -> dict[str, Any]:
        stage = self._stage
        assert stage is not None and stage.stdin is not None and stage.stdout is not None, "it was made ready"
        async with self._one:
            try:
                stage.stdin.write(line + b"\n")
                await stage.stdin.drain()
                answer = await asyncio.wait_for(stage.stdout.readline(), within)
            except TimeoutError:
                await self.close()
                raise self._place.wrong(f"Chaos Toolkit: nothing came of it within {within:g} s") from None
            except ConnectionError:
                answer = b""
        if not answer:
            await self.close()
            raise self._place.wrong("Chaos Toolkit: the process that plays its activities ended")
        told: dict[str, Any] = msgspec.json.decode(answer)
        return told

    def _brief(self, activities: list[dict[str, Any]]) -> bytes:
        """The activities and what they share; the target's address and process, where the experiment does not name its own."""
        known = {"target_url": self._place.url, "target_pid": self._place.pid()}
        shared = {"configuration": {**known, **self._fault.configuration}, "secrets": self._fault.secrets}
        return msgspec.json.encode({**shared, "activities": activities})

    def _steps(self) -> list[dict[str, Any]]:
        """For the guard: one rollback after the other, so that one that worked is not played again because the next did not."""
        words = [[sys.executable, "-m", _MODULE, "--mend", self._brief([dict(each)]).decode()] for each in self._fault.rollbacks]
        folder = str(self._place.beside.resolve())
        environment = {**self._place.environment, "PYTHONPATH": self._environment()["PYTHONPATH"]}
        return [{"command": each, "folder": folder, "environment": environment} for each in words]

    def _environment(self) -> dict[str, str]:
        """Modules beside the scenario are found, as those beside an experiment are by `chaos run`."""
        path = os.pathsep.join(filter(None, (str(self._place.beside.resolve()), os.getcwd(), os.environ.get("PYTHONPATH", ""))))
        return {**os.environ, **self._place.environment, "PYTHONPATH": path}


def _advice(problem: str) -> str:
    return "; `pip install 'rushproof[chaostoolkit]'` brings it" if "No module named 'chaoslib" in problem else ""
