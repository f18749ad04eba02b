"""Asking the run folder: each claimed invariant a finding, with how many things it looked at and the first few violations, masked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from rushproof.audit.evidence import Evidence
from rushproof.audit.invariant import Invariant, find, known, read_invariant
from rushproof.audit.question import is_question
from rushproof.quantity import Unit
from rushproof.verdict import Finding, Kind, Status

EXAMPLES = 5
_MASKED = ("person", "key", "content")
_RAISED = "Invalid Input Error: "


def audit(folder: Path, claimed: tuple[str, ...], directories: Sequence[Path]) -> tuple[Finding, ...]:
    """A finding for each claimed invariant, and one `not claimed` for every other in the directories that this run has the tables for.

    An invariant without evidence is `unknown`, as is one whose query does not run.  ScenarioError for a name that is nowhere and for a file
    that is no invariant.
    """
    invariants = find(dict.fromkeys(claimed), directories)
    unclaimed_files = [path for name, path in sorted(known(directories).items()) if name not in claimed and not is_question(path)]
    others = [read_invariant(path) for path in unclaimed_files]
    with Evidence(folder) as evidence:
        findings = tuple(_finding(invariant, evidence) for invariant in invariants)
        unclaimed = [other for other in others if not evidence.lacks(other.query)]
    return findings + tuple(_said(other, Status.NOT_CLAIMED, other.sentence) for other in unclaimed)


def _finding(invariant: Invariant, evidence: Evidence) -> Finding:
    try:
        n = evidence.count(invariant.over)
        if not n:
            return _said(invariant, Status.UNKNOWN, f"{_open(invariant)} {invariant.over} has no row.")
        if untold := [f"{table} tells no {column}" for table, column in invariant.needs if evidence.untold(table, column)]:
            return _said(invariant, Status.UNKNOWN, f"{_open(invariant)} {', '.join(untold)}: its source has no such column.")
        number, rows, columns = evidence.violations(invariant.query, EXAMPLES)
    except duckdb.Error as problem:
        return _said(invariant, Status.UNKNOWN, f"{_open(invariant)} {_reason(problem, evidence)}")
    if not number:
        return _said(invariant, Status.PASS, f"{invariant.sentence} ({n:,} looked at)", n, 0)
    examples = tuple(_masked(columns, row) for row in rows)
    broken = f"Broken {number:,} times in {n:,}: {invariant.sentence}"
    if invariant.whole is not None and (gap := evidence.gap(invariant.whole)):
        sentence = f"It is not known whether this is so: {invariant.sentence} {number:,} rows speak against it, but {gap}."
        return _said(invariant, Status.UNKNOWN, sentence, n, number, examples)
    return _said(invariant, Status.FAIL, broken, n, number, examples)


def _said(
    invariant: Invariant, status: Status, sentence: str, n: int = 0, violations: int | None = None, examples: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        name=invariant.name, kind=Kind.INVARIANT, status=status, sentence=sentence, n=n, measured=violations,
        bound=None if violations is None else 0, unit=Unit.COUNT, examples=examples,
    )  # fmt: skip


def _open(invariant: Invariant) -> str:
    return f"It is not known whether this is so: {invariant.sentence}"


def _reason(problem: duckdb.Error, evidence: Evidence) -> str:
    first = (str(problem).splitlines() or [type(problem).__name__])[0]
    if first.startswith(_RAISED):  # `error('…')` in the query: what it found does not suffice to say
        return f"{first.removeprefix(_RAISED)[:1].upper()}{first.removeprefix(_RAISED)[1:]}."
    absent = evidence.absent(first)
    return f"There is no table {absent}: no such ledger was fetched." if absent else f"Its query does not run: {first}."


def _masked(columns: list[str], row: tuple[Any, ...]) -> str:
    """`sequence 17, person 3f2a…`: enough to find it again with the salt, too little to know whom it is about."""
    said = [(name, value) for name, value in zip(columns, row, strict=True) if value is not None]
    return ", ".join(f"{name} {_mask(value) if _hashed(name) else value}" for name, value in said)


def _hashed(name: str) -> bool:
    return any(name == word or name.endswith(f"_{word}") for word in _MASKED)


def _mask(value: Any) -> str:
    return f"{value:016x}"[:4] + "…" if isinstance(value, int) else "…"
