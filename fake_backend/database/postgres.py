"""PostgreSQL: several processes, two writers in each, and every transaction under a lock of the whole database.

Reservations and books have a lock each, so that neither waits for the other; there is one transaction at a time under either, in whichever
process, and what it has looked up still holds when it writes.  A connection that breaks is made anew by the next one who needs it; from a
server that does not answer at all every connection is given up, and nobody tries until it answers again.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

import psycopg
from msgspec.structs import astuple

from fake_backend.asked import Asked
from fake_backend.database import Away, Batch, DatabaseError, Judge, Known, Transaction
from fake_backend.database.postgres_batch import COPY_RESERVATIONS, COPY_ROUNDS, SCHEMA, TWINS, UNIQUE, store
from fake_backend.database.postgres_lead import Lead
from fake_backend.database.postgres_pulse import Pulse
from fake_backend.database.postgres_words import Connection, connected, cut, native
from fake_backend.database.postgres_writer import Done, Writer, do
from fake_backend.facts import ClockSetting, Reservation, Round

RESERVING, BOOKS = 7_071_001, 7_071_002
"""the advisory locks"""
_SHUT: Final = 0.5
"""seconds after a failure in which nobody needs to try"""
_READERS: Final = 4
_PAGE: Final = (
    """SELECT sequence, person, round, shop, key, at FROM reservations WHERE round = %s AND sequence > %s ORDER BY sequence LIMIT %s"""
)

T = TypeVar("T")


class Postgres:
    """A database of a PostgreSQL server, by its DSN; who opens it to do the day's work `stands` for the lead."""

    def __init__(self, dsn: str, stands: bool = True) -> None:
        self.sync_delay: Callable[[], float] = lambda: 0.0
        """Seconds that every commit waits in addition, as on a slower disk."""
        self.judge: Judge = _nobody
        self._dsn = dsn
        self._shut_until = 0.0
        self._pulse: Pulse | None = None
        try:
            self.prepare(SCHEMA)
            self.duplicates = self._made_unique()
        except (psycopg.Error, Away) as problem:
            raise DatabaseError(f"PostgreSQL cannot be used: {str(problem).strip()}") from problem
        self._pulse = Pulse(partial(connected, dsn)) if stands else None
        self._reserving = Writer(self.connect, self.failed, RESERVING)
        self._books = Writer(self.connect, self.failed, BOOKS)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="reader")
        self._lead = Lead(self.connect) if stands else None
        self._mine = threading.local()
        self._reading: list[Connection] = []

    @property
    def away(self) -> bool:
        """Whether it could not be reached a moment ago, or does not answer."""
        return self._silent() or time.monotonic() < self._shut_until

    def _silent(self) -> bool:
        return self._pulse is not None and self._pulse.lost

    def leads(self) -> bool:
        return self._lead is not None and self._lead()

    def connect(self) -> Connection:
        """A new connection; Away where there is none to be had."""
        if self._silent():
            raise Away("the server does not answer")
        try:
            connection = connected(self._dsn)
        except psycopg.Error as problem:
            self.failed()
            raise Away(str(problem).strip()) from problem
        connection.hopeless = self._silent
        return connection

    def failed(self) -> None:
        """Note that it is away."""
        self._shut_until = time.monotonic() + _SHUT

    def prepare(self, schema: Iterable[str]) -> None:
        with self.connect() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (BOOKS,))  # two processes may not make one table at once
            for statement in schema:
                connection.execute(statement)

    def _made_unique(self) -> int:
        """How many rows repeat an earlier one, so that the indexes cannot be made: 0 unless there was a defect."""
        try:
            self.prepare(UNIQUE)
        except psycopg.errors.UniqueViolation:
            with self.connect() as connection:
                return sum(row[0] for row in connection.execute(TWINS))
        return 0

    def commit(self, batch: Batch, done: Done) -> None:
        self._reserving.put(partial(store, batch=batch, judge=self.judge, delay=self.sync_delay), done)

    def transact(self, work: Callable[[Transaction], None], done: Done) -> None:
        self._books.put(partial(do, work=work, delay=self.sync_delay), done)

    async def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return await self._aside(partial(_rows, sql=native(sql), values=values))

    async def page(self, round_: str, after: int, limit: int) -> list[Reservation]:
        return [Reservation(*row) for row in await self._aside(partial(_rows, sql=_PAGE, values=(round_, after, limit)))]

    def rounds(self) -> list[Round]:
        return [Round(*row) for row in self._now("SELECT round, item, open, close FROM rounds ORDER BY sequence")]

    def clock(self) -> ClockSetting | None:
        rows = self._now("SELECT now, speed, since, turns FROM clock")
        return ClockSetting(*rows[0]) if rows else None

    def first_clock(self, setting: ClockSetting) -> None:
        """Set the clock unless it ever was."""
        with self.connect() as connection:
            connection.execute("INSERT INTO clock VALUES (1, %s, %s, %s, %s) ON CONFLICT DO NOTHING", astuple(setting))

    def last(self) -> int:
        rows = self._now("SELECT coalesce(max(sequence), 0) FROM reservations")
        return int(rows[0][0])

    def reservations_csv(self, after: int, limit: int) -> str:
        return self._readers.submit(self._ask, partial(_copied, sql=COPY_RESERVATIONS.format(after, limit))).result()

    def rounds_csv(self, after: int, limit: int) -> str:
        return self._readers.submit(self._ask, partial(_copied, sql=COPY_ROUNDS.format(after, limit))).result()

    def close(self) -> None:
        if self._lead is not None:
            self._lead.close()
        for writer in (self._reserving, self._books):
            writer.close()
        self._readers.shutdown()
        for connection in self._reading:
            connection.close()
        if self._pulse is not None:
            self._pulse.close()

    def _now(self, sql: str) -> list[tuple[Any, ...]]:
        return self._readers.submit(self._ask, partial(_rows, sql=sql, values=())).result()

    async def _aside(self, question: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._ask, question)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        """In a reader's thread, on its connection; anew on a new one, as an old one may have died while it was idle."""
        if self._silent():
            raise Away("the server does not answer")
        for last in (False, True):
            connection: Connection | None = getattr(self._mine, "connection", None)
            if connection is None or connection.closed:
                connection = self._mine.connection = self.connect()
                self._reading.append(connection)
            try:
                return question(connection)
            except psycopg.Error as problem:
                if not cut(problem):
                    raise
                self._reading.remove(connection)
                connection.close()
                if last:
                    self.failed()
                    raise Away(str(problem).strip()) from problem
        raise AssertionError


def _nobody(asked: list[Asked], known: Known) -> tuple[list[Reservation], int]:
    raise AssertionError("a ledger judges what is asked")


def _rows(connection: Connection, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(sql, values).fetchall()


def _copied(connection: Connection, sql: str) -> str:
    with connection.cursor() as cursor, cursor.copy(sql) as lines:
        return b"".join(lines).decode()
