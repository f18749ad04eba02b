"""A drill in Chaos Toolkit's formats: its own command accepts the experiment, and its own reporting reads the journal."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from rushproof.clocks import Recovery, Switched
from rushproof.drill import AnyFault, DrillSpec, ServiceSpec
from rushproof.faults import ChaosToolkitFault, CommandFault, NetworkFault, ProcessFault, SwitchFault
from rushproof.manifest import Ending
from rushproof.probe import ProbeSpec
from rushproof.quantity import Duration
from rushproof.recorded import READING
from rushproof.render.chaostoolkit import files
from rushproof.report import Report
from rushproof.timetable import Moment
from tests.render import drills
from tests.render.conftest import manifest, passing, scenario

PRINT = {"type": "python", "module": "builtins", "func": "print", "arguments": {}}
PROBE = {"type": "probe", "name": "Is it well?", "provider": {"type": "http", "url": "${target_url}/health"}, "tolerance": 200}


def fault(kind: type[Any], at: str, **more: Any) -> Any:
    return kind(at=Moment.read(at), lasting=Duration(60), **more)


FAULTS: dict[str, AnyFault] = {
    "down": fault(SwitchFault, "open + 60s", path="/faults/down", set={"share": 0.5}, on="gateway"),
    "frozen": fault(ProcessFault, "open + 70s", do="stop"),
    "killed": fault(ProcessFault, "open + 200s", do="kill", pid_file="its.pid", start="service it start"),
    "slow": fault(NetworkFault, "open + 80s", toxics=({"type": "latency", "attributes": {"latency": 300}},)),
    "cut": fault(NetworkFault, "open + 90s", down=True, toxiproxy="http://127.0.0.1:9474"),
    "mine": fault(CommandFault, "open + 100s", run="touch flag", mend="rm flag"),
    "any": fault(ChaosToolkitFault, "open + 110s", action={"type": "action", "name": "say", "provider": PRINT}, configuration={"x": 1}),
}


def drilled(faults: dict[str, AnyFault], ending: Ending = Ending.COMPLETE, **more: Any) -> Report:
    spec = DrillSpec(faults=faults, service=ServiceSpec(step="pay"))
    of = scenario(drill=spec, **more)
    switched = tuple(
        Switched(fault=name, kind="", on=one.on, injected=(15.0, 15.01), mended=(27.0, 27.2), mended_by="harness", late=0.01)
        for name, one in faults.items()
    )
    recovery: Recovery = msgspec.structs.replace(drills.MENDED, faults=switched)
    return msgspec.structs.replace(passing(), manifest=manifest(of, ending=ending), recovery=recovery)


def read(made: Report, **readings: list[tuple[float, float]]) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays = {name: np.array(rows, dtype=READING) for name, rows in readings.items()}
    told = files(made, arrays)
    return json.loads(told["chaostoolkit/experiment.json"]), json.loads(told["chaostoolkit/journal.json"])


def test_chaos_toolkit_itself_accepts_the_experiment(tmp_path: Path) -> None:
    """Every kind of fault, and the experiment that the journal holds, with our numbers in it."""
    made = drilled(FAULTS, probes={"well": ProbeSpec(activity=PROBE)})
    experiment, journal = read(made)
    for name, tree in (("experiment.json", experiment), ("journalled.json", journal["experiment"])):
        (tmp_path / name).write_text(json.dumps(tree))
        words = [sys.executable, "-W", "ignore", "-m", "chaostoolkit", "--no-version-check", "--no-log-file", "validate", name]
        done = subprocess.run(
            words, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout


def test_the_method_has_the_drills_own_pauses_in_wall_seconds() -> None:
    method = read(drilled({name: FAULTS[name] for name in ("down", "mine")}))[0]["method"]
    assert [(each["name"], each["pauses"]) for each in method] == [
        ("down", {"before": 9.0}),
        ("mine", {"before": 4.0, "after": 6.0}),
    ]
    assert method[0]["provider"]["arguments"] == {"share": 0.5, "ttl": 6.0}
    assert method[0]["provider"]["url"] == "${gateway_url}/faults/down"


def test_what_was_played_has_its_times_and_what_failed_its_reason() -> None:
    made = drilled({"down": FAULTS["down"]})
    assert made.recovery is not None
    (one,) = made.recovery.faults
    failed = msgspec.structs.replace(one, mended=(27.0, None), problem="nobody answered")
    journal = read(msgspec.structs.replace(made, recovery=msgspec.structs.replace(made.recovery, faults=(failed,))))[1]
    (run,), (rollback,) = journal["run"], journal["rollbacks"]
    assert (run["status"], round(run["duration"], 3)) == ("succeeded", 0.01)
    assert run["start"] == "2026-11-22T09:00:15+00:00"
    assert (rollback["status"], rollback["exception"]) == ("failed", ["nobody answered"])


@pytest.mark.parametrize(
    ("readings", "before", "after"),
    [
        ([(14.0, 1.0), (20.0, 0.0), (60.0, 1.0)], True, True),
        ([(14.0, 1.0), (60.0, 0.0)], True, False),
        ([(14.0, float("nan")), (60.0, 1.0)], False, True),
        ([], False, False),
    ],
)
def test_the_hypothesis_is_told_by_the_readings_before_the_first_fault_and_at_the_end(
    readings: list[tuple[float, float]], before: bool, after: bool
) -> None:
    made = drilled({"down": FAULTS["down"]}, probes={"well": ProbeSpec(activity=PROBE)})
    journal = read(made, well=readings)[1]
    states = journal["steady_states"]
    assert (states["before"]["steady_state_met"], states["after"]["steady_state_met"]) == (before, after)
    assert journal["deviated"] is not after


@pytest.mark.parametrize(
    ("ending", "word"), [(Ending.COMPLETE, "completed"), (Ending.INTERRUPTED, "interrupted"), (Ending.DISK, "aborted")]
)
def test_how_it_ended_is_one_of_the_words_that_chaos_toolkit_knows(ending: Ending, word: str) -> None:
    assert read(drilled({"down": FAULTS["down"]}, ending))[1]["status"] == word


def test_our_numbers_stand_in_an_extension() -> None:
    (block,) = read(drilled({"down": FAULTS["down"]}))[1]["experiment"]["extensions"]
    assert block["name"] == "rushproof"
    assert block["recovery"]["service"]["seconds"] == 1.0


def test_without_a_drill_there_is_neither() -> None:
    assert files(passing(), {}) == {}


# Not among the tests' own: 29 packages more, two of them to be built, and the system's cairo.  Version 0.18.0 was seen to read it.
@pytest.mark.skipif(find_spec("chaosreport") is None, reason="chaostoolkit-reporting is not installed")
def test_chaos_toolkits_own_reporting_reads_the_journal(tmp_path: Path) -> None:
    made = drilled(FAULTS, probes={"well": ProbeSpec(activity=PROBE)})
    (tmp_path / "journal.json").write_bytes(files(made, {})["chaostoolkit/journal.json"])
    line = "import chaosreport, json; print(chaosreport.generate_report(json.load(open('journal.json')), 'markdown'))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for word in ("daily_reservation", "**Status**", "completed", "Is it well?", "frozen"):
        assert word in done.stdout
