"""A second run of the same day takes other people."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.journal import write_manifest
from rushproof.manifest import Machine, Manifest
from rushproof.run.people import first_person
from rushproof.scenario import Scenario

NOON = dt.datetime(2022, 4, 1, 12)


@pytest.fixture
def recorded(scenario: Callable[..., Scenario], tmp_path: Path) -> Callable[..., None]:
    """Writes a run of a seed, with its people, on a day."""

    def written(name: str, **given: Any) -> None:
        told = {"seed": 1, "first_person": 0, "persons": 100, "start": NOON.timestamp(), **given}
        machine = Machine("here", "3.11", 2, 1)
        manifest = Manifest(run=name, scenario=scenario(), people=1.0, speed=1.0, first=0.0, last=1.0, machine=machine, **told)
        (tmp_path / name).mkdir()
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
