"""A query of the audit's folders that counts and accuses nobody: how much was open and when, who was affected.

    -- How many payments were open.
    -- rows: at, open
    SELECT ledger_clock("at") AS "at", sum(delta) OVER (ORDER BY "at") AS open FROM payments

The file's stem is its name, the first comment says what it counts, and `rows:` names the columns that it must have.  It reads what
invariants read, and has two functions beside: `ledger_clock(at)` is the scenario time of a ledger's `at`, `load_clock(due)` that of a time
of `attempts`.
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from rushproof.audit.evidence import Evidence
from rushproof.errors import ScenarioError, nearest
from rushproof.manifest import Manifest

_ROWS = re.compile(r"--\s*rows:\s*(\S.*?)\s*$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)


class Question(msgspec.Struct, frozen=True):
    """One thing to count."""

    name: str
    sentence: str
    columns: tuple[str, ...]
    """that its rows must have; others may stand beside them"""
    query: str


class Answer(msgspec.Struct, frozen=True):
    """What a run folder says to a question."""

    rows: tuple[Mapping[str, Any], ...] = ()
    why: str = ""
    """one sentence where there are no rows because it could not be asked"""


def is_question(path: Path) -> bool:
    """Whether a file of the audit's folders counts, rather than finds what must never be."""
    try:
        return _ROWS.search(path.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def read_question(path: Path) -> Question:
    """The question of a file; ScenarioError where it has no sentence, names no columns, or holds no query."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ScenarioError(str(path), "", f"cannot be read: {problem}") from None
    first, said = text.split("\n", 1)[0], _ROWS.search(text)
    if not first.startswith("--") or _ROWS.match(first):
        raise ScenarioError(str(path), "", "expected what it counts as a comment in the first line: `-- How many … were open.`")
    if said is None:
        raise ScenarioError(str(path), "", "expected a line with the columns of its rows, such as `-- rows: at, open`")
    query = _COMMENT.sub("", text).strip().rstrip(";")
    if not query:
        raise ScenarioError(str(path), "", "expected a query, found comments only")
    columns = tuple(word.strip() for word in said[1].split(",") if word.strip())
    return Question(path.stem, first.removeprefix("--").strip(), columns, query)


def ask(folder: Path, manifest: Manifest, names: Iterable[str], paths: Mapping[str, Path]) -> Mapping[str, Answer]:
    """By name, the rows of each question of a run, which are in the files `paths`.

    A question that cannot be answered, because a ledger is not there or its query does not run, has no rows and says why.
    """
    asked = tuple(dict.fromkeys(names))
    if not asked:
        return {}
    with Evidence(folder) as evidence:
        for macro in _clocks(manifest):
            evidence.define(macro)
        return {name: _answered(name, paths, evidence) for name in asked}


def _answered(name: str, paths: Mapping[str, Path], evidence: Evidence) -> Answer:
    if name not in paths:
        return Answer(why=f"There is no query {name!r}{nearest(name, paths)}.")
    try:
        question = read_question(paths[name])
        columns, rows = evidence.rows(question.query)
    except ScenarioError as problem:
        return Answer(why=f"The query {name} cannot be asked: {problem.problem}.")
    except duckdb.Error as problem:
        return Answer(why=_reason(question, problem, evidence))
    if missing := [column for column in question.columns if column not in columns]:
        return Answer(why=f"The query {question.name} has no column {' and no '.join(missing)}.")
    return Answer(tuple(dict(zip(columns, row, strict=True)) for row in rows))


def _reason(question: Question, problem: duckdb.Error, evidence: Evidence) -> str:
    first = (str(problem).splitlines() or [type(problem).__name__])[0]
    absent = evidence.absent(first)
    if absent:
        return f"The query {question.name} reads the table {absent}, and no such ledger was fetched."
    return f"The query {question.name} does not run: {first}."


def _clocks(manifest: Manifest) -> Sequence[str]:
    """The two functions that tell scenario time, as macros."""
    midnight = calendar.timegm(dt.datetime.combine(manifest.scenario.timetable.day, dt.time()).timetuple())
    pace = manifest.pace
    said = f"{pace.begin!r} + wall * {pace.first_speed!r}"
    for turn in pace.turns():
        begins = pace.wall(turn.to)
        said = f"CASE WHEN wall >= {begins!r} THEN {turn.to!r} + (wall - {begins!r}) * {turn.speed!r} ELSE {said} END"
    return (f'CREATE MACRO ledger_clock("at") AS "at" - {midnight}', f"CREATE MACRO load_clock(wall) AS {said}")
