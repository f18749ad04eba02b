"""The target: started on a free loopback port where it is ours to start, waited for, watched, and ended with all its children."""

import asyncio
import contextlib
import re
import shlex
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from rushproof.errors import TargetError
from rushproof.run.child import Child, start_child
from rushproof.run.control import said
from rushproof.scenario import BesideSpec, TargetSpec

GRACE = 8.0
"""seconds a target has between being asked to end and being made to"""
LOG = "target.log"
_POLL = 0.03
_AT_ONCE = 1.0
"""seconds in which a target that is said to run already has to answer"""
_BUSY = 10.0
"""the same for one that takes connections and does not answer: it may be at something"""
_TOLD = 200
"""characters of an answer that are told"""
_SILENT = "no answer within 2 s"
_BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Target:
    """A running target, or what runs beside it: its URL, and its process where we started one."""

    def __init__(
        self, url: str, spec: TargetSpec | BesideSpec, child: Child | None = None, name: str = "the target", command: Sequence[str] = ()
    ) -> None:
        self.url, self.spec, self._child, self.name, self._command = url, spec, child, name, tuple(command)

    @property
    def ours(self) -> bool:
        """Whether we started it."""
        return self._child is not None

    @property
    def lost(self) -> bool:
        """Whether it was ours and had ended by itself before it was stopped."""
        return self._child is not None and self._child.lost

    @property
    def pid(self) -> int | None:
        """The process of its command; None where it is not ours, or does not run."""
        return None if self._child is None else self._child.pid

    async def restart(self) -> None:
        """Start it once more by its command, at the address it had, when it has ended; it is not yet ready."""
        assert self._child is not None, "only what we started can be started again"
        await self._child.stop()
        self._child = await start_child(self._command, self._child.log, GRACE)

    async def quiet(self, http: aiohttp.ClientSession) -> str:
        """What it answers instead of being quiet; empty where it is, or where it need not be asked."""
        if self.spec.quiet is None:
            return ""
        url = self.url + self.spec.quiet
        try:
            async with http.get(url, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=_BUSY)) as answer:
                told = " ".join((await answer.text()).split())[:_TOLD]
                return "" if answer.status == 200 else f"GET {url}: {answer.status} {told}".rstrip()
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as problem:
            return f"GET {url}: {said(problem)}"

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
                raise TargetError(f"the command of {self.name} ended with {self._child.code} before it was ready{words}")
            if time.monotonic() - begun > self._patience(answer):
                raise TargetError(f"{self.name} is not ready: GET {path}: {answer}, expected 200{words}")
            await asyncio.sleep(_POLL)

    def _patience(self, answer: str) -> float:
        within = float(self.spec.ready_within)
        return within if self.ours else min(within, _BUSY if answer == _SILENT else _AT_ONCE)

    async def stop(self) -> None:
        """End it, if it is ours: asked first, then made to; returns when it and its children are gone."""
        if self._child is not None:
            await self._child.stop()


async def start(spec: TargetSpec | BesideSpec, folder: Path, blanks: Mapping[str, str], name: str = "the target") -> Target:
    """Started by its command, not yet ready, with its log in the run's folder.  TargetError where it cannot run or its port is taken."""
    own = {"port": str(free_port()), "folder": str(_scratch(folder)), "python": sys.executable, **blanks}
    command = [filled(word, own) for word in shlex.split(spec.command or "")]
    if command and command[0] in ("python", "python3"):
        command[0] = sys.executable
    where = filled(spec.url, own).rstrip("/")
    _refuse_taken(where)
    log = LOG if isinstance(spec, TargetSpec) else f"beside-{name}.log"
    return Target(where, spec, await start_child(command, folder / log, GRACE), name, command)


def _scratch(folder: Path) -> Path:
    scratch = folder.resolve() / "target"  # absolute, because a command may change to another folder
    scratch.mkdir(exist_ok=True)
    return scratch


def filled(text: str, blanks: Mapping[str, str]) -> str:
    """The text with `{port}` and the like put in; any other braces stay as they are."""
    return _BLANK.sub(lambda found: blanks.get(found[1], found[0]), text)


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
