"""The proxy that somebody's visitors go through, as a network fault needs it."""

from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from rushproof.errors import FaultError
from rushproof.inject.persistence import Refused, definite

_ANSWERS = 5.0
_TOLD = 200


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One proxy of a Toxiproxy, ours or somebody else's."""

    api: str
    """the URL of its API, without a slash at its end"""
    name: str
    """as that one knows the proxy"""
    http: aiohttp.ClientSession
    """reaches the API and nobody else"""
    ours: bool
    """this run started it: it ends when the run does, and its toxics when their time is over"""

    @property
    def url(self) -> str:
        """Where the proxy is shown and changed."""
        return f"{self.api}/proxies/{quote(self.name, safe='')}"

    async def ask(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        """The status and what was answered to a request about the proxy; FaultError where nothing was."""
        patience = aiohttp.ClientTimeout(total=_ANSWERS)
        try:
            async with self.http.request(method, self.url + path, json=body, allow_redirects=False, timeout=patience) as answer:
                told = await answer.read()
        except TimeoutError:
            raise FaultError(f"the proxy {self.name}: {method} {self.url}: no answer within {_ANSWERS:g} s") from None
        except (aiohttp.ClientError, ValueError, OSError) as problem:
            raise FaultError(f"the proxy {self.name}: {method} {self.url}: {str(problem) or type(problem).__name__}") from None
        try:
            return answer.status, msgspec.json.decode(told or b"null")
        except msgspec.DecodeError:
            return answer.status, told.decode(errors="replace")[:_TOLD]

    def wrong(self, doing: str, status: int, told: Any) -> FaultError:
        """What is raised for an answer that is not the one that was asked for."""
        problem = told.get("error", told) if isinstance(told, dict) else told
        kind = Refused if definite(status) else FaultError
        return kind(f"the proxy {self.name}: {doing}: {status} {problem or ''}".rstrip())
