"""A warm-up through a whole run, and one that would leave nothing to judge."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import ScenarioError
from rushproof.journal import read_manifest
from rushproof.run.story import run

Made = Callable[..., Any]


def go(scenario: Any, options: Any, folder: Path) -> Any:
    return asyncio.run(asyncio.wait_for(run(scenario, options, folder, lambda _: None), 60.0))


def test_a_warm_up_is_kept_with_the_run_and_counted(scenario: Made, options: Made, tmp_path: Path) -> None:
    changes = "timetable.to=open + 3s", "crowds.people.arrivals.for=3s", "warm_up=1s"
    report = go(scenario(*changes), options(), tmp_path / "run")
    assert report.counts.offered == report.counts.finished == 120
    assert read_manifest(tmp_path / "run").scenario.warm_up == 1.0
    assert "the first 1 s of wall time were a warm-up" in " ".join((tmp_path / "run" / "report.txt").read_text().split())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["warm_up=500ms", "resolution=100ms"], "warm_up: expected less than the 0.5 s of wall time that this run takes, found 0.5 s"),
        (["warm_up=1h"], "found 3600 s"),
        (["warm_up=400ms"], "found 0.4 s, which ends with its journal bucket at 1 s"),
        (["warm_up=2s", "timetable.to=open + 3s", "speed=2"], "less than the 1.5 s of wall time"),
    ],
)
def test_a_warm_up_that_leaves_nothing_to_judge_starts_nothing(
    changes: list[str], words: str, scenario: Made, options: Made, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError) as caught:
        go(scenario(*changes), options(), tmp_path / "run")
    assert words in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_stop_rule_of_a_step_that_nobody_takes_starts_nothing(scenario: Made, options: Made, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"stop_when\.0\.step: no crowd has a step 'reserv'; did you mean 'reserve'\?"):
        go(scenario("stop_when=[{measure: p99, step: reserv, above: 5s}]"), options(), tmp_path / "run")
