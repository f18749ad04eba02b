"""Where facts are kept: one protocol, and a file for each real database behind it."""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from fake_backend.facts import ClockSetting, Reservation, Round


class Batch(msgspec.Struct):
    """Facts that become durable together, in one transaction, or not at all."""

    reservations: list[Reservation] = []
    rounds: list[Round] = []
    clock: ClockSetting | None = None


class DatabaseError(Exception):
    """The database cannot be opened; the message is for the person who started the server."""


class Database(Protocol):
    """What the ledger needs of a database.  `commit` is called by one thread with one batch at a time."""

    def commit(self, batch: Batch, done: Callable[[Exception | None], None]) -> None:
        """Store the batch in the background; `done`, called from another thread, says when it is durable, or why it is not."""

    def marks(self) -> Iterator[tuple[int, str, str, str]]:
        """Each row's sequence, person, round and key, in the ledger's order."""

    def reservation(self, sequence: int) -> Reservation | None:
        """One row of the ledger."""

    def rounds(self) -> list[Round]:
        """The rounds that were ever on offer, in the order they were noted."""

    def clock(self) -> ClockSetting | None:
        """How the clock was last set."""

    def reservations_csv(self, after: int, limit: int) -> str:
        """Lines of `sequence,person,round,shop,key,at`, at most `limit` of them, the first after sequence `after`.  Any thread."""

    def rounds_csv(self, after: int, limit: int) -> str:
        """Lines of `sequence,round,open,close`.  Any thread."""

    def close(self) -> None:
        """Wait for what was handed over, then let go."""
