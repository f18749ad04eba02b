"""The harness's end of the guard."""

import asyncio
import contextlib
import math
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rushproof.errors import FaultError
from rushproof.inject import guard

Mend = Sequence[Mapping[str, Any]]
"""steps as `guard.py` takes them"""
_ANSWERS = 10.0
"""wall seconds in which the guard has to answer"""
_LEAVES = guard.PATIENCE + 10.0
"""the same where it has begun to mend: that is waited for"""
_STARTS_WITHIN = 60.0
_GRACE = 15.0
"""wall seconds that are waited for its last mends"""
_STARTS = 3


class Guarding:
    """Tells the guard what to mend when the harness is gone, and that it need not any more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._holds: dict[str, bytes] = {}
        self._answers: dict[tuple[str, str], asyncio.Future[bool]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._starts = 0
        self.problem = ""
        """why it cannot guard; empty while it can"""

    async def hold(self, key: str, told: str, until: float, mend: Mend) -> None:
        """Returns when the guard has it: from then on it is mended at `until` (unix seconds) or when we end, whichever comes first.

        A second hold of the same key takes the place of the first.  `told` says what it is, without secrets; `until` may be infinite.
        """
        line = msgspec.json.encode({"hold": key, "told": told, "until": until if math.isfinite(until) else None, "mend": mend})
        self._holds[key] = line
        await self._ask("held", key, line)

    async def leave(self, key: str, until: float) -> bool:
        """Before we mend what must not be mended twice at once: the guard does not begin until then; True where it has mended already."""
        with contextlib.suppress(FaultError):  # a guard that is gone begins nothing
            return await self._ask("left", key, msgspec.json.encode({"leave": key, "until": until}), _LEAVES)
        return False

    async def release(self, key: str) -> None:
        """It has been mended; the guard forgets it, and stops trying where it had begun."""
        if self._holds.pop(key, None) is not None:
            with contextlib.suppress(FaultError):  # a guard that is gone forgets it, too; and mending twice does no harm
                await self._ask("released", key, msgspec.json.encode({"release": key}))

    async def start(self) -> None:
        """Start the guard, and return when it listens; FaultError where it does not."""
        self._starts += 1
        words = [sys.executable, "-I", "-S", guard.__file__, str(self._folder)]
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, start_new_session=True)
            assert self._process.stdout is not None
            up = await asyncio.wait_for(self._process.stdout.readline(), _STARTS_WITHIN)
        except (OSError, TimeoutError) as problem:
            raise FaultError(f"the guard cannot be started: {problem}") from None
        if not up:
            raise FaultError("the guard cannot be started: it ended at once")
        self._listening = asyncio.create_task(self._listen(self._process))

    async def stop(self) -> None:
        """Let it go: what is still held is mended now, and waited for a while; a mend that works no sooner is left to it."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or self._listening is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _GRACE)
        except TimeoutError:
            print("the guard still tries to mend what the drill broke; guard.jsonl will say what came of it", file=sys.stderr)
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _ask(self, answer: str, key: str, line: bytes, within: float = _ANSWERS) -> bool:
        if self._process is None or self._process.stdin is None or self.problem:
            raise FaultError(self.problem or "there is no guard: nothing is broken that nobody would mend")
        future = self._answers.setdefault((answer, key), asyncio.get_running_loop().create_future())
        try:
            self._process.stdin.write(line + b"\n")
            return await asyncio.wait_for(asyncio.shield(future), within)
        except (OSError, TimeoutError):
            raise FaultError(f"the guard does not answer ({answer} {key})") from None

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = msgspec.json.decode(line)
            for answer in ("held", "left", "released"):
                future = self._answers.pop((answer, said.get(answer, "")), None)
                if future is not None and not future.done():
                    future.set_result(said.get("mended", False))
        if self._process is process:
            await self._again()

    async def _again(self) -> None:
        """Somebody ended the guard: another takes what it held."""
        try:
            if self._starts >= _STARTS:
                raise FaultError(f"the guard was ended {self._starts} times: nothing is broken that nobody would mend")
            await self.start()
            assert self._process is not None and self._process.stdin is not None
            for answer, key in [(answer, key) for answer, key in self._answers if answer != "held"]:
                self._answers.pop((answer, key)).set_result(False)
            for line in self._holds.values():
                self._process.stdin.write(line + b"\n")
        except FaultError as problem:
            self.problem = str(problem)
            print(self.problem, file=sys.stderr)
            for future in self._answers.values():
                future.set_exception(problem)
                future.exception()  # whoever had asked may be gone
            self._answers.clear()


@contextlib.asynccontextmanager
async def guarding(folder: Path) -> AsyncIterator[Guarding]:
    """A guard for as long as the block lasts; `folder` is the run's, where it writes what it did."""
    made = Guarding(folder)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
