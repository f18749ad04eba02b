"""A process that we started, and that ends when we do, however we end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rushproof.run import leash

_TAIL = 12


class Child:
    """A command on its leash, with its output in a log."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, grace: float) -> None:
        self._process, self.log, self._grace = process, log, grace

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.returncode

    @property
    def lost(self) -> bool:
        """Whether it ended by itself; certain only when it was stopped."""
        return self._process.returncode not in (None, leash.LET_GO, -signal.SIGKILL)

    @property
    def pid(self) -> int | None:
        """The command itself, not who holds its leash; None where it does not run."""
        for entry in filter(str.isdecimal, os.listdir("/proc")) if self.code is None else ():
            with contextlib.suppress(OSError):
                state, parent, *_ = Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()
                if int(parent) == self._process.pid and state not in (b"Z", b"X"):
                    return int(entry)
        return None

    async def ended(self) -> int:
        """Return with its exit code when it has ended by itself, with everything that it started."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it and what it started: asked first, after the grace made to; returns when all of it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), self._grace + 2.0)
        except (TimeoutError, asyncio.CancelledError):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    @property
    def last_words(self) -> str:
        """The last lines of its log, to be appended to a message."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").strip().splitlines()[-_TAIL:]
            if lines:
                return "; its last words:\n  " + "\n  ".join(lines)
        return ""


async def start_child(
    command: Sequence[str],
    log: Path,
    grace: float,
    descriptors: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Child:
    """The command, started in a session of its own, in `folder` if there is one; its output is appended to `log`."""
    held = [sys.executable, "-I", "-S", leash.__file__, str(grace), *command]
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *held,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=tuple(descriptors),
            env=environment,
            cwd=folder,
        )
    return Child(process, log, grace)
