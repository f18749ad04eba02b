"""Which people come: a second run takes others, and a file that cannot do is told before anything starts."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from rushproof.document import Document
from rushproof.errors import ScenarioError
from rushproof.journal import write_manifest
from rushproof.manifest import Machine, Manifest
from rushproof.run.options import Options
from rushproof.run.people import Taken, check_persons, first_person, located, take
from rushproof.run.planning import check_population, crowd_plans, cut, plan_of
from rushproof.scenario import Scenario
from rushproof.schedule import persons

NOON = dt.datetime(2022, 4, 1, 12)


@pytest.fixture
def recorded(scenario: Callable[..., Scenario], tmp_path: Path) -> Callable[..., None]:
    """Writes a run of a seed, with its people, on a day."""

    def written(name: str, **given: Any) -> None:
        told = {"seed": 1, "first_person": 0, "persons": 100, "start": NOON.timestamp(), **given}
        machine = Machine("here", "3.11", 2, 1)
        manifest = Manifest(
            run=name, scenario=scenario(*told.pop("changes", ())), people=1.0, speed=1.0, first=0.0, last=1.0, machine=machine, **told
        )
        (tmp_path / name).mkdir(parents=True)
        write_manifest(tmp_path / name, manifest)

    return written


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], 0),
        ([{}], 100),
        ([{}, {"first_person": 100, "persons": 50}], 150),
        ([{"seed": 2}], 0),
        ([{"start": (NOON - dt.timedelta(days=1)).timestamp()}], 0),
        # the population of 1,000 has no room for 300 more: it begins again
        ([{"persons": 800}], 0),
    ],
    ids=["none before", "one", "two", "another seed", "yesterday", "used up"],
)
def test_people_begin_behind_those_of_todays_runs_with_the_seed(
    runs: list[dict[str, Any]], expected: int, recorded: Callable[..., None], tmp_path: Path
) -> None:
    for number, given in enumerate(runs):
        recorded(f"run-{number}", **given)
    assert first_person(tmp_path / "next", 1, 300, 1000, NOON) == expected


def test_a_folder_that_is_no_run_is_passed_over(recorded: Callable[..., None], tmp_path: Path) -> None:
    recorded("run")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "run.json").write_text('{"half": ')
    assert first_person(tmp_path / "next", 1, 300, 1000, NOON) == 100


@pytest.mark.parametrize("name", ["rung-01", "hold-01"])
def test_the_people_of_a_series_beside_it_are_not_taken_again(name: str, recorded: Callable[..., None], tmp_path: Path) -> None:
    recorded(f"series/{name}")
    assert first_person(tmp_path / "next", 1, 300, 1000, NOON) == 100
    assert first_person(tmp_path / "another" / name, 1, 300, 1000, NOON) == 100


# a file: the scenario's crowd has 20 people


def csv(beside: Path, lines: Iterable[str], header: str = "id,token,ends") -> None:
    (beside / "people.csv").write_text("\n".join([header, *lines]) + "\n")


def rows(count: int, ends: float = 0.0) -> list[str]:
    return [f"m{number},secret{number},{ends or time.time() + 3600}" for number in range(count)]


PERSONS = ("persons.file=people.csv", "persons.token=token", "persons.expires=ends")


@pytest.fixture
def taken(scenario: Callable[..., Scenario], beside: Path, tmp_path: Path) -> Callable[..., Taken]:
    """The people of a run beside the others, through every check that a run makes of them."""

    def take_them(*changes: str, **given: Any) -> Taken:
        made = scenario(*PERSONS, *changes)
        options = Options(beside=beside, document=Document("mine.yaml", {}, {("persons",): 3}), **given)
        plan = plan_of(made, crowd_plans(made, {"people": beside / "persona.py"}, beside), cut(made.timetable, None, None), 1, None)
        count = asyncio.run(check_persons(made, options))
        check_population(made, options.document, persons(plan), count)
        return take(replace(plan, persons=located(made.persons, beside)), count, options, tmp_path / "runs" / "next")

    return take_them


def test_rows_are_taken_behind_every_earlier_run_with_the_file(taken: Any, recorded: Any, beside: Path, tmp_path: Path) -> None:
    csv(beside, rows(160))
    assert taken() == Taken(first=0, count=20)
    yesterday = (NOON - dt.timedelta(days=1)).timestamp()
    recorded("runs/one", changes=("persons.file=./people.csv",), persons=40, seed=2, start=yesterday)
    recorded("runs/two", changes=("persons.file=people.csv",), first_person=40, persons=100)
    recorded("runs/other", changes=("persons.file=others.csv",), first_person=140, persons=900)
    recorded("runs/derived", persons=5_000)
    assert taken() == Taken(first=140, count=20)
    assert taken(same_people=True).first == 0


def test_rows_that_are_used_up_are_told_before_the_start(taken: Any, recorded: Any, beside: Path) -> None:
    csv(beside, rows(110))
    recorded("runs/one", changes=("persons.file=people.csv",))
    with pytest.raises(
        ScenarioError,
        match=r"20 people come, but earlier runs in .*runs took 100 of the 110 rows, which leaves 10: .*--same-people.*\(line 3\)",
    ):
        taken()


def test_a_file_with_too_few_rows_is_told_before_the_start(taken: Any, beside: Path) -> None:
    csv(beside, rows(19))
    with pytest.raises(ScenarioError, match=r"mine.yaml: persons.file: 20 people come, but the file has 19 rows"):
        taken()


@pytest.mark.parametrize(
    ("lines", "changes", "words"),
    [
        ([*rows(20), *rows(20)[3:5]], [], None),  # the doubles are behind the rows of this run
        (
            [*rows(8), *rows(6), ",x,1999999999", *rows(20)],
            [],
            "found 1 without and 11 with the one of an earlier row, first in row 9, 10, 11",
        ),
        (rows(20, ends=1e12), [], "persons.expires: expected unix seconds or a timestamp .* in 20 rows"),
        ([f"m{number},secret,soon" for number in range(20)], [], "persons.expires: expected unix seconds or a timestamp .* in 20 rows"),
        (rows(20, ends=1.6e9), [], "persons.token: all 20 tokens of the rows of this run have ended: expected new ones, or a 'signer'"),
        (rows(20), ["persons.id=uid"], "persons.id: people.csv has no column 'uid'; did you mean 'id'"),
        (rows(20), ["persons.attributes=[shop]"], "persons.attributes: people.csv has no column 'shop'; known: ends, id, token"),
        (rows(20), ["persons.file=gone.csv"], "persons.file: .*gone.csv: no such file"),
        (rows(20), ["persons.file=persona.py"], "persons.file: expected a file that ends in .parquet, .csv"),
        ([*rows(20), "m,secret,1,one,too,many"], [], "persons.file: people.csv cannot be read as CSV"),
        (rows(20), ["persons.signer=./gone.py:sign"], "persons.signer: .*gone.py: no such file"),
        (rows(20), ["persons.signer=./tickets.py:sing"], "persons.signer: .*tickets.py: has no function 'sing'"),
        (rows(20, ends=1.6e9), ["persons.signer=./tickets.py:sign"], None),  # the signer makes new ones
    ],
)
def test_a_file_that_cannot_do_is_told_with_its_place_and_without_its_rows(
    lines: list[str], changes: list[str], words: str | None, taken: Any, beside: Path
) -> None:
    csv(beside, lines)
    (beside / "tickets.py").write_text("def sign(person):\n    return 'signed'\n")
    if words is None:
        assert taken(*changes).notes == ()
        return
    with pytest.raises(ScenarioError, match=words) as found:
        taken(*changes)
    assert "secret" not in str(found.value)
    assert "m3" not in str(found.value)


def test_tokens_that_end_within_the_run_are_told(taken: Any, beside: Path) -> None:
    late = [f"m{number},t{number},2031-04-01T09:00:00Z" for number in range(5)]
    csv(beside, [*rows(12)[5:], *late, *(f"n{number},x,{time.time() + 0.4}" for number in range(7)), "n,,"])
    assert taken().notes == (
        "7 of 19 tokens end before the run does, and there is no signer to make new ones.",
        "1 of 20 persons have no token.",
    )
