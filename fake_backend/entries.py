"""The entries of the rounds, for rooms that have to do with them once they were made: whether they are complete, and what they are."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from fake_backend.clock import Clock
from fake_backend.database import Database
from fake_backend.facts import Reservation

_LOOK: Final = 0.25
"""wall seconds between two looks at the clock, which may be set meanwhile"""


class Kept(Protocol):
    """As much of the ledger as is needed here."""

    async def caught_up(self) -> None:
        """Returns when all that was decided before is durable, or was refused."""

    async def of_person(self, person: str, rounds: Sequence[str]) -> list[Reservation]:
        """What the person has in the rounds, of what is durable."""


class LedgerEntries:
    """The entries as the ledger has them; `freeze` lets no round that closed by then take anybody any more."""

    def __init__(self, ledger: Kept, database: Database, clock: Clock, freeze: Callable[[float], Awaitable[None]]) -> None:
        self._ledger, self._database, self._clock, self._freeze = ledger, database, clock, freeze

    async def settled(self, before: float) -> None:
        """Returns when everything that was accepted before the moment is durable, in every process."""
        while True:
            if self._clock.now() >= before:
                await self._freeze(before)  # the clock may be set back
                return await self._ledger.caught_up()
            await asyncio.sleep(min(max(self._clock.wall_until(before), 0.001), _LOOK))

    async def pages(self, round_: str, after: int, limit: int) -> list[Reservation]:
        """The round's next entries, in the order of their sequence."""
        return await self._database.page(round_, after, limit)

    async def of_person(self, person: str, rounds: Sequence[str]) -> list[Reservation]:
        """What the person has in these rounds."""
        return await self._ledger.of_person(person, rounds)
