"""A ledger by SQL: which database a DSN speaks of, and a query of it as CSV, read-only and with an end to its patience."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rushproof.errors import InputError
from rushproof.ledgers.blanks import Span
from rushproof.ledgers.reader import Reader

T = TypeVar("T")
_ENDING = 15.0
"""wall seconds that a query has to end when it is no longer wanted"""


async def columns(dsn: str, query: str, span: Span) -> tuple[str, ...]:
    """The names of the query's columns, as the database tells them without running it; LoadError, or InputError for a DSN that is none."""
    reader = _reader(dsn, query, span)
    return await _in_a_thread(reader, reader.columns)


async def fetch(dsn: str, query: str, span: Span, file: Path) -> None:
    """The query's rows as CSV with a header; `:begin` and `:end` are the span.  Errors as of `columns`."""
    reader = _reader(dsn, query, span)
    await _in_a_thread(reader, reader.copy, file)


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
