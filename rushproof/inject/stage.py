"""Where Chaos Toolkit's activities are played: a process beside the harness, spoken to by lines."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rushproof.errors import FaultError

READY_WITHIN = 30.0
"""wall seconds in which chaostoolkit-lib and the extensions have to be loaded"""
MODULE = "rushproof.inject.activity"


class Played(msgspec.Struct, frozen=True):
    """What an activity came to; times are unix seconds."""

    status: str
    problem: str = ""
    asked: float = 0.0
    confirmed: float = 0.0
    met: bool | None = None
    """whether a probe's tolerance is; None where it has none"""
    value: float | None = None
    """the number that it came to, where it came to one"""


class Stage:
    """The activities of one fault or one probe, in a process that has them loaded; it is started again where it ended."""

    def __init__(
        self,
        activities: Sequence[Mapping[str, Any]],
        shared: Mapping[str, Any],
        beside: Path,
        environment: Mapping[str, str] = {},
    ) -> None:
        self._activities, self._shared, self._beside, self._environment = tuple(map(dict, activities)), shared, beside, environment
        self._process: asyncio.subprocess.Process | None = None
        self._one = asyncio.Lock()

    async def ready(self) -> None:
        """Load what there is to play; FaultError where it is not installed, or says something that it cannot mean."""
        if self._process is not None and self._process.returncode is None:
            return
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, start_new_session=True, limit=1 << 24,
            cwd=self._beside, env={**os.environ, **self.environment},
        )  # fmt: skip
        told = await self._ask(self.brief(), READY_WITHIN)
        if told.problem:
            await self.close()
            raise FaultError(f"Chaos Toolkit: {told.problem}{_advice(told.problem)}")

    async def play(self, number: int, within: float) -> Played:
        """Play one of them, whatever it comes to; FaultError where nothing comes of it in time."""
        await self.ready()
        return await self._ask(str(number).encode(), within)

    async def close(self) -> None:
        """Let the process end."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 1.0)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    def brief(self, *numbers: int) -> bytes:
        """What the process is told, of all activities or of some."""
        chosen = [self._activities[number] for number in numbers] if numbers else list(self._activities)
        return msgspec.json.encode({**self._shared, "activities": chosen})

    @property
    def environment(self) -> dict[str, str]:
        """Modules beside the scenario are found, as those beside an experiment are by `chaos run`."""
        path = os.pathsep.join(filter(None, (str(self._beside.resolve()), os.getcwd(), os.environ.get("PYTHONPATH", ""))))
        return {**self._environment, "PYTHONPATH": path}

    async def _ask(self, line: bytes, within: float) -> Played:
        async with self._one:
            process = self._process
            assert process is not None and process.stdin is not None and process.stdout is not None, "it was made ready"
            try:
                process.stdin.write(line + b"\n")
                await process.stdin.drain()
                answer = await asyncio.wait_for(process.stdout.readline(), within)
            except TimeoutError:
                await self.close()
                raise FaultError(f"Chaos Toolkit: nothing came of it within {within:g} s") from None
            except ConnectionError:
                answer = b""
            if not answer:
                await self.close()
                raise FaultError("Chaos Toolkit: the process that plays its activities ended")
        return msgspec.json.decode(answer, type=Played)


def _advice(problem: str) -> str:
    if "No module named 'chaoslib" in problem:
        return "; `pip install 'rushproof[chaostoolkit]'` brings it"
    return "; install the extension that has it, beside rushproof" if "could not find Python module" in problem else ""
