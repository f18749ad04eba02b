"""A ledger from MySQL or MariaDB: a read-only transaction, row by row."""

import contextlib
import csv
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

from rushproof.errors import InputError, LoadError, nearest
from rushproof.ledgers.blanks import Span, for_mysql
from rushproof.ledgers.reader import CONNECT, STATEMENT, bare, without_values

_AT_ONCE = 10_000
"""rows"""
_AS_TEXT: Any = {kind: encoder for kind, encoder in conversions.items() if isinstance(kind, type)}
"""no decoders: values stay as the database writes them"""
_OPTIONS = ("unix_socket", "ssl_ca", "ssl_cert", "ssl_key")
_ABOUT_WORDS = frozenset({1044, 1045, 1046, 1049, 1054, 1060, 1064, 1142, 1143, 1146, 1248, 1305, 1370, 1698, 1792, 1969, 3024})
"""errors whose messages name tables, columns and rights, and no values of rows"""


class MySQL:
    """One query, inside a SELECT of our own: whatever it holds, it is a query."""

    def __init__(self, dsn: str, query: str, span: Span) -> None:
        self._arguments = _arguments(dsn)
        self._query = f"SELECT * FROM (\n{for_mysql(bare(query), span)}\n) AS ledger"
        self._thread: int | None = None

    def columns(self) -> tuple[str, ...]:
        with self._reading(f"{self._query} LIMIT 0") as cursor:
            return _names(cursor)

    def copy(self, file: Path) -> None:
        with self._reading(self._query) as cursor, file.open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)  # its line ends are both characters, so that both are quoted in values
            rows.writerow(_names(cursor))
            while block := cursor.fetchmany(_AT_ONCE):
                rows.writerows([[value.hex() if isinstance(value, bytes) else value for value in row] for row in block])

    def abort(self) -> None:
        """Another connection ends ours: the library has no way to be told from another thread."""
        if self._thread is not None:
            gone = contextlib.suppress(pymysql.Error, OSError)
            with gone, pymysql.connect(**self._arguments) as other, other.cursor() as cursor:
                cursor.execute(f"KILL {self._thread}")

    @contextlib.contextmanager
    def _reading(self, query: str) -> Iterator[Any]:
        """The query begun in a transaction that cannot write."""
        connection = self._connected()
        try:
            self._thread = connection.thread_id()
            cursor = connection.cursor()
            for statement in _settings(connection.get_server_info()):
                cursor.execute(statement)
            cursor.execute(query)
            try:
                yield cursor
            except BaseException:
                self.abort()  # or closing would read all that is left
                raise
            finally:
                with contextlib.suppress(pymysql.Error):
                    cursor.close()
        except pymysql.Error as problem:
            raise LoadError(f"the database refused the query: {_said(problem)}") from None
        finally:
            self._thread = None
            with contextlib.suppress(pymysql.Error):
                connection.close()

    def _connected(self) -> Any:
        try:
            if path := self._arguments.get("unix_socket"):
                with socket.socket(socket.AF_UNIX) as probe:  # the library leaves a socket open that nobody answers
                    probe.settimeout(CONNECT)
                    probe.connect(path)
            return pymysql.connect(**self._arguments, cursorclass=SSCursor, read_timeout=STATEMENT, conv=_AS_TEXT)
        except pymysql.Error as problem:
            raise LoadError(f"the database cannot be reached: {_said(problem)}") from None
        except (OSError, RuntimeError, ValueError) as problem:
            raise LoadError(f"the database cannot be reached: {getattr(problem, 'strerror', None) or problem}") from None


def _arguments(dsn: str) -> dict[str, Any]:
    try:
        parts = urlsplit(dsn)
        port = parts.port or 3306
    except ValueError:
        raise InputError("the DSN has a port that is no number, or a host that is none") from None
    options = dict(parse_qsl(parts.query))
    for name in options:
        if name not in _OPTIONS:
            raise InputError(f"the DSN has an option that is not known here: {name}{nearest(name, _OPTIONS)}")
    user, password, database = (unquote(part or "") for part in (parts.username, parts.password, parts.path.strip("/")))
    return {
        "host": parts.hostname or "localhost", "port": port, "user": user, "password": password, "database": database or None,
        "charset": "utf8mb4", "connect_timeout": CONNECT, **options,
    }  # fmt: skip


def _settings(server: str) -> tuple[str, ...]:
    patience = f"max_statement_time = {STATEMENT}" if "MariaDB" in server else f"max_execution_time = {STATEMENT * 1000}"
    return (
        f"SET SESSION {patience}", "SET SESSION time_zone = '+00:00'", "SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY",
    )  # fmt: skip


def _names(cursor: Any) -> tuple[str, ...]:
    return tuple(str(column[0]) for column in cursor.description or ())


def _said(problem: pymysql.Error) -> str:
    number, message = (*problem.args, "", "")[:2]
    text = str(message or problem)
    return text if number in _ABOUT_WORDS or str(number).startswith("20") else without_values(text)
