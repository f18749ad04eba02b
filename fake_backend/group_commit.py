"""Many requests, one transaction: whoever comes while a commit is under way goes into the next one.

    request ─▶ waiting ─▶ (one batch) ─▶ writer thread ─▶ synced ─▶ every request of the batch is answered

One batch is under way at a time, so the ledger's order is the order in which facts were added, and a batch that fails takes with it
everything that was numbered after it.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from fake_backend.asked import Asked
from fake_backend.database import Away, Batch, Database
from fake_backend.facts import ClockSetting, Reservation, Round

Waiting = list["asyncio.Future[None]"]
_AGAIN = 0.1
"""wall seconds before a database that failed is asked again"""


class NotStored(Exception):
    """The transaction failed, or the database did not say that it was well; nothing of it may be promised."""


class Shed(NotStored):
    """It was not even tried: the database is away."""


def unstored(problem: Exception) -> NotStored:
    """What those who wait are told of a transaction that failed."""
    return (Shed if isinstance(problem, Away) else NotStored)(str(problem))


class GroupCommit:
    """Collects facts and hands them to the database batch by batch; belongs to the loop it was made in."""

    def __init__(self, database: Database, stored: Callable[[Batch, float], None], failed: Callable[[], None]) -> None:
        self._database, self._stored, self._failed = database, stored, failed
        self._loop = asyncio.get_running_loop()
        self._batch, self._waiting = Batch(), Waiting()
        self._under_way, self._handed = Waiting(), Batch()
        self._begun = 0.0
        self._awake = False
        self.rate = 0.0
        """Facts a second that were made durable lately; 0 before the first."""

    @property
    def depth(self) -> int:
        """How many wait for their sync."""
        return len(self._waiting) + len(self._under_way)

    def reservation(self, fact: Reservation) -> "asyncio.Future[None]":
        """Add the fact; done when it is durable, or NotStored."""
        self._batch.reservations.append(fact)
        return self._added()

    def asked(self, asked: Asked) -> "asyncio.Future[None]":
        """Have the request decided in the transaction of its batch; done when what came of it is durable."""
        self._batch.asked.append(asked)
        waiter = self._added()
        asked.release = partial(self._loop.call_soon_threadsafe, _tell, [waiter], None)
        return waiter

    def rounds(self, rounds: list[Round]) -> "asyncio.Future[None]":
        """Add rounds on offer."""
        self._batch.rounds.extend(rounds)
        return self._added()

    def clock(self, setting: ClockSetting) -> "asyncio.Future[None]":
        """Set the clock; of several in one batch the last counts."""
        self._batch.clock = setting
        return self._added()

    async def caught_up(self) -> None:
        """Returns when everything that was added before is durable or has failed, however much is added meanwhile."""
        while True:
            try:
                return await self._added()
            except NotStored:
                await asyncio.sleep(_AGAIN)  # those before it failed too, or are durable; only a commit that is well can say

    async def drained(self) -> None:
        """Returns when nothing waits any more."""
        while self.depth:
            await asyncio.wait(self._under_way or self._waiting)

    def _added(self) -> "asyncio.Future[None]":
        waiter = self._loop.create_future()
        self._waiting.append(waiter)
        if not self._awake:
            self._awake = True
            self._loop.call_soon(self._hand_over)
        return waiter

    def _hand_over(self) -> None:
        if not self._waiting:
            self._awake = False
            return
        self._handed, self._batch = self._batch, Batch()
        self._under_way, self._waiting = self._waiting, Waiting()
        self._begun = time.perf_counter()
        self._database.commit(self._handed, self._committed)

    def _committed(self, problem: Exception | None) -> None:
        self._loop.call_soon_threadsafe(self._settle, problem)

    def _settle(self, problem: Exception | None) -> None:
        if problem is None:
            self._measure(len(self._under_way))
            _tell(self._under_way, None)
        else:
            told = self._under_way + self._waiting
            self._batch, self._waiting = Batch(), Waiting()
            self._failed()
            _tell(told, problem)
        self._under_way = Waiting()
        self._hand_over()

    def _measure(self, facts: int) -> None:
        took = max(time.perf_counter() - self._begun, 1e-6)
        self._stored(self._handed, took)
        self.rate += 0.1 * (facts / took - self.rate) if self.rate else facts / took


def _tell(waiting: Waiting, problem: Exception | None) -> None:
    for waiter in waiting:
        if waiter.done():
            continue
        if problem is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(unstored(problem))
