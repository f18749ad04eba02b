"""The two outside who make a draw checkable: the notary that says when it saw a commitment, the beacon whose randomness nobody chose."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import aiohttp
import msgspec

from fake_backend.outbox import Unreachable

HASH_CHAIN: Final = "hash-chain-sha256"
_AHEAD: Final = 100
"""rounds after the committed one that are tried where it was never given out"""


class TooLate(msgspec.Struct, frozen=True):
    """The notary did not take the commitment: the beacon's round would have come too soon after it."""


class Notary:
    """Asks the notary at `url`."""

    def __init__(self, http: Callable[[], aiohttp.ClientSession], url: str) -> None:
        self._http, self._url = http, url

    async def commit(self, draw: str, commitment: str) -> dict[str, Any] | TooLate:
        """Its statement that it has seen the commitment."""
        body = {"draw": draw, "commitment": json.loads(commitment)}
        status, answer = await _asked(self._http(), "POST", f"{self._url}/commitments", body)
        if status == 409 and answer.get("code") == "too_late":
            return TooLate()
        if status != 201:
            raise Unreachable(f"the notary answered {status}")
        return answer

    async def shown(self, draw: str) -> dict[str, Any]:
        """Everything that it was ever given for the draw, signed."""
        status, answer = await _asked(self._http(), "GET", f"{self._url}/commitments/{draw}")
        if status != 200:
            raise Unreachable(f"the notary answered {status}")
        return answer


class Beacon:
    """Asks the beacon at `url`, of the shape of drand's."""

    def __init__(self, http: Callable[[], aiohttp.ClientSession], url: str) -> None:
        self._http, self._url = http, url

    async def info(self) -> dict[str, Any]:
        """The chain's parameters."""
        status, answer = await _asked(self._http(), "GET", f"{self._url}/info")
        if status != 200:
            raise Unreachable(f"the beacon answered {status}")
        return answer

    async def chain(self, chain: str) -> dict[str, Any]:
        """The parameters of the chain of that hash."""
        status, answer = await _asked(self._http(), "GET", f"{self._url}/{chain}/info")
        if status != 200:
            raise Unreachable(f"the beacon answered {status}")
        return answer

    async def round(self, chain: str, number: int) -> dict[str, Any] | None:
        """The round, or the next one after it that there is; None while it is not out."""
        found = await self._given(chain, str(number))
        if found is not None:
            return found
        latest = await self._given(chain, "latest")
        if latest is None or latest["round"] <= number:
            return None
        for later in range(number + 1, min(latest["round"], number + _AHEAD) + 1):
            found = await self._given(chain, str(later))
            if found is not None:
                return _earlier(found, number) if (await self.chain(chain))["schemeID"] == HASH_CHAIN else found
        return None

    async def _given(self, chain: str, what: str) -> dict[str, Any] | None:
        status, answer = await _asked(self._http(), "GET", f"{self._url}/{chain}/public/{what}")
        if status in (404, 425):
            return None
        if status != 200 or sha256(bytes.fromhex(answer["signature"])).hexdigest() != answer["randomness"]:
            raise Unreachable(f"the beacon answered {status}")
        return answer


def _earlier(found: dict[str, Any], number: int) -> dict[str, Any]:
    """The round of a chain of hashes, worked out from a later one: nobody can say that it was not to be had."""
    signature = bytes.fromhex(found["signature"])
    for _ in range(found["round"] - number):
        signature = sha256(signature).digest()
    return {"round": number, "randomness": sha256(signature).hexdigest(), "signature": signature.hex()}


async def _asked(http: aiohttp.ClientSession, method: str, url: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    try:
        async with http.request(method, url, json=body) as answer:
            found = await answer.json(content_type=None) if "json" in answer.content_type else {}
            return answer.status, found
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
        raise Unreachable(str(problem)) from problem
