"""The run folder as tables: what persons were promised, what the target wrote, and where either has holes."""

import os
import re
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import msgspec

from rushproof.errors import FolderError

_ABSENT = re.compile(r"Table with name (\S+) does not exist")

_SHUT = (
    "autoinstall_known_extensions = false", "autoload_known_extensions = false", "enable_external_access = false",
    "lock_configuration = true",
)  # fmt: skip


class _Ledger(msgspec.Struct):
    kind: str | None = None


class _Scenario(msgspec.Struct):
    ledgers: dict[str, _Ledger] = {}


class _Run(msgspec.Struct):
    """What of run.json the audit has to know; of any version."""

    workers: int = 1
    scenario: _Scenario = msgspec.field(default_factory=_Scenario)

    @property
    def kind(self) -> str | None:
        """The kind of promise that invariants about the ledger are asked of; None: every kind."""
        return self.scenario.ledgers.get("ledger", _Ledger()).kind


_NOTHING = {"key": "0", "round": "''", "content": "0"}
"""how the journal writes that an attempt names none: NULL here"""
_CANONICAL = {"sequence": "BIGINT", "round": "VARCHAR", "key": "UBIGINT", "content": "UBIGINT", "at": "DOUBLE"}


class Evidence:
    """DuckDB over a run folder: `attempts`, `acknowledged` (those that came out ok), and each ledger by its name.

    `attempts_of_all` are the attempts at everything that was promised.  Where the scenario says which kind of promise the table `ledger`
    keeps, `attempts` and `acknowledged` are of that kind alone, so that an invariant that compares them with it need not know of others.
    What a promise does not name, and what a ledger's source does not tell, is NULL; every ledger with persons has `sequence`, `person`,
    `round`, `key`, `content` and `at`.  Nothing is fetched from anywhere, and nothing outside of the folder can be read by a query.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder = folder.resolve()
        run = _run(folder)
        self._workers, self._unread = run.workers, dict[str, int]()
        self._connection = duckdb.connect(config={"threads": os.cpu_count() or 1, "preserve_insertion_order": False})
        inside = _text(str(folder))
        for setting in (f"temp_directory = {inside}", f"allowed_directories = [{inside}]", *_SHUT):
            self._connection.execute(f"SET {setting}").fetchall()
        for name, view in (("attempts", "attempts_of_all"), ("frames", "frames")):
            self._view(view, sorted((folder / name).glob("[0-9]*.parquet")))
        for path in sorted((folder / "ledgers").glob("*.parquet")):
            self._view(path.stem, [path])
        if self._has("attempts_of_all"):
            kind = "true" if run.kind is None else f"kind = {_text(run.kind)}"
            self._connection.execute(f"CREATE VIEW attempts AS SELECT * FROM attempts_of_all WHERE {kind}").fetchall()
            self._connection.execute("CREATE VIEW acknowledged AS SELECT * FROM attempts WHERE outcome = 'ok'").fetchall()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def count(self, table: str) -> int:
        """How many rows a table has; duckdb.Error where there is no such table."""
        return int(self._connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchall()[0][0])

    def untold(self, table: str, column: str) -> bool:
        """Whether a table that has rows tells nothing in a column; False where there is no such table, which its query will find."""
        if not self._has(table):
            return False
        if column not in self._connection.table(_quoted(table)).columns:
            return True
        found, told = self._connection.execute(f"SELECT count(*), count({_quoted(column)}) FROM {_quoted(table)}").fetchall()[0]
        return bool(found) and not told

    def lacks(self, query: str) -> bool:
        """Whether a query reads a table that this run does not have."""
        try:
            self._connection.execute(f"EXPLAIN {query}").fetchall()
        except duckdb.Error as problem:
            return bool(self.absent(str(problem)))
        return False

    def violations(self, query: str, examples: int) -> tuple[int, list[tuple[Any, ...]], list[str]]:
        """How many rows the query has, the first few of them in the order of their columns, and the columns' names."""
        found = self._connection.execute(f"CREATE OR REPLACE TEMP TABLE violations AS SELECT * FROM ({query}\n)")
        found.fetchall()
        number = self.count("violations")
        rows = self._connection.execute(f"SELECT * FROM violations ORDER BY ALL LIMIT {examples}")
        columns = [str(column[0]) for column in rows.description or []]
        return number, rows.fetchall(), columns

    def define(self, statement: str) -> None:
        """Run a statement that makes something which queries can use."""
        self._connection.execute(statement).fetchall()

    def rows(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The columns' names and all rows of a query, in its own order."""
        found = self._connection.execute(query)
        columns = [str(column[0]) for column in found.description or []]
        return columns, found.fetchall()

    def absent(self, message: str) -> str:
        """The table that DuckDB's message says is not there; empty where it says something else."""
        found = _ABSENT.search(message)
        return found[1] if found else ""

    def gap(self, table: str) -> str:
        """Why rows of a table may be missing; empty where it is whole.  Ledgers are whole or absent."""
        if table not in ("attempts", "acknowledged", "attempts_of_all"):
            return ""
        if self._unread["attempts_of_all"] or not self._has("frames"):
            return "segments of the journal cannot be read, so attempts may be missing"
        rows = self._connection.execute("""
            SELECT count(*) FILTER (WHERE ended), coalesce(bool_and(frames = numbers), true)
            FROM (SELECT bool_or(final) AS ended, count(DISTINCT seq) AS frames, max(seq) - min(seq) + 1 AS numbers
                  FROM frames GROUP BY worker)""").fetchall()
        ended, whole = rows[0]
        if ended < self._workers:
            return f"only {ended} of {self._workers} workers reported to their end, so attempts may be missing"
        return "" if whole else "frames of a worker never came, so attempts may be missing"

    def _view(self, name: str, paths: list[Path]) -> None:
        """A view over the files that can be read; the others are missing evidence, not a reason to look at none."""
        readable = [str(path) for path in paths if self._readable(path)]
        self._unread[name] = len(paths) - len(readable)
        if readable:
            rows = self._connection.from_parquet(readable)
            rows.project(_columns(name, rows.columns)).create_view(name)

    def _readable(self, path: Path) -> bool:
        try:
            self._connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
        except duckdb.Error:
            return False
        return True

    def _has(self, table: str) -> bool:
        return bool(self._connection.execute("SELECT 1 FROM duckdb_views() WHERE view_name = ?", [table]).fetchall())


def _columns(table: str, columns: list[str]) -> str:
    """What a view takes of its files."""
    if table == "attempts_of_all":
        told = ", ".join(f"nullif({_quoted(name)}, {nothing}) AS {_quoted(name)}" for name, nothing in _NOTHING.items())
        return f"* REPLACE ({told}){'' if 'kind' in columns else ', NULL::VARCHAR AS kind'}"  # folders of version 0.1 have no kinds
    absent = [name for name in _CANONICAL if name not in columns] if "person" in columns else []
    return ", ".join(["*", *(f"NULL::{_CANONICAL[name]} AS {_quoted(name)}" for name in absent)])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _run(folder: Path) -> _Run:
    try:
        return msgspec.json.decode((folder / "run.json").read_bytes(), type=_Run)
    except (OSError, msgspec.DecodeError) as problem:
        raise FolderError(f"{folder} holds no run: {problem}") from None
