"""The search for a limit with a scripted generator: rungs in folders of their own, fresh people, early ends, and what stops it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.capacity import Capacity
from rushproof.errors import FolderError, InputError, TargetError
from rushproof.glance import Glance
from rushproof.journal import Readings, read_manifest
from rushproof.manifest import Ending
from rushproof.run.capacity import Asked, Stand, capacity, highest_readings
from rushproof.run.options import Options
from rushproof.run.target import free_port
from rushproof.scenario import Scenario
from rushproof.verdict import Status

Made = Callable[..., Any]
P99 = "budget=[{measure: p99, step: reserve, at_most: %s}, {measure: throughput, step: reserve, at_least: 5/s}]"


def climb(
    scenario: Scenario,
    options: Options,
    folder: Path,
    stands: list[Stand] | None = None,
    act: Callable[[Glance], None] = lambda _: None,
    **wish: Any,
) -> Capacity:
    asked = Asked(**{"first": 400.0, "rungs": 2, "shortest": 1.0, "longest": 1.0, **wish})
    told = stands.append if stands is not None else lambda _: None
    return asyncio.run(asyncio.wait_for(capacity(scenario, options, folder, asked, act, told), 90.0))


def test_every_rung_is_a_run_in_a_folder_of_its_own_with_people_of_its_own(scenario: Made, options: Made, tmp_path: Path) -> None:
    stands: list[Stand] = []
    folder = tmp_path / "runs" / "limit"
    found = climb(scenario(P99 % "1s"), options(), folder, stands)
    assert [rung.folder for rung in found.rungs] == ["rung-01", "rung-02"] == sorted(path.name for path in folder.iterdir())
    assert [rung.rate for rung in found.rungs] == [400.0, 1200.0]
    assert [stand.rung for stand in stands] == list(found.rungs)
    manifests = [read_manifest(folder / rung.folder) for rung in found.rungs]
    assert [one.first_person for one in manifests] == [0, manifests[0].persons]
    assert {one.ending for one in manifests} == {Ending.COMPLETE}
    assert all((folder / rung.folder / "report.html").is_file() for rung in found.rungs)


def test_another_search_beside_it_takes_others_again(scenario: Made, options: Made, tmp_path: Path) -> None:
    for name in ("one", "two"):
        climb(scenario(P99 % "1s"), options(), tmp_path / "runs" / name, rungs=1)
    first, second = (read_manifest(tmp_path / "runs" / name / "rung-01") for name in ("one", "two"))
    assert second.first_person == first.persons > 0


def test_where_every_rung_holds_there_is_no_limit(scenario: Made, options: Made, tmp_path: Path) -> None:
    found = climb(scenario(P99 % "1s"), options(), tmp_path / "limit")
    assert {rung.status for rung in found.rungs} == {Status.PASS}
    assert (found.status, found.found, found.limit, found.beyond) == (Status.UNKNOWN, False, 1200.0, None)
    assert found.left_out == ("throughput reserve ≥ 5/s",)
    assert "every rung held" in found.sentence


def test_a_rung_that_told_enough_ends_before_its_time_and_is_whole(scenario: Made, options: Made, tmp_path: Path) -> None:
    """The scripted answers all take 10 ms."""
    found = climb(scenario(P99 % "1ms"), options(), tmp_path / "limit", rungs=1, first=2000.0, longest=30.0, shortest=4.0)
    rung, manifest = found.rungs[0], read_manifest(tmp_path / "limit" / "rung-01")
    assert (rung.status, rung.sure, rung.limit) == (Status.FAIL, True, "p99 reserve ≤ 1ms")
    assert manifest.ending is Ending.COMPLETE
    assert manifest.elapsed < 12
    assert found.sentence.startswith("Not even 2,000/s held the budget.")


def test_a_forecast_that_was_given_and_is_not_reached_is_a_failure(scenario: Made, options: Made, tmp_path: Path) -> None:
    found = climb(scenario(P99 % "1ms"), options(), tmp_path / "limit", rungs=1, forecast=5000.0)
    assert (found.status, found.given, found.forecast) == (Status.FAIL, True, 5000.0)


def test_an_interruption_ends_the_search_and_what_was_found_is_told(scenario: Made, options: Made, tmp_path: Path) -> None:
    def ask(glance: Glance) -> None:
        if glance.phase == "load":
            os.kill(os.getpid(), signal.SIGINT)

    found = climb(scenario(P99 % "1s"), options(), tmp_path / "limit", act=ask, longest=20.0)
    assert len(found.rungs) == 1
    assert found.status is Status.UNKNOWN
    assert "interrupted" in found.notes[0]


def test_a_generator_that_dies_is_tried_once_more_and_is_no_limit(scenario: Made, options: Made, tmp_path: Path) -> None:
    found = climb(scenario(P99 % "1s"), options("crash"), tmp_path / "limit", rungs=2)
    assert [rung.status for rung in found.rungs] == [Status.UNKNOWN, Status.UNKNOWN]
    assert found.rungs[0].rate == found.rungs[1].rate
    assert (found.limit, found.beyond, found.found) == (None, None, False)
    assert found.status is Status.UNKNOWN


def test_a_target_that_runs_already_is_said_to_keep_what_rungs_left_behind(scenario: Made, options: Made, tmp_path: Path) -> None:
    script, port = Path(__file__).parent / "target_script.py", free_port()
    target = subprocess.Popen([sys.executable, str(script), str(port), str(tmp_path / "its")])
    try:
        own = climb(scenario(P99 % "1s"), options(), tmp_path / "own", rungs=1)
        its = climb(scenario(P99 % "1s"), options(target=f"http://127.0.0.1:{port}"), tmp_path / "found", rungs=1)
    finally:
        target.kill()
        target.wait()
    assert ["left behind" in " ".join(one.notes) for one in (own, its)] == [False, True]


def test_a_target_that_runs_already_is_not_sent_the_same_people_twice(scenario: Made, options: Made, tmp_path: Path) -> None:
    running = scenario(P99 % "1s", "target.command=null", "population.registered=700", "target.url=http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"the 700 people of population\.registered do not do"):
        climb(running, options(), tmp_path / "limit", rungs=3)


@pytest.mark.parametrize(
    ("changes", "wish", "words"),
    [
        (["budget=[{measure: throughput, step: reserve, at_least: 5/s}]"], {}, "budget: expected a limit on a latency or a share"),
        (["budget=[]"], {}, "budget: expected a limit"),
        ([], {"rungs": 0}, "--rungs: expected a number from 1 to 100, found 0"),
        ([], {"within": 0.0}, "--within: expected a share above 0"),
        ([], {"shortest": 9.0}, "--least 9s --most 1s"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_starts(
    changes: list[str], wish: dict[str, Any], words: str, scenario: Made, options: Made, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words):
        climb(scenario(*changes), options(), tmp_path / "limit", **wish)
    assert not (tmp_path / "limit").exists()


def test_a_folder_that_holds_something_is_left_alone(scenario: Made, options: Made, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FolderError, match="is not empty"):
        climb(scenario(), options(), tmp_path)


def test_a_target_that_does_not_start_leaves_no_folder(scenario: Made, options: Made, tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        climb(scenario(P99 % "1s", "target.command=python -c 'raise SystemExit(3)'"), options(), tmp_path / "limit")
    assert not (tmp_path / "limit" / "rung-01").exists()


def test_a_probes_highest_reading_counts_and_one_that_never_answered_does_not(scenario: Made, options: Made, tmp_path: Path) -> None:
    climb(scenario(P99 % "1s"), options(), tmp_path / "limit", rungs=1)
    folder = tmp_path / "limit" / "rung-01"
    readings = Readings(folder)
    for name, at, value in (("pool", 0.5, 0.4), ("pool", 1.5, None), ("pool", 2.5, 0.97), ("pool", 3.5, 0.6), ("gone", 0.5, None)):
        readings.add(name, at, value)
    readings.flush()
    assert highest_readings(folder) == {"pool": 0.97}
