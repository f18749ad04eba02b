"""A retry storm: the planted defect `retry_storm`, by which an outage of the gateway, or of the verification of names, outlives its end.

    call ─▶ queue ─▶ at_once at a time ─▶ whoever is asked
     ▲        └ stays there though its caller has lost patience
     └── tries again at once, at the end of the queue

While the queue is shorter than the callers' patience nobody sees it.  After an outage it is longer: each call is answered too late, counts
as failed and is made anew, so that as many come as are worked off, and more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fake_backend.faults import RetryStorm

_MOST: Final = 500
"""calls in the queue; what comes on top has failed already"""
T = TypeVar("T")
Call = Callable[[], Awaitable[T]]


class Storm:
    """The queue before whoever is asked, while the defect is on."""

    def __init__(self) -> None:
        self._turns, self._at_once = asyncio.Semaphore(0), 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def ask(self, setting: RetryStorm, call: Call[T], failed: Callable[[T], bool], gave_up: T) -> T:
        """What the call came to, tried again and again."""
        if self._at_once != setting.at_once:
            self._turns, self._at_once = asyncio.Semaphore(setting.at_once), setting.at_once
        answer = gave_up
        for _ in range(1 + setting.tries):
            answer = await self._patiently(setting, call, gave_up)
            if not failed(answer):
                break
        return answer

    async def _patiently(self, setting: RetryStorm, call: Call[T], gave_up: T) -> T:
        if len(self._tasks) >= _MOST:
            return gave_up
        task = asyncio.ensure_future(self._in_turn(setting, call))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        done, _ = await asyncio.wait({task}, timeout=setting.patience)
        return task.result() if done else gave_up

    async def _in_turn(self, setting: RetryStorm, call: Call[T]) -> T:
        async with self._turns:
            answer, _ = await asyncio.gather(call(), asyncio.sleep(setting.takes))
            return answer

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be there any more to whom it matters
