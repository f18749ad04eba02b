"""Where a fault is: everything about the target, or about one beside it, that an injector may need."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from rushproof.errors import FaultError
from rushproof.inject.guarding import Guarding
from rushproof.inject.passage import Passage
from rushproof.plan import Transport


def _unknown() -> int | None:
    return None


def _as_it_is(text: Any) -> Any:
    return text


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The target or a process beside it, as one run knows it."""

    name: str
    """as a fault's `on` says it"""
    url: str
    """without a slash at its end; past any proxy that a network fault stands in front of it with"""
    http: aiohttp.ClientSession
    """reaches that host and nobody else"""
    guard: Guarding
    beside: Path
    """the folder of the scenario, in which commands are run and pid files looked for"""
    folder: Path
    """the run's"""
    ready: str = "/health"
    """the path that answers 200 while it is ready; empty where none is known"""
    transport: Transport = Transport()
    """how it is reached, for the guard to go the same way"""
    pid: Callable[[], int | None] = _unknown
    """the process that this run started, itself and not the one that holds its leash; None where it runs none"""
    restart: Callable[[], Awaitable[None]] | None = None
    """starts again what this run started, when it has ended, and returns when it is ready; None where it is somebody else's"""
    passage: Passage | None = None
    """the proxy that a network fault stands in front of it with"""
    environment: Mapping[str, str] = {}
    """RUSHPROOF_TARGET and the like, for commands"""
    resolved: Callable[[Any], Any] = _as_it_is
    """puts the secrets into a word, or into a tree of words"""
    masked: Callable[[str], str] = _as_it_is
    """takes them out of what a person will read"""

    @property
    def ours(self) -> bool:
        """Whether this run started it, so that it ends when the run does, however that ends."""
        return self.restart is not None

    def wrong(self, problem: str) -> FaultError:
        """What is raised where something here could not be begun, ended or confirmed."""
        return FaultError(self.told(problem))

    def told(self, what: str) -> str:
        """What a person will read of it: with its name, and without secrets."""
        return self.masked(f"{self.name}: {what}")

    def tls(self) -> Mapping[str, Any]:
        """How the guard trusts and is trusted."""
        its = self.transport
        return {"ca": its.ca, "verify": its.verify, "certificate": its.certificate, "key": its.key}
