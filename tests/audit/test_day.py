"""The invariants of the day, each against the defects it is there for: a day by hand, spoilt in one place, is found out by its name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rushproof.audit import audit
from rushproof.verdict import Finding, Status
from tests.audit.day import Day
from tests.audit.kill_matrix import CATALOGUE, DAY, NAMES, PAGE, of_the_day, text
from tests.audit.planted import AFTER_THE_CHAIN, DEFECTS
from tests.audit.test_invariants import NAMES as RUSH


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path / "run").lived()


def asked(day: Day) -> dict[str, Finding]:
    """Every invariant's finding about the day."""
    return {finding.name: finding for finding in audit(day.written(), NAMES, (CATALOGUE,))}


def test_an_honest_day_comes_out_clean_and_one_of_six_people_proves_too_little(day: Day) -> None:
    found = asked(day.chained())

    assert {name for name in DAY if found[name].status is not Status.PASS} == set()
    assert found["something_happened"].status is Status.UNKNOWN
    assert "Too little happened: collected 1 of 10" in found["something_happened"].sentence
    assert "query" not in found["something_happened"].sentence


@pytest.mark.parametrize(("plant", "name"), DEFECTS, ids=[plant.__name__ for plant, _ in DEFECTS])
def test_each_defect_is_found_by_the_invariant_that_names_it(plant: Callable[[Day], None], name: str) -> None:
    found = of_the_day(plant)

    assert found[name].status is Status.FAIL
    assert found["ledger_unbroken"].status is Status.PASS
    assert {found[each].status for each in DAY} <= {Status.PASS, Status.FAIL}


@pytest.mark.parametrize("plant", AFTER_THE_CHAIN)
def test_what_was_tampered_with_afterwards_breaks_the_chain(plant: Callable[[Day], None]) -> None:
    assert of_the_day(plant)["ledger_unbroken"].status is Status.FAIL


def test_every_invariant_of_the_day_has_a_defect() -> None:
    assert {name for _, name in DEFECTS} | {"ledger_unbroken"} | set(RUSH) == set(DAY)


def test_the_kill_matrix_is_published_as_it_is() -> None:
    assert PAGE.read_text() == text(), "python -m tests.audit.kill_matrix writes it anew"


@pytest.mark.parametrize("table", ["daybook", "gateway_payments", "winners", "notice_log"])
def test_where_a_ledger_is_empty_nothing_is_proven(day: Day, table: str) -> None:
    day.tables[f"ledgers/{table}"] = []

    found = asked(day)

    over = {name for name in NAMES if f"-- over: {table}\n" in (CATALOGUE / f"{name}.sql").read_text()}
    assert over
    assert {found[name].status for name in over} == {Status.UNKNOWN}
