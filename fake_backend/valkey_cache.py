"""The cache of several processes: a Valkey, which may be away at any time."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fake_backend.database import DatabaseError

log = logging.getLogger(__name__)

_PATIENCE = 1.0
"""seconds that it has to answer"""
_FIND: Final = """
local found = {}
for i = 2, #ARGV do
  local value = redis.call('GET', ARGV[1] .. ARGV[i])
  if value then found[#found + 1] = ARGV[i]; found[#found + 1] = value end
end
return found"""
_KEEP: Final = """
for i = 3, #ARGV, 2 do redis.call('SET', ARGV[1] .. ARGV[i], ARGV[i + 1], 'PX', ARGV[2]) end
return 1"""
"""one command and one answer however many keys: each more would cost this process several times what it costs the Valkey"""


class Valkey:
    """A `Cache` in the Valkey at the URL; `prefix` keeps apart what belongs to different ledgers."""

    def __init__(self, url: str, prefix: str) -> None:
        try:
            from valkey.asyncio import Valkey as Client
            from valkey.exceptions import ValkeyError
        except ImportError:
            raise DatabaseError("a cache needs packages that are not installed: pip install 'rushproof[valkey]'") from None
        try:
            self._client: Any = Client.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        except ValueError as problem:
            raise DatabaseError(f"--cache: {problem}") from None
        self._prefix = prefix
        self._troubles = (ValkeyError, OSError, asyncio.TimeoutError)
        self._told = False

    async def get(self, key: str) -> bytes | None:
        """What was put under the key, if it is still there."""
        value: bytes | None = await self._asked("get", self._prefix + key)
        return value

    async def put(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep the value for so long; whether it is kept."""
        return None is not await self._asked("set", self._prefix + key, value, px=max(1, round(seconds * 1000)))

    async def find(self, keys: Iterable[str]) -> Mapping[str, bytes] | None:
        """What was put under the keys, where it is still there, in one look-up; None while the cache is away."""
        found: list[bytes] | None = await self._asked("eval", _FIND, 0, self._prefix, *keys)
        return None if found is None else {key.decode(): value for key, value in zip(found[::2], found[1::2], strict=True)}

    async def keep(self, values: Mapping[str, bytes], seconds: float) -> bool:
        """Keep all of them for so long, sent together; whether they are kept."""
        flat = [part for pair in values.items() for part in pair]
        return None is not await self._asked("eval", _KEEP, 0, self._prefix, max(1, round(seconds * 1000)), *flat)

    async def increment(self, key: str, by: int = 1) -> int | None:
        """Add to the counter; its new value, or None while the cache is away."""
        value: int | None = await self._asked("incrby", self._prefix + key, by)
        return value

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()

    async def _asked(self, what: str, *values: Any, **more: Any) -> Any:
        try:
            answer = await getattr(self._client, what)(*values, **more)
        except self._troubles as problem:
            if not self._told:
                log.warning("the cache is away: %s", type(problem).__name__)
            self._told = True
            return None
        self._told = False
        return answer
