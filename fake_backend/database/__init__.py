"""Where facts are kept: one protocol, and a file for each real database behind it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from fake_backend.asked import Asked
from fake_backend.facts import ClockSetting, Reservation, Round


class Batch(msgspec.Struct):
    """Facts that become durable together, in one transaction, or not at all."""

    reservations: list[Reservation] = []
    rounds: list[Round] = []
    clock: ClockSetting | None = None
    asked: list[Asked] = []
    """reservations that are decided in the very transaction, where several processes share the database"""


class DatabaseError(Exception):
    """The database cannot be opened; the message is for the person who started the server."""


class Away(Exception):
    """The database cannot be reached, or cannot write; nothing was tried."""


class Lost(Exception):
    """The database went away, or its disk filled up, in the middle: what was under way is stored only if a commit had reached it."""


class Transaction(Protocol):
    """One transaction, the only one that writes while it lasts.  SQL is what both databases speak, with `?` for each value."""

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""

    def run(self, sql: str, *values: Any) -> None:
        """One statement."""

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """The statement once for each row of values."""


class Database(Protocol):
    """What the backend needs of a database.  `commit` and `transact` are each called with one thing at a time."""

    sync_delay: Callable[[], float]
    """seconds that every commit waits in addition, as on a slower disk"""

    @property
    def away(self) -> bool:
        """Whether it was away when it was last asked, a moment ago: whoever comes now is better told so at once."""

    def leads(self) -> bool:
        """Whether this process is the one, of those that share the database, that does what is done once."""

    def prepare(self, schema: Iterable[str]) -> None:
        """Make the tables that are not there yet; each statement says IF NOT EXISTS."""

    def transact(self, work: Callable[[Transaction], None], done: Callable[[Exception | None], None]) -> None:
        """Do the work in a transaction of its own, in the background; `done`, called from another thread, says when it is durable, or
        why nothing of it was stored."""

    async def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives, of what is durable; Away where it cannot be asked.  Nobody waits for a long one but who asked."""

    def commit(self, batch: Batch, done: Callable[[Exception | None], None]) -> None:
        """Store the batch in the background; `done`, called from another thread, says when it is durable, or why it is not."""

    async def page(self, round_: str, after: int, limit: int) -> list[Reservation]:
        """A round's reservations after a sequence, at most so many, in their order."""

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


class Sequential(Database, Protocol):
    """A database of one process, whose ledger of reservations is read whole when it is opened."""

    def marks(self) -> Iterator[tuple[int, str, str, str]]:
        """Each row's sequence, person, round and key, in the ledger's order."""

    def reservation(self, sequence: int) -> Reservation | None:
        """One row of the ledger."""


class Known(msgspec.Struct, frozen=True):
    """What the ledger holds that bears on what was asked, found where nobody else can add to it."""

    reservations: list[Reservation]
    """under one of the keys, or of one of the persons in their round"""
    last: int
    """the number that was given last"""
    frozen: set[str]
    """the rounds that take nobody any more"""


Judge = Callable[[list[Asked], Known], tuple[list[Reservation], int]]
"""decides what was asked, each in its `Asked`; what is to be stored, and the number that was given last"""


@runtime_checkable
class Shared(Database, Protocol):
    """A database that several processes may share: what is asked of it is decided in its transactions."""

    judge: Judge
    duplicates: int
    """rows found at the start that repeat an earlier one"""

    def last(self) -> int:
        """The number of the last reservation."""
