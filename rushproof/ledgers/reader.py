"""What every database's reader has in common: what it can be asked, how patient it is, and what of a message may be told."""

import re
from pathlib import Path
from typing import Protocol

CONNECT = 10
"""wall seconds a database has to answer at all"""
STATEMENT = 600
"""wall seconds one query may take, told to the database itself"""


class Reader(Protocol):
    """A query of one database, in a transaction that cannot write.  Blocking; LoadError says what came and what was expected."""

    def columns(self) -> tuple[str, ...]:
        """The names of its columns, without running it."""

    def copy(self, file: Path) -> None:
        """All its rows as CSV with a header, streamed."""

    def abort(self) -> None:
        """Ends a `copy` that goes on in another thread."""


def bare(query: str) -> str:
    """The query without the semicolon at its end, so that it can stand inside another."""
    return query.strip().rstrip(";").rstrip()


def without_values(message: str) -> str:
    """A database's message with what it quotes left out: there may be a person's id in it."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", message)
