"""A ledger by SQL: which database a DSN speaks of, and a query of it as CSV, read-only and with an end to its patience."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rushproof.errors import InputError
from rushproof.ledgers.blanks import Span

T = TypeVar("T")
CONNECT = 10
"""wall seconds a database has to answer at all"""
STATEMENT = 600
"""wall seconds one query may take, told to the database itself"""
_ENDING = 15.0
"""wall seconds that a query has to end when it is no longer wanted"""


class Reader(Protocol):
    """A query of one database, in a transaction that cannot write.  Blocking; LoadError says what came and what was expected."""

    def columns(self) -> tuple[str, ...]:
        """The names of its columns, without running it."""

    def copy(self, file: Path) -> None:
        """All its rows as CSV with a header, streamed."""

    def abort(self) -> None:
        """Ends a `copy` that goes on in another thread."""


async def columns(dsn: str, query: str, span: Span) -> tuple[str, ...]:
    """The names of the query's columns, as the database tells them without running it; LoadError, or InputError for a DSN that is none."""
    reader = _reader(dsn, query, span)
    return await _in_a_thread(reader, reader.columns)


async def fetch(dsn: str, query: str, span: Span, file: Path) -> None:
    """The query's rows as CSV with a header; `:begin` and `:end` are the span.  Errors as of `columns`."""
    reader = _reader(dsn, query, span)
    await _in_a_thread(reader, reader.copy, file)


def bare(query: str) -> str:
    """The query without the semicolon at its end, so that it can stand inside another."""
    return query.strip().rstrip(";").rstrip()


def without_values(message: str) -> str:
    """A database's message with what it quotes left out: there may be a person's id in it."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", message)


async def _in_a_thread(reader: Reader, work: Callable[..., T], *arguments: Any) -> T:
    """The work's result; cancelled, it is ended in the database too, so that no thread is left behind."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.to_thread(reader.abort)
        await asyncio.wait((task,), timeout=_ENDING)
        raise


def _reader(dsn: str, query: str, span: Span) -> Reader:
    scheme = dsn.partition("://")[0].lower() if "://" in dsn else ""
    try:
        if scheme in ("postgresql", "postgres"):
            from rushproof.ledgers.postgres import Postgres

            return Postgres(dsn, query, span)
        if scheme in ("mysql", "mariadb"):
            from rushproof.ledgers.mysql import MySQL

            return MySQL(dsn, query, span)
    except ModuleNotFoundError as absent:
        extra = "postgres" if absent.name == "psycopg" else "mysql"
        raise InputError(f"{scheme} needs a driver that is not installed: pip install 'rushproof[{extra}]'") from None
    found = f"one that begins with {scheme}://" if re.fullmatch(r"[a-z][a-z0-9+.:-]{0,20}", scheme) else "something else"
    raise InputError(
        f"expected a DSN such as postgresql://user:password@host/database or mysql://user:password@host/database, found {found}"
    )
