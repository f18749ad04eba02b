"""Which defect is caught by which invariant: `python -m tests.audit.kill_matrix` writes docs/kill-matrix.md anew."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from rushproof.audit import audit, is_question
from rushproof.verdict import Finding, Status
from tests.audit.conftest import Evening
from tests.audit.day import Day
from tests.audit.planted import AFTER_THE_CHAIN, DEFECTS
from tests.audit.test_invariants import DEFECTS as OF_THE_RUSH
from tests.audit.test_invariants import NAMES as RUSH

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "scenarios" / "audit"
PAGE = ROOT / "docs" / "kill-matrix.md"
NAMES = tuple(sorted(path.stem for path in CATALOGUE.glob("*.sql") if not is_question(path)))
DAY = tuple(name for name in NAMES if name != "something_happened")
"""six people are no day: that too little happened is said of every one of them"""

_HEAD = """\
# The kill matrix

A judge that was never shown a crime is not to be trusted.  Each line is one defect, planted in an otherwise honest run folder: the
invariant that is there for it, and whatever else speaks up because of it.  Invariants that are not named stay silent, and all of them are
silent about the honest ones.  This page is written by `python -m tests.audit.kill_matrix`; a test holds it to what the audit finds.

| defect | caught by | and by |
|---|---|---|
"""
_OVER_THE_WIRE = """
## Over the wire

The same by a run against the reference backend with a defect switched on, from reservations to the gateway's ledger
(`tests/contract/test_planted_defects.py` and `test_planted_day.py`).

| switch | caught by |
|---|---|
"""


@cache
def of_the_day(plant: Callable[[Day], None]) -> dict[str, Finding]:
    """Every invariant's finding about the day spoilt so."""
    with tempfile.TemporaryDirectory() as folder:
        day = Day(Path(folder) / "run").lived()
        plant(day)
        if plant not in AFTER_THE_CHAIN:
            day.chained()
        return {finding.name: finding for finding in audit(day.written(), NAMES, (CATALOGUE,))}


def of_the_rush(plant: Callable[[Any], None]) -> dict[str, Finding]:
    """The same for the rush hour's."""
    with tempfile.TemporaryDirectory() as folder:
        evening = Evening(Path(folder)).honest()
        plant(evening)
        return {finding.name: finding for finding in audit(evening.written(), RUSH, (CATALOGUE,))}


def lines() -> Iterator[str]:
    """The rows of the table: first the rush's, then the day's."""
    for plant, name in OF_THE_RUSH:
        yield _line(plant, name, of_the_rush(plant))
    for one, name in (*DEFECTS, *((one, "ledger_unbroken") for one in AFTER_THE_CHAIN)):
        yield _line(one, name, of_the_day(one))


def _line(plant: Callable[..., None], name: str, found: dict[str, Finding]) -> str:
    others = sorted(each for each, finding in found.items() if finding.status is Status.FAIL and each != name)
    words = plant.__name__.strip("_").replace("_", " ")
    return f"| {words} | `{name}` | {', '.join(f'`{other}`' for other in others) or '–'} |"


def text() -> str:
    """The whole page."""
    from tests.contract.test_planted_day import FOUND_BY as BY_DAY
    from tests.contract.test_planted_day import HEALED
    from tests.contract.test_planted_defects import FOUND_BY as BY_RUSH

    wire = [f"| `{switch}` | `{name}` |" for switch, name in {**BY_RUSH, **BY_DAY}.items()]
    wire += [f"| `{switch}` | does no harm here: {why}; `{name}` passes |" for switch, (name, why) in HEALED.items()]
    return _HEAD + "\n".join(lines()) + "\n" + _OVER_THE_WIRE + "\n".join(wire) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text())
    sys.exit(0)
