"""A goal, what was measured of it, and the file and table both go to."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from bench.machine import described

OUT = Path("reports/runs/bench")
_SIGNS = {True: "✓", False: "✗", None: "?"}


class Mark(msgspec.Struct, frozen=True):
    """One line of the table: a figure beside its bound."""

    goal: int
    what: str
    measured: float | None
    """None where it could not be measured; `note` then says why"""
    sign: Literal["≥", "≤"]
    bound: float
    unit: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.bound if self.sign == "≥" else self.measured <= self.bound


def ratio(goal: int, what: str, mine: float, other: float | None, bound: float, note: str = "") -> Mark:
    """How many times the other's rate is reached; unmeasured where there is no other."""
    return Mark(goal, what, mine / other if other else None, "≥", bound, "×", note)


def table(marks: Iterable[Mark]) -> str:
    """The marks as aligned lines of text."""
    rows = [
        (str(mark.goal), _SIGNS[mark.met], mark.what, _figure(mark), f"{mark.sign} {_number(mark.bound)} {mark.unit}".strip(), mark.note)
        for mark in marks
    ]
    rows.insert(0, ("goal", "", "what", "measured", "bound", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip() for row in rows)


def _figure(mark: Mark) -> str:
    return "not measured" if mark.measured is None else f"{_number(mark.measured)} {mark.unit}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write(name: str, marks: Iterable[Mark], facts: dict[str, Any], out: Path = OUT) -> Path:
    """Writes `NAME.json`: the marks, all that was measured on the way, the machine and the command."""
    out.mkdir(parents=True, exist_ok=True)
    rows = [{**msgspec.to_builtins(mark), "met": mark.met} for mark in marks]
    stamp = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    file = out / f"{name}.json"
    file.write_text(
        json.dumps({"at": stamp, "machine": described(), "marks": rows, **msgspec.to_builtins(facts)}, indent=1, ensure_ascii=False) + "\n"
    )
    return file


def read(file: Path) -> list[Mark]:
    """The marks of such a file."""
    return [
        msgspec.convert({key: value for key, value in row.items() if key != "met"}, Mark) for row in json.loads(file.read_text())["marks"]
    ]
