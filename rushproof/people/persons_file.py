"""A user's own file of persons, Parquet or CSV: its columns, how many rows it has, and those rows one batch after the other."""

import csv
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec

from rushproof.errors import InputError, nearest
from rushproof.persons import PersonsSpec, Row

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1, "memory_limit": "1GB", "autoinstall_known_extensions": False, "autoload_known_extensions": False,
}  # fmt: skip
_MANNERS = "SET enable_progress_bar = false; SET TimeZone = 'UTC'"
"""a bar on stdout is nobody's wish, and a moment without a zone means the same on every machine"""
_TIMES = ("TIMESTAMP", "DATE")
_TEXT = "VARCHAR"
_NAME = re.compile(r"[^\W\d][\w .-]{0,31}")
_N = '"row of the file"'
"""what the number of a row is called, for no column of a user's to be called so"""
_LONGEST = 1 << 16
"""characters of a header"""
MILLISECONDS = 1e11
"""a moment above this is no unix time in seconds: it would be in the year 5138"""


class PersonsFileError(InputError):
    """The file cannot serve; `key` is which word of the scenario's `persons` is to blame.  It never tells what stands in a row."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"persons.{key}: {problem}")
        self.key, self.problem = key, problem


class Doubles(msgspec.Struct, frozen=True):
    """Ids that will not do in some rows of a file; rows are counted from 1, the header not with them."""

    empty: int
    doubled: int
    """rows whose id an earlier row has"""
    first: tuple[int, ...]
    """the first of all these rows"""


class Tokens(msgspec.Struct, frozen=True):
    """What the tokens of some rows are good for."""

    rows: int
    without: int
    """rows that have no token"""
    ended: int
    """of these, ended already"""
    ending: int
    """of these, ended before the moment that was asked about"""
    odd: int
    """rows whose moment is none"""


class PersonsFile:
    """The file of a spec (its path as given), with its columns checked; PersonsFileError where it cannot serve.

    A context manager: DuckDB reads, a row group or a buffer at a time, and memory does not grow with the file.
    """

    def __init__(self, spec: PersonsSpec) -> None:
        assert spec.file is not None  # persons without a file are derived
        self._spec = spec
        self._path = Path(spec.file)
        if not self._path.is_file():
            raise PersonsFileError("file", f"{spec.file}: no such file")
        self._source = _source(self._path)
        self._connection = duckdb.connect(config=_SETTINGS)
        self._connection.execute(_MANNERS)
        try:
            self._kinds = {str(name): str(kind) for name, kind, *_ in self._run(f"DESCRIBE SELECT * FROM {self._source}").fetchall()}
            self._check()
        except PersonsFileError:
            self._connection.close()
            raise

    def __enter__(self) -> "PersonsFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def count(self) -> int:
        """How many rows there are."""
        (rows,) = self._run(f"SELECT count(*) FROM {self._source}").fetchall()
        return int(rows[0])

    def rows(self, first: int, end: int, step: int = 1, size: int = 256) -> Iterator[list[Row]]:
        """Rows first, first + step, … below `end`, counted from 0, at most `size` at once, in the file's order."""
        spec = self._spec
        wanted = [_quoted(spec.id), _quoted(spec.token) if spec.token else "''", self._moment()]
        columns = [f"{text}::VARCHAR" for text in wanted[:2]] + wanted[2:] + [f"{_quoted(name)}::VARCHAR" for name in spec.attributes]
        found = self._run(f"SELECT {_N}, {', '.join(columns)} FROM ({self._slice(first, end)}) WHERE ({_N} - {first}) % {step} = 0")
        while read := self._fetched(found, size):
            yield [self._row(*row) for row in read]

    def _row(self, index: int, id: str | None, token: str | None, expires: float | None, *rest: str | None) -> Row:
        attributes = {name: text or "" for name, text in zip(self._spec.attributes, rest, strict=True)} if rest else {}
        return Row(index, id or "", token or "", expires, attributes, "" if id else f"row {index + 1:,} has no {self._spec.id}")

    def doubles(self, first: int, end: int) -> Doubles:
        """Whether ids in rows first…end−1 are empty, or in them twice."""
        id = f"{_quoted(self._spec.id)}::VARCHAR"
        ids = f"SELECT {_N} AS n, hash({id}) AS id, coalesce({id}, '') = '' AS empty FROM ({self._slice(first, end)})"
        bad = f"""
            WITH ids AS MATERIALIZED ({ids}), doubled AS (SELECT id FROM ids WHERE NOT empty GROUP BY id HAVING count(*) > 1),
            rows AS (SELECT n, row_number() OVER (PARTITION BY id ORDER BY n) - 1 AS earlier FROM ids SEMI JOIN doubled USING (id))
            SELECT n, false AS empty FROM rows WHERE earlier > 0 UNION ALL SELECT n, true FROM ids WHERE empty
        """
        query = f"SELECT count(*) FILTER (empty), count(*) FILTER (NOT empty), min(n, 3) FROM ({bad})"
        with TemporaryDirectory() as aside:  # where more than memory holds goes: numbers, no ids
            self._run(f"SET temp_directory = {_text(aside)}")
            ((empty, doubled, places),) = self._run(query).fetchall()
        return Doubles(int(empty), int(doubled), tuple(int(place) + 1 for place in places or ()))

    def tokens(self, first: int, end: int, now: float, until: float) -> Tokens:
        """How many tokens of rows first…end−1 have ended by `now`, and how many by `until`, unix seconds."""
        token, told = (
            f"coalesce({_quoted(name)}::VARCHAR, '') <> ''" if name else "false" for name in (self._spec.token, self._spec.expires)
        )
        query = f"""
            SELECT count(*), count(*) FILTER (NOT given), count(*) FILTER (given AND ends <= {now}),
                count(*) FILTER (given AND ends <= {until}), count(*) FILTER (told AND (ends IS NULL OR ends > {MILLISECONDS}))
            FROM (SELECT {token} AS given, {told} AS told, {self._moment()} AS ends FROM ({self._slice(first, end)}))
        """
        ((*counts,),) = self._run(query).fetchall()
        return Tokens(*map(int, counts))

    def _check(self) -> None:
        spec = self._spec
        named = [("id", spec.id), ("token", spec.token), ("expires", spec.expires), *(("attributes", name) for name in spec.attributes)]
        for key, column in named:
            if column is not None and column not in self._kinds:
                problem = f"{self._path.name} has no column {column!r}{nearest(column, map(_shown, self._kinds))}"
                raise PersonsFileError(key, problem)

    def _slice(self, first: int, end: int) -> str:
        """The rows first…end−1 with their number `n` in the file, in its order."""
        if self._path.suffix == ".parquet":
            return f"SELECT *, file_row_number AS {_N} FROM {self._source} WHERE file_row_number >= {first} AND file_row_number < {end}"
        limited = f"SELECT * FROM {self._source} LIMIT {max(end - first, 0)} OFFSET {first}"
        return f"SELECT *, row_number() OVER () - 1 + {first} AS {_N} FROM ({limited})"

    def _moment(self) -> str:
        """When a token ends as unix seconds, whether it is written as these or as a timestamp."""
        if self._spec.expires is None:
            return "NULL::DOUBLE"
        column, kind = _quoted(self._spec.expires), self._kinds[self._spec.expires]
        if kind.startswith(_TIMES):
            return f"epoch({column}::TIMESTAMPTZ)"
        if kind == _TEXT:
            return f"coalesce(try_cast({column} AS DOUBLE), epoch(try_cast({column} AS TIMESTAMPTZ)))"
        return f"try_cast({column} AS DOUBLE)"

    def _run(self, query: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(query)
        except duckdb.Error as problem:
            raise self._unreadable(problem) from None

    def _fetched(self, found: duckdb.DuckDBPyConnection, size: int) -> list[tuple[Any, ...]]:
        try:
            return found.fetchmany(size)
        except duckdb.Error as problem:
            raise self._unreadable(problem) from None

    def _unreadable(self, problem: duckdb.Error) -> PersonsFileError:
        """DuckDB's own sentences quote the line that it could not read, tokens and all: only the kind and the line's number are told."""
        kind = "Parquet" if self._path.suffix == ".parquet" else "CSV with a header and commas"
        line = next((word for word in str(problem).split() if word.strip(":.,").isdigit()), "") if "Line" in str(problem) else ""
        where = f", at line {line.strip(':.,')}" if line else ""
        return PersonsFileError("file", f"{self._path.name} cannot be read as {kind}{where} ({type(problem).__name__})")


def _source(path: Path) -> str:
    """What DuckDB reads.  It is told the columns of a CSV, because left to guess it may skip rows until one pleases it."""
    if path.suffix == ".parquet":
        return f"read_parquet({_text(str(path))}, file_row_number = true)"
    if not path.name.endswith((".csv", ".csv.gz")):
        raise PersonsFileError("file", f"expected a file that ends in .parquet, .csv or .csv.gz, found {path.name}")
    columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in _header(path))
    how = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'"
    return f"read_csv({_text(str(path))}, {how}, columns = {{{columns}}})"


def _header(path: Path) -> list[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            names = [name.strip() for name in next(csv.reader([file.readline(_LONGEST)]), [])]
    except (OSError, ValueError, csv.Error) as problem:
        raise PersonsFileError("file", f"{path.name} cannot be read as a text ({type(problem).__name__})") from None
    if not all(names) or len(set(names)) < len(names) or not names:
        raise PersonsFileError("file", f"{path.name}: expected a header with a name of its own for each column in the first line")
    return names


def _shown(name: str) -> str:
    """A column's name; where a file has no header it is a value, and what looks like one is not told."""
    return name if _NAME.fullmatch(name) else "…"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
