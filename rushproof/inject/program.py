"""A user's command while it runs: without a shell, in a session of its own, its output kept for the message where it fails."""

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import sys
import tempfile
from typing import IO

from rushproof.inject.place import Place
from rushproof.inject.tree import Proc, proc

_TAIL = 12
_LONGEST_TAIL = 1 << 14


def words(place: Place, command: str) -> list[str]:
    """A command as it is run: split as a shell would, `python` being ours, with its secrets put in."""
    split = [str(place.resolved(word)) for word in shlex.split(command)]
    if split and split[0] in ("python", "python3"):
        split[0] = sys.executable
    return split


def check(place: Place, command: str) -> None:
    """FaultError where there is no such program."""
    program = words(place, command)[0]
    where = str(place.beside / program) if os.path.dirname(program) else program
    if shutil.which(where, path={**os.environ, **place.environment}.get("PATH")) is None:
        raise place.wrong(f"`{command}` cannot be started: there is no program {program}")


class Program:
    """A command that was started; `command` is how it was written, for messages."""

    def __init__(self, command: str, place: Place, process: asyncio.subprocess.Process, output: IO[bytes]) -> None:
        self._command, self._place, self._process, self._output = command, place, process, output
        self._said = ""
        self.proc: Proc | None = proc(process.pid)

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.returncode

    async def ended(self, within: float) -> int:
        """What it ends with; FaultError where it takes longer.  Nothing of it is left then, nor where nobody waits for it any more."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._process.wait()), within)
        except TimeoutError:
            await self.end()
            raise self._place.wrong(f"`{self._command}` did not end within {within:g} s{self.last_words}") from None
        except asyncio.CancelledError:
            await self.end()
            raise
        finally:
            if self.code is not None:
                self._heard()

    async def end(self) -> None:
        """End it with its process group; nothing happens where it has ended by itself."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        self._heard()

    @property
    def last_words(self) -> str:
        """The end of its output when it has ended, to be appended to a message."""
        lines = self._said.strip().splitlines()[-_TAIL:]
        return "; its last words:\n  " + "\n  ".join(lines) if lines else ""

    def _heard(self) -> None:
        if not self._output.closed:
            size = self._output.seek(0, os.SEEK_END)
            self._output.seek(max(size - _LONGEST_TAIL, 0))
            self._said = self._place.masked(self._output.read().decode(errors="replace"))
            self._output.close()


async def started(command: str, place: Place) -> Program:
    """The command, in the scenario's folder; FaultError where there is no such program."""
    output = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the program
    try:
        process = await asyncio.create_subprocess_exec(
            *words(place, command), cwd=place.beside, env={**os.environ, **place.environment},
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    except OSError as problem:
        output.close()
        raise place.wrong(f"`{command}` cannot be started: {problem.strerror}") from None
    return Program(command, place, process, output)
