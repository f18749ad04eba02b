"""SQLite: a write-ahead log, a full sync at every commit, one thread that writes.

A batch is written with a few statements of many rows each, as SQLite lets go of Python's lock for the length of a statement: between
two of them the thread would have to wait its turn behind the requests.  The ledger's table is ordered by its sequence and has no other
index, so that a row costs the same after seven million as after seven; what must be unique is looked up in `fingerprints`, which are
rebuilt from this table at every start, and a lock on the file keeps every other process from writing to it.
"""

import fcntl
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final, cast

from msgspec.structs import astuple

from fake_backend.database import Batch, DatabaseError, Lost, Transaction
from fake_backend.database.sqlite_reads import Connection, Reads

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reservations (
  sequence INTEGER PRIMARY KEY, person TEXT NOT NULL, round TEXT NOT NULL, shop TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS rounds (
  sequence INTEGER PRIMARY KEY, round TEXT NOT NULL UNIQUE, item TEXT NOT NULL, open REAL NOT NULL, close REAL NOT NULL);
CREATE TABLE IF NOT EXISTS clock (
  one INTEGER PRIMARY KEY CHECK (one = 1), now REAL NOT NULL, speed REAL NOT NULL, since REAL NOT NULL, turns TEXT NOT NULL);
"""
_MOST_ROWS: Final = 512
_SHUT: Final = 0.5
"""seconds after a failure of the disk in which nobody needs to try"""
_DISK: Final = {5, 7, 10, 11, 13, 14, 26}
"""SQLite's codes for what is the disk's or the file's fault: busy, no memory, I/O error, corrupt, full, cannot open, not a database"""


def connected(path: str) -> Connection:
    """A connection of the standard library's, every statement its own transaction unless one was begun."""
    return cast(Connection, sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0))


class Sqlite:
    """A database in one file; ":memory:" is not one."""

    def __init__(self, path: Path, connect: Callable[[str], Connection] = connected, synchronous: str = "FULL") -> None:
        self.sync_delay: Callable[[], float] = lambda: 0.0
        """Seconds that every commit waits in addition, as on a slower disk."""
        self._lock = _locked(path)
        try:
            self._writer = _prepared(connect(str(path)), synchronous)
            for statement in filter(str.strip, _SCHEMA.split(";")):
                list(self._writer.execute(statement))
            if not any(column == "turns" for _, column, *_ in self._writer.execute("PRAGMA table_info(clock)")):
                list(self._writer.execute("ALTER TABLE clock ADD COLUMN turns TEXT NOT NULL DEFAULT '[]'"))  # a file of version 0.1
            self._near, self._far = connect(str(path)), connect(str(path))
            list(self._far.execute("SELECT count(*) FROM clock"))
        except Exception as problem:
            self._lock.close()
            raise DatabaseError(f"{path}: cannot be used as a database: {problem}") from problem
        reads = self._reads = Reads(self._near, self._far)
        self.page, self.marks, self.reservation, self.rounds, self.clock = (
            reads.page, reads.marks, reads.reservation, reads.rounds, reads.clock,
        )  # fmt: skip
        self.reservations_csv, self.rounds_csv = reads.reservations_csv, reads.rounds_csv
        self._shut_until = 0.0
        self._handed: queue.SimpleQueue[tuple[Callable[[], None], Callable[[Exception | None], None]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()

    @property
    def away(self) -> bool:
        """Whether its disk failed a moment ago."""
        return time.monotonic() < self._shut_until

    def leads(self) -> bool:
        return True

    def commit(self, batch: Batch, done: Callable[[Exception | None], None]) -> None:
        self._handed.put((partial(self._store, batch), done))

    def prepare(self, schema: Iterable[str]) -> None:
        for statement in schema:
            list(self._far.execute(statement))

    def transact(self, work: Callable[[Transaction], None], done: Callable[[Exception | None], None]) -> None:
        self._handed.put((partial(work, _Statements(self._writer)), done))

    async def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return await self._reads.read(sql, values)

    def close(self) -> None:
        self._handed.put(None)
        self._thread.join()
        for connection in (self._far, self._near, self._writer):
            connection.close()
        self._lock.close()

    def _write(self) -> None:
        while (handed := self._handed.get()) is not None:
            work, done = handed
            try:
                self._transact(work)
            except Exception as problem:  # whatever it was, those who wait must hear of it
                if isinstance(problem, Lost) or _of_the_disk(problem):
                    self._shut_until = time.monotonic() + _SHUT
                done(problem)
            else:
                done(None)

    def _transact(self, work: Callable[[], None]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            work()
            self._writer.execute("COMMIT")
        except Exception:
            _rolled_back(self._writer)
            raise
        if delay := self.sync_delay():
            time.sleep(delay)

    def _store(self, batch: Batch) -> None:
        execute = self._writer.execute
        rows, start = batch.reservations, 0
        while start < len(rows):
            size = _rows_at_once(len(rows) - start)
            execute(_insert(size), list(chain.from_iterable(map(astuple, rows[start : start + size]))))
            start += size
        for round_ in batch.rounds:
            execute("INSERT INTO rounds (round, item, open, close) VALUES (?, ?, ?, ?)", astuple(round_))
        if batch.clock:
            execute("INSERT OR REPLACE INTO clock VALUES (1, ?, ?, ?, ?)", astuple(batch.clock))


class _Statements:
    """A `Transaction` on the writer's connection, while the writer's thread is in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            return list(self._connection.execute(sql, values))
        except Exception as problem:
            if _of_the_disk(problem):
                raise Lost(str(problem)) from problem
            raise

    def run(self, sql: str, *values: Any) -> None:
        self.rows(sql, *values)

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        for row in values:
            self.rows(sql, *row)


def _of_the_disk(problem: Exception) -> bool:
    code = getattr(problem, "sqlite_errorcode", None) or getattr(problem, "result", None)  # sqlite3's name and apsw's
    return isinstance(code, int) and code & 0xFF in _DISK


def _rows_at_once(rows: int) -> int:
    """How many of so many rows one statement takes: one or two statements a batch, yet few enough different ones to stay prepared."""
    return rows if rows < 64 else min(rows, _MOST_ROWS) // 16 * 16


@cache
def _insert(rows: int) -> str:
    return f"INSERT INTO reservations VALUES {','.join(['(?,?,?,?,?,?)'] * rows)}"


def _prepared(connection: Connection, synchronous: str) -> Connection:
    for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "wal_autocheckpoint = 4000"):
        list(connection.execute(f"PRAGMA {pragma}"))
    return connection


def _rolled_back(connection: Connection) -> None:
    try:
        list(connection.execute("ROLLBACK"))
    except Exception:  # SQLite has already done so itself, as it does after an I/O error or a full disk
        return


def _locked(path: Path) -> IO[str]:
    """A lock beside the file, held until the process ends however it ends; another server on the same file is refused."""
    try:
        lock = path.with_name(path.name + ".lock").open("w")
    except OSError as problem:
        raise DatabaseError(f"{path}: not writable: {problem.strerror}") from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        lock.close()
        raise DatabaseError(f"{path}: another server is using this file") from problem
    return lock
