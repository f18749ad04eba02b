"""The books: everything the day's work writes, in transactions that many pieces of work share.

    work(books) ─▶ waiting ─▶ (one transaction) ─▶ synced ─▶ each piece's result is given back

A piece of work reads what it needs, decides, writes its room's tables, notes what happened in the daybook and puts what others must be
told into the outbox: all of it becomes durable together, or none.  No other writer is about while it lasts, in either database, so what it
has read still holds when it writes.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from fake_backend.database import Database, Lost, Transaction
from fake_backend.facts import Event, Letter
from fake_backend.group_commit import Shed, unstored

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS daybook (
  sequence INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, person TEXT NOT NULL,
  round TEXT NOT NULL, shop TEXT NOT NULL, amount BIGINT NOT NULL, detail TEXT NOT NULL, link TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS outbox (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, due DOUBLE PRECISION NOT NULL,
  tries INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS outbox_due ON outbox (kind, due, number)",
    "CREATE TABLE IF NOT EXISTS last_letter (one INTEGER PRIMARY KEY, number INTEGER NOT NULL)",
)
"""The daybook's sequence has no gap, and each row's link binds it to all before it (see `linked`).  The numbers of letters only grow, as a
letter that was settled is gone."""

_LAST_LETTER: Final = "INSERT INTO last_letter VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET number = excluded.number"
_SITTING: Final = 0.005
"""seconds after which a transaction takes no further piece of work: others wait to write, too"""

T = TypeVar("T")
_encode: Final = msgspec.json.Encoder().encode


class Books:
    """The books, open for one piece of work; `at` is the moment of the transaction by the server's clock."""

    def __init__(self, transaction: Transaction, at: float) -> None:
        self._transaction, self.at = transaction, at
        self._sequence: int | None = None
        self._link = ""
        self._number: int | None = None
        self._events: list[tuple[Any, ...]] = []
        self._letters: list[tuple[Any, ...]] = []
        self.sent = 0
        """how many letters were put into the outbox"""

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives; what this transaction wrote is in it."""
        self.flush(sql)
        return self._transaction.rows(sql, *values)

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of what a query gives."""
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def run(self, sql: str, *values: Any) -> None:
        """One statement."""
        self.flush(sql)
        self._transaction.run(sql, *values)

    def many(self, sql: str, values: list[tuple[Any, ...]]) -> None:
        """The statement once for each row of values."""
        self.flush(sql)
        self._transaction.many(sql, values)

    def note(self, event: Event) -> int:
        """Write the event into the daybook; its number there."""
        if self._sequence is None:
            last = self._transaction.rows("SELECT sequence, link FROM daybook ORDER BY sequence DESC LIMIT 1")
            self._sequence, self._link = last[0] if last else (0, "")
        self._sequence += 1
        subject, detail = unnamed(event), _encode(event.detail).decode()
        self._link = linked(self._link, self._sequence, self.at, event.kind, subject, event.round, event.shop, event.amount, detail)
        self._events.append((
            self._sequence, self.at, event.kind, subject, event.person, event.round, event.shop, event.amount, detail, self._link,
        ))  # fmt: skip
        return self._sequence

    def send(self, letter: Letter) -> None:
        """Put the letter into the outbox."""
        if self._number is None:
            rows = self._transaction.rows("SELECT number FROM last_letter WHERE one = 1")
            self._number = rows[0][0] if rows else 0
        self._number += 1
        self.sent += 1
        self._letters.append((self._number, letter.kind, letter.key, _encode(letter.body).decode(), letter.due, letter.tries))

    def flush(self, sql: str = "daybook outbox") -> None:
        """Write what was noted and sent, many rows at once: at the end, or before a statement that speaks of their tables."""
        if self._events and "daybook" in sql:
            events, self._events = self._events, []
            self._transaction.many("INSERT INTO daybook VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", events)
        if self._letters and "outbox" in sql:
            letters, self._letters = self._letters, []
            self._transaction.many("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)", letters)
            self._transaction.run(_LAST_LETTER, self._number)


def unnamed(event: Event) -> str:
    """The event's subject with `~` for the person it names between colons: who it was is said in `person` and nowhere else."""
    if not event.person or event.person not in event.subject:
        return event.subject
    return ":".join("~" if word == event.person else word for word in event.subject.split(":"))


def linked(before: str, sequence: int, at: float, *words: str | int) -> str:
    """The link of a row of the daybook: SHA-256 over the link before it and what the row says, a line each, the moment in milliseconds.

    The person is left out of it: whoever checks the chain need not know anybody.
    """
    return hashlib.sha256("\n".join(map(str, (before, sequence, math.floor(at * 1000), *words))).encode()).hexdigest()


Work = Callable[[Books], T]
_Waiting = list[tuple[Work[Any], "asyncio.Future[Any]"]]


class Bookkeeper:
    """Opens the books for whoever has work to do; belongs to the loop it was made in.  `now` is the server's clock."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database, self._now = database, now
        self._loop = asyncio.get_running_loop()
        self._waiting: _Waiting = []
        self._idle = asyncio.Event()
        self._idle.set()
        self.wrote: Callable[[], None] = lambda: None
        """told after a transaction that put letters into the outbox"""
        database.prepare(SCHEMA)

    @property
    def depth(self) -> int:
        """How many pieces of work wait for their turn."""
        return len(self._waiting)

    async def write(self, work: Work[T]) -> T:
        """Do the work in a transaction; its result when all it wrote is durable.

        What it raises is raised here, and nothing of it was stored; NotStored where the database could not, or did not say so.  It runs in
        another thread, and twice where a piece of work beside it failed: it must do nothing but with its books.  A statement that fails
        ends the work: it cannot be caught there and gone on from.
        """
        if self._database.away:
            raise Shed("the database is away")
        result: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append((work, result))
        if self._idle.is_set():
            self._idle.clear()
            self._loop.call_soon(self._next)
        return await result

    async def drained(self) -> None:
        """Returns when no transaction is under way."""
        await self._idle.wait()

    async def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives, of what is durable."""
        return await self._database.read(sql, *values)

    def _next(self) -> None:
        taken, self._waiting = self._waiting, []
        if taken:
            self._together(taken, self._next)
        else:
            self._idle.set()

    def _together(self, taken: _Waiting, then: Callable[[], None]) -> None:
        sitting = _Sitting([piece for piece, _ in taken], self._now)

        def settle(problem: Exception | None) -> None:
            if problem is not None and problem is sitting.failure and len(taken) > 1:
                self._one_by_one(taken, then)
                return
            for (_, result), value in zip(taken, sitting.results, strict=False):
                if problem is None and not result.done():
                    result.set_result(value)
            if problem is None:
                self._waiting = taken[len(sitting.results) :] + self._waiting
                if sitting.sent:
                    self.wrote()
            else:
                _refuse(taken, problem if problem is sitting.failure else unstored(problem))
            then()

        def done(problem: Exception | None) -> None:
            self._loop.call_soon_threadsafe(settle, problem)

        self._database.transact(sitting, done)

    def _one_by_one(self, taken: _Waiting, then: Callable[[], None]) -> None:
        """One of several failed, and what they wrote was undone: each has a transaction of its own."""
        first, rest = taken[:1], taken[1:]
        self._together(first, (lambda: self._one_by_one(rest, then)) if rest else then)


def _refuse(taken: _Waiting, problem: Exception) -> None:
    for _, result in taken:
        if not result.done():
            result.set_exception(problem)


class _Sitting:
    """Pieces of work done one after the other in one transaction, and what came of those it had the time for."""

    def __init__(self, pieces: list[Work[Any]], now: Callable[[], float]) -> None:
        self._pieces, self._now = pieces, now
        self.results: list[Any] = []
        self.failure: Exception | None = None
        """what a piece of work raised by itself; a database that fails raises Lost"""
        self.sent = 0

    def __call__(self, transaction: Transaction) -> None:
        books, begun = Books(transaction, self._now()), time.monotonic()
        self.results.clear()
        for piece in self._pieces:
            try:
                self.results.append(piece(books))
            except Lost:
                raise
            except Exception as problem:
                self.failure = problem
                raise
            if time.monotonic() - begun > _SITTING:
                break
        books.flush()
        self.sent = books.sent
