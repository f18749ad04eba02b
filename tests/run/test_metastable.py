"""The procedure with a scripted generator: a run for each hold, an early end where nothing more has to be seen, and what stops it."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import InputError
from rushproof.glance import Glance
from rushproof.journal import read_manifest
from rushproof.manifest import Ending
from rushproof.metastability import Hold, Metastability
from rushproof.run.metastable import Asked, metastable
from rushproof.run.options import Options
from rushproof.scenario import Scenario
from rushproof.verdict import Status

Made = Callable[..., Any]
DRILL = "drill={service: {step: reserve}, faults: {slow: {inject: switch, path: /faults/slow, at: open, for: 200ms}}}"


def procedure(
    scenario: Scenario, options: Options, folder: Path, holds: list[Hold], act: Callable[[Glance], None] = lambda _: None, **wish: Any
) -> Metastability:
    asked = Asked(**{"rate": 40.0, "baseline": 1.0, "hold": 1.0, **wish})
    return asyncio.run(asyncio.wait_for(metastable(scenario, options, folder, asked, act, holds.append), 90.0))


def test_each_point_of_a_grid_is_a_run_until_one_is_interrupted(scenario: Made, options: Made, tmp_path: Path) -> None:
    def ask(glance: Glance) -> None:
        if holds and glance.phase == "load":
            os.kill(os.getpid(), signal.SIGINT)

    holds: list[Hold] = []
    found = procedure(scenario(DRILL), options(), tmp_path / "found", holds, ask, loads=(0.5, 0.25, 1.0))
    assert [hold.folder for hold in found.holds] == ["hold-01", "hold-02"] == sorted(path.name for path in (tmp_path / "found").iterdir())
    assert found.holds == tuple(holds)
    assert [hold.rate for hold in holds] == [10.0, 20.0]
    assert {hold.fault for hold in holds} == {0.2}, "as long as the drill's own"
    first, second = (read_manifest(tmp_path / "found" / hold.folder) for hold in holds)
    assert first.ending is Ending.COMPLETE and "baseline" in first.why, "too few came, so there was nothing more to wait for"
    assert second.ending is Ending.INTERRUPTED
    assert found.status is Status.UNKNOWN and found.notes[0].startswith("it ended before its time: it was interrupted")
    assert found.step == 0.0 and len(found.frontier) == 1, "a grid is not stepped down"


def test_a_target_that_runs_already_is_not_sent_the_same_people_twice(scenario: Made, options: Made, tmp_path: Path) -> None:
    running = scenario(DRILL, "target.command=null", "population.registered=100", "target.url=http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"the 100 people of population\.registered do not do for hold-01"):
        procedure(running, options(), tmp_path / "found", [])


@pytest.mark.parametrize(
    ("changes", "wish", "words"),
    [
        ([], {}, "drill: this scenario breaks nothing"),
        ([DRILL, "drill.retries=off"], {}, "expected on, found off"),
        ([DRILL], {"hold": 0.5}, "--hold: expected 1 to 3600, found 0.5"),
        ([DRILL], {"fault": 4000.0}, "--for: expected 0.1 to 3600, found 4000"),
        ([DRILL], {"fault": 2000.0, "grid": True}, "--lengths: expected 0.1 to 3600, found 4000"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_starts(
    changes: list[str], wish: dict[str, Any], words: str, scenario: Made, options: Made, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words):
        procedure(scenario(*changes), options(), tmp_path / "found", [], **wish)
    assert not (tmp_path / "found").exists()
