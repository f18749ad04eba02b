"""Starting again what was killed: by this run where it had started it, otherwise by the user's command, and detached from us."""

import asyncio
import contextlib
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from rushproof.errors import FaultError, RushproofError
from rushproof.inject import guard
from rushproof.inject.place import Place
from rushproof.inject.program import words
from rushproof.inject.tree import Proc, proc

LOG = "started_again.log"
_POLL = 0.02
_ANSWERS = 2.0


class FreshStart:
    """One process that was killed, and the way it comes back."""

    def __init__(self, place: Place, killed: Proc, command: str, pid_file: Path | None, within: float) -> None:
        self._place, self._killed, self._command, self._file, self._within = place, killed, command, pid_file, within
        self.begun = False
        """whether the guard has begun it already"""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def step(self) -> Mapping[str, Any]:
        """The same for the guard."""
        return {"start": words(self._place, self._command), **self._details()}

    async def __call__(self) -> None:
        """Return when it is there and ready; FaultError where it does not come."""
        if self._place.restart is not None and self._file is None:
            try:
                await self._place.restart()
            except RushproofError as problem:
                raise FaultError(str(problem)) from None
            return
        if not self.begun and not await self._there() and (self._process is None or self._process.poll() is not None):
            try:
                self._process = guard.begin(words(self._place, self._command), **self._details())
                if self._process is not None:  # it outlives us; until then somebody has to take note of its end
                    threading.Thread(target=self._process.wait, daemon=True).start()
            except OSError as problem:
                raise self._place.wrong(f"{self._command.split()[0]} cannot be started: {problem.strerror}") from None
        ends = time.monotonic() + self._within
        while not await self._there():
            code = None if self._process is None else self._process.poll()
            if code:
                raise self._place.wrong(f"the command that starts it ended with {code}; {LOG} in the run folder says more")
            if time.monotonic() > ends:
                raise self._place.wrong(f"it was started and is not there: {self._looked_for}")
            await asyncio.sleep(_POLL)

    def _details(self) -> dict[str, Any]:
        return {
            "folder": str(self._place.beside),
            "log": str(self._place.folder.resolve() / LOG),
            "environment": dict(self._place.environment),
            "unless": self._killed,
            "pid_file": str(self._file or ""),
        }

    @property
    def _looked_for(self) -> str:
        return f"GET {self._place.ready} does not answer 200" if self._place.ready else f"{self._file} names no living process"

    async def _there(self) -> bool:
        if self._place.ready:
            patience = aiohttp.ClientTimeout(total=_ANSWERS)
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
                async with self._place.http.get(self._place.url + self._place.ready, allow_redirects=False, timeout=patience) as answer:
                    return answer.status == 200
            return False
        with contextlib.suppress(OSError, ValueError):
            now = proc(int(self._file.read_text())) if self._file is not None else None
            return now is not None and now != self._killed
        return False
