"""The cache: what is looked up often, and what several processes count together.  Nothing in it is needed: it may forget anything."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

MOST: Final = 200_000
"""entries that a process keeps for itself"""


class Cache(Protocol):
    """Bytes by key, for so many wall seconds at most; and counters.  A cache that is away knows nothing, and raises nothing."""

    async def get(self, key: str) -> bytes | None:
        """What was put under the key, if it is still there."""

    async def put(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep the value for so long; whether it is kept."""

    async def find(self, keys: Iterable[str]) -> Mapping[str, bytes] | None:
        """What was put under the keys, where it is still there; None while the cache is away."""

    async def keep(self, values: Mapping[str, bytes], seconds: float) -> bool:
        """Keep all of them for so long; whether they are kept."""

    async def increment(self, key: str, by: int = 1) -> int | None:
        """Add to the counter, which starts at 0; its new value, or None while the cache is away."""

    async def close(self) -> None:
        """Let go of it."""


class Memory:
    """The cache of one process that has nobody to share it with."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._clock, self._most = clock, most
        self._values: dict[str, tuple[bytes, float]] = {}
        self._counts: dict[str, int] = {}

    async def get(self, key: str) -> bytes | None:
        value, until = self._values.get(key, (None, 0.0))
        if value is not None and self._clock() >= until:
            del self._values[key]
            return None
        return value

    async def put(self, key: str, value: bytes, seconds: float) -> bool:
        self._values.pop(key, None)
        while len(self._values) >= self._most:
            del self._values[next(iter(self._values))]  # the one that was put first
        self._values[key] = (value, self._clock() + seconds)
        return True

    async def find(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        return {key: value for key in keys if (value := await self.get(key)) is not None}

    async def keep(self, values: Mapping[str, bytes], seconds: float) -> bool:
        for key, value in values.items():
            await self.put(key, value, seconds)
        return True

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def increment(self, key: str, by: int = 1) -> int:
        count = self._counts[key] = self._counts.get(key, 0) + by
        return count
