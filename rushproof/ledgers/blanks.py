"""`:begin` and `:end` in a query: the run's time, put in as numbers where SQL stands and nowhere else."""

import re
from collections.abc import Callable

import msgspec

_BLANK = r"(?<![\w:\]]):(?P<blank>begin|end)\b"
_POSTGRES = re.compile(
    r"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)|--[^\n]*|/\*.*?\*/|" + _BLANK,
    re.DOTALL,
)
_MYSQL = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`|--(?=\s)[^\n]*|\#[^\n]*|/\*.*?\*/|" + _BLANK,
    re.DOTALL,
)


class Span(msgspec.Struct, frozen=True):
    """A run's time, in unix seconds."""

    begin: float
    end: float


def for_postgres(query: str, span: Span) -> str:
    """The query with its blanks filled in: in no literal, name, comment, cast (`x::begin`) or slice (`a[1:end]`)."""
    return _POSTGRES.sub(_filling(span), query)


def for_mysql(query: str, span: Span) -> str:
    """The same, by the rules of MySQL's and MariaDB's literals."""
    return _MYSQL.sub(_filling(span), query)


def _filling(span: Span) -> Callable[[re.Match[str]], str]:
    numbers = {"begin": f"{span.begin:.6f}", "end": f"{span.end:.6f}"}
    return lambda found: numbers[found["blank"]] if found["blank"] else found[0]
