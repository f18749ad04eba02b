"""A ledger from PostgreSQL: COPY out of a read-only transaction."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq

from rushproof.errors import LoadError
from rushproof.ledgers.blanks import Span, for_postgres
from rushproof.ledgers.reader import CONNECT, STATEMENT, bare, without_values

_SETTINGS = f"SET LOCAL statement_timeout = '{STATEMENT}s'; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'"
_ABOUT_VALUES = ("21", "22", "23", "P0")
"""classes of SQLSTATE whose messages quote what stands in rows"""


class Postgres:
    """One query; its text is parsed alone first, so that it is one statement whatever it holds."""

    def __init__(self, dsn: str, query: str, span: Span) -> None:
        self._dsn, self._query = dsn, for_postgres(bare(query), span).encode()
        self._connection: psycopg.Connection[Any] | None = None

    def columns(self) -> tuple[str, ...]:
        with self._reading() as connection:
            return self._described(connection)

    def copy(self, file: Path) -> None:
        with self._reading() as connection:
            self._described(connection)
            whole = b"COPY (\n" + self._query + b"\n) TO STDOUT (FORMAT csv, HEADER)"
            with file.open("wb") as out, connection.cursor() as cursor, cursor.copy(whole) as rows:
                for block in rows:
                    out.write(block)

    def abort(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=CONNECT)

    def _described(self, connection: psycopg.Connection[Any]) -> tuple[str, ...]:
        parsed = connection.pgconn.prepare(b"", self._query)
        if parsed.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(parsed)
        told = connection.pgconn.describe_prepared(b"")
        if not told.nfields:
            raise LoadError("the query gives no rows: expected a SELECT")
        return tuple((told.fname(number) or b"").decode() for number in range(told.nfields))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that cannot write, and is rolled back."""
        try:
            connection = psycopg.connect(self._dsn, connect_timeout=CONNECT, application_name="rushproof", client_encoding="utf8")
        except (psycopg.Error, UnicodeError) as problem:
            raise LoadError(f"the database cannot be reached: {_lines(str(problem))}") from None
        self._connection = connection
        try:
            connection.read_only = True
            connection.execute(_SETTINGS)
            yield connection
        except psycopg.Error as problem:
            raise LoadError(f"the database refused the query: {_said(problem)}") from None
        finally:
            self._connection = None
            connection.close()


def _said(problem: psycopg.Error) -> str:
    message = problem.diag.message_primary or _lines(str(problem))
    return without_values(message) if (problem.sqlstate or "").startswith(_ABOUT_VALUES) else message


def _lines(text: str) -> str:
    """The first two lines: libpq says what it tried in one, and what came of it in the next."""
    return " ".join(line.strip() for line in text.splitlines()[:2])
