"""What never changes once it is so, remembered in the cache: whoever asks again need not ask the database, whichever process is asked.

    many ask ─▶ one look-up for all of them ─▶ each has its value, or does without

Nobody waits for it longer than doing without would take, and while the cache is away nobody asks it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from fake_backend.cache import Cache

_PATIENCE: Final = 0.1
"""wall seconds that a look-up may take"""
_SHUT: Final = 1.0
"""wall seconds after a failure in which the cache is left alone"""
_KEPT: Final = 86400.0
"""wall seconds that it is kept"""
_MOST: Final = 20_000
"""values that may be on their way to the cache; what comes on top is not kept"""


class Remembered:
    """One way to the cache for all who ask at the same time."""

    def __init__(self, cache: Cache, patience: float = _PATIENCE, clock: Callable[[], float] = time.monotonic) -> None:
        self._cache, self._patience, self._clock = cache, patience, clock
        self._asked: dict[str, list[asyncio.Future[bytes | None]]] = {}
        self._new: dict[str, bytes] = {}
        self._shut_until = 0.0
        self._looking = self._keeping = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def get(self, key: str) -> bytes | None:
        """What is remembered under the key; None where nothing is, or where it cannot be said soon."""
        if self._clock() < self._shut_until:
            return None
        waiting: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(waiting)
        if not self._looking:
            self._looking = True
            self._begin(self._look())
        return await waiting

    def keep(self, values: Mapping[str, bytes]) -> None:
        """Remember these, in the background; they are lost where the cache does not take them."""
        if not values or self._clock() < self._shut_until or len(self._new) + len(values) > _MOST:
            return
        self._new.update(values)
        if not self._keeping:
            self._keeping = True
            self._begin(self._carry())

    async def kept(self) -> None:
        """Returns when nothing is on its way to the cache any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, work: Any) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _look(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            found: Mapping[str, bytes] = {}
            try:
                found = await self._found(list(asked))
            finally:
                for key, waiting in asked.items():
                    for each in waiting:
                        if not each.done():
                            each.set_result(found.get(key))
        self._looking = False

    async def _found(self, keys: list[str]) -> Mapping[str, bytes]:
        if self._clock() < self._shut_until:
            return {}
        look = self._begin(self._cache.find(keys))
        done, _ = await asyncio.wait({look}, timeout=self._patience)  # one that is late goes on, and is not waited for
        found: Mapping[str, bytes] | None = look.result() if done and look.exception() is None else None
        if found is None:
            self._shut_until = self._clock() + _SHUT
        return found or {}

    async def _carry(self) -> None:
        try:
            while self._new:
                values, self._new = self._new, {}
                if not await self._cache.keep(values, _KEPT):
                    self._shut_until = self._clock() + _SHUT
                    self._new = {}
        finally:
            self._keeping = False
