"""The target: started on a free loopback port where it is ours to start, waited for, watched, and ended with all its children."""

import asyncio
import contextlib
import re
import shlex
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from rushproof.errors import TargetError
from rushproof.run.child import Child, start_child
from rushproof.run.control import said
from rushproof.scenario import TargetSpec

GRACE = 8.0
"""seconds a target has between being asked to end and being made to"""
LOG = "target.log"
_POLL = 0.03
_AT_ONCE = 1.0
"""seconds in which a target that is said to run already has to answer"""
_BUSY = 10.0
"""the same for one that takes connections and does not answer: it may be at something"""
_SILENT = "no answer within 2 s"
_BLANK = re.compile(r"\{(port|folder|speed|python)\}")


class Target:
    """A running target: its URL, and its process where we started one."""

    def __init__(self, url: str, spec: TargetSpec, child: Child | None = None) -> None:
        self.url, self.spec, self._child = url, spec, child

    @property
    def ours(self) -> bool:
        """Whether we started it."""
        return self._child is not None

    @property
    def lost(self) -> bool:
        """Whether it was ours and had ended by itself before it was stopped."""
        return self._child is not None and self._child.lost

    async def ready(self, http: aiohttp.ClientSession) -> None:
        """Return when the ready path answers 200; TargetError when it does not in time, or the command ended."""
        begun = time.monotonic()
        path = self.url + self.spec.ready
        while True:
            answer = await _asked(http, path)
            if answer == "200":
                return
            words = self._child.last_words if self._child else ""
            if self._child is not None and self._child.code is not None:
                raise TargetError(f"the target's command ended with {self._child.code} before it was ready{words}")
            if time.monotonic() - begun > self._patience(answer):
                raise TargetError(f"the target is not ready: GET {path}: {answer}, expected 200{words}")
            await asyncio.sleep(_POLL)

    def _patience(self, answer: str) -> float:
        within = float(self.spec.ready_within)
        return within if self.ours else min(within, _BUSY if answer == _SILENT else _AT_ONCE)

    async def stop(self) -> None:
        """End it, if it is ours: asked first, then made to; returns when it and its children are gone."""
        if self._child is not None:
            await self._child.stop()


async def start_target(spec: TargetSpec, url: str | None, folder: Path, speed: float) -> Target:
    """The target at `url`, or started by its command; not yet ready.  TargetError where the command cannot run or its port is taken."""
    if url is not None or spec.command is None:
        return Target((url or spec.url).rstrip("/"), spec)
    blanks = {"port": str(free_port()), "folder": str(_scratch(folder)), "speed": f"{speed:g}", "python": sys.executable}
    command = [filled(word, blanks) for word in shlex.split(spec.command)]
    if command and command[0] in ("python", "python3"):
        command[0] = sys.executable
    where = filled(spec.url, blanks).rstrip("/")
    _refuse_taken(where)
    return Target(where, spec, await start_child(command, folder / LOG, GRACE))


def _scratch(folder: Path) -> Path:
    scratch = folder.resolve() / "target"  # absolute, because a command may change to another folder
    scratch.mkdir(exist_ok=True)
    return scratch


def filled(text: str, blanks: dict[str, str]) -> str:
    """The text with `{port}` and the like put in; any other braces stay as they are."""
    return _BLANK.sub(lambda found: blanks[found[1]], text)


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _refuse_taken(url: str) -> None:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with contextlib.suppress(OSError), socket.create_connection((parts.hostname or "", port), timeout=0.5):
        raise TargetError(f"the port of {url} is taken: something listens there already; end it, or run against it with --target {url}")


async def _asked(http: aiohttp.ClientSession, url: str) -> str:
    try:
        async with http.get(url, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=2.0)) as answer:
            return str(answer.status)
    except TimeoutError:
        return _SILENT
    except (aiohttp.ClientError, ValueError, OSError) as problem:
        return said(problem)
