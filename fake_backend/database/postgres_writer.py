"""Writing to PostgreSQL: a thread and a connection that have one transaction at a time, under a lock of the whole database."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg

from fake_backend.database import Away, Lost, Transaction
from fake_backend.database.postgres_words import Connection, cut, native

Done = Callable[[Exception | None], None]


class Writer:
    """A thread and its connection; `failed` is told when the database cannot be reached."""

    def __init__(self, connect: Callable[[], Connection], failed: Callable[[], None], lock: int) -> None:
        self._connect, self._failed = connect, failed
        self._begin = f"BEGIN; SELECT pg_advisory_xact_lock({lock})"
        self._connection: Connection | None = None
        self._handed: queue.SimpleQueue[tuple[Callable[[Connection], None], Done] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"writer-{lock}", daemon=True)
        self._thread.start()

    def put(self, work: Callable[[Connection], None], done: Done) -> None:
        """Have the work done, which commits it."""
        self._handed.put((work, done))

    def close(self) -> None:
        """Wait for what was handed over, then let go."""
        self._handed.put(None)
        self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def _run(self) -> None:
        while (handed := self._handed.get()) is not None:
            work, done = handed
            try:
                self._transact(work)
            except Exception as problem:  # whatever it was, those who wait must hear of it
                done(problem)
            else:
                done(None)

    def _transact(self, work: Callable[[Connection], None]) -> None:
        connection = self._begun()
        try:
            work(connection)
        except Exception as problem:
            if isinstance(problem, Lost) or cut(problem):
                if not connection.broken:  # else whoever comes next finds out whether the server is there
                    self._failed()
                connection.close()
                raise Lost(str(problem).strip()) from problem
            connection.rollback()
            raise

    def _begun(self) -> Connection:
        """The connection, in a transaction that has the lock; a new one where the old one died while it was idle."""
        if self._connection is not None and not self._connection.closed:
            try:
                self._connection.execute(self._begin, prepare=False)
                return self._connection
            except psycopg.Error:
                self._connection.close()
        self._connection = self._connect()
        try:
            self._connection.execute(self._begin, prepare=False)
        except psycopg.Error as problem:
            self._connection.close()
            self._failed()
            raise Away(str(problem).strip()) from problem
        return self._connection


class _Statements:
    """A `Transaction` on a writer's connection."""

    def __init__(self, connection: Connection) -> None:
        self._cursor = connection.cursor()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            cursor = self._cursor.execute(native(sql), values)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as problem:
            raise _told_apart(problem) from problem

    def run(self, sql: str, *values: Any) -> None:
        self.rows(sql, *values)

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        try:
            self._cursor.executemany(native(sql), list(values))
        except psycopg.Error as problem:
            raise _told_apart(problem) from problem


def _told_apart(problem: psycopg.Error) -> Exception:
    return Lost(str(problem).strip()) if cut(problem) else problem


def do(connection: Connection, work: Callable[[Transaction], None], delay: Callable[[], float]) -> None:
    """A piece of work of the books', and its commit."""
    work(_Statements(connection))
    if seconds := delay():
        time.sleep(seconds)
    connection.execute("COMMIT", prepare=False)
