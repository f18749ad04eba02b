"""Queries that count: their rows, their clocks, and what they say where they cannot be answered."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from rushproof.arrivals import Steady
from rushproof.audit import ask, audit, known, read_question
from rushproof.errors import ScenarioError
from rushproof.manifest import Machine, Manifest
from rushproof.quantity import Count, Duration, Rate, Speed
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.timetable import Moment, Stretch, Timetable

OPEN = Moment.read("09:00")
TABLE = Timetable(
    first=OPEN,
    last=Moment.read("12:00"),
    stretches=(
        Stretch(Moment.read("09:10"), Moment.read("10:00"), Speed.read("60")),
        Stretch(Moment.read("10:00"), Moment.read("11:00"), Speed.read("jump")),
    ),
)
CROWD = CrowdSpec(persona="./some.py", arrivals=Steady(first=OPEN, length=Duration(60), rate=Rate(5)), people=Count(300))
RUN = Manifest(
    run="r", seed=1, people=1.0, speed=10.0, first=32400.0, last=43200.0, start=0.0, machine=Machine("", "", 1, 0),
    scenario=Scenario(
        name="hand", about="By hand.", target=TargetSpec(url="http://127.0.0.1:1"), timetable=TABLE, crowds={"some": CROWD}
    ),
)  # fmt: skip


def asked(evening: Any, folder: Path, text: str) -> Any:
    folder.mkdir(exist_ok=True)
    (folder / "mine.sql").write_text(text)
    return ask(evening.written(), RUN, ("mine",), known((folder,)))["mine"]


def test_a_question_is_answered_with_its_rows(evening: Any, tmp_path: Path) -> None:
    said = asked(
        evening.honest(), tmp_path / "own", '-- How many.\n-- rows: at, open\nSELECT "at", count(*) AS open FROM ledger GROUP BY "at";'
    )

    assert said.rows == ({"at": 1005.0, "open": 101},)
    assert not said.why


def test_it_is_told_the_scenarios_time_of_a_ledger_and_of_the_load(evening: Any, tmp_path: Path) -> None:
    text = """-- Times.
-- rows: at
SELECT ledger_clock(1648771200 + 34200) AS "at", load_clock(6.0) AS slow, load_clock(70) AS fast, load_clock(120.0) AS later"""
    said = asked(evening.honest(), tmp_path / "own", text)

    pace = RUN.pace
    assert said.rows == ({"at": 34200, "slow": pace.at(6.0), "fast": pace.at(70.0), "later": pace.at(120.0)},)
    assert pace.at(120.0) > 39600.0


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ('SELECT "at", 1 AS open FROM payments', "The query mine reads the table payments, and no such ledger was fetched."),
        ('SELECT "at" FROM ledger', "The query mine has no column open."),
        ("SELECT nonsense(1)", "The query mine does not run: "),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(evening: Any, tmp_path: Path, query: str, why: str) -> None:
    said = asked(evening.honest(), tmp_path / "own", f"-- How many.\n-- rows: at, open\n{query}")

    assert said.rows == ()
    assert said.why.startswith(why)


def test_a_question_is_no_invariant_that_nobody_claimed(evening: Any, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.sql").write_text('-- How many.\n-- rows: at\nSELECT "at" FROM ledger')

    assert audit(evening.honest().written(), (), (tmp_path / "own",)) == ()


@pytest.mark.parametrize("text", ["SELECT 1", "-- How many.\nSELECT 1", "-- rows: at\nSELECT 1", "-- How many.\n-- rows: at\n-- and so on"])
def test_a_file_that_is_no_question_is_told_what_it_lacks(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.sql").write_text(text)

    with pytest.raises(ScenarioError, match=r"mine\.sql.*expected"):
        read_question(tmp_path / "mine.sql")


def test_a_name_that_is_nowhere_is_told(evening: Any) -> None:
    assert ask(evening.written(), RUN, ("other",), {})["other"].why == "There is no query 'other'."


def test_a_file_that_is_no_question_is_told_and_not_asked(evening: Any, tmp_path: Path) -> None:
    said = asked(evening.honest(), tmp_path / "own", "-- It is so.\n-- over: ledger\nSELECT * FROM ledger")

    assert said.why.startswith("The query mine cannot be asked: expected a line with the columns")


def test_nothing_is_opened_where_nothing_is_asked(tmp_path: Path) -> None:
    assert ask(tmp_path / "nowhere", msgspec.structs.replace(RUN, run="x"), (), {}) == {}
