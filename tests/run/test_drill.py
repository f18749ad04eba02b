"""A drill on a real target: the switch is on and off at its moments, is written down, and is off however the run ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import InputError, Interrupted, TargetError
from rushproof.frame import Frame
from rushproof.glance import Glance
from rushproof.inject.process import ProcessInjector
from rushproof.inject.switch import SwitchInjector
from rushproof.journal import read_actions, read_manifest
from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.run.lookout import Halt
from rushproof.run.options import Options
from rushproof.run.story import run
from rushproof.scenario import Scenario
from tests.run.apart import harness

Made = Callable[..., Any]
LONGER = ("timetable.to=open + 2s", "crowds.people.arrivals.for=2s", "target.clock=null")


def drilled(*faults: str) -> tuple[str, ...]:
    return (*LONGER, f"drill={{service: {{step: reserve}}, faults: {{{', '.join(faults)}}}}}")


def switch(name: str, at: str = "500ms", lasting: str = "1s", more: str = "") -> str:
    return f"{name}: {{inject: switch, path: /faults/{name}, at: open + {at}, for: {lasting}{more}}}"


def go(scenario: Scenario, options: Options, folder: Path, act: Callable[[Glance], None] = lambda _: None) -> Report:
    return asyncio.run(asyncio.wait_for(run(scenario, options, folder, act), 60.0))


def switched(folder: Path) -> list[tuple[str, str, float]]:
    lines = [json.loads(line) for line in (folder / "target" / "faults.jsonl").read_text().splitlines()]
    start = read_manifest(folder).start
    return [(line["method"], line["path"], line["at"] - start) for line in lines]


def test_a_fault_is_on_from_its_moment_to_its_end(scenario: Made, options: Made, tmp_path: Path) -> None:
    report = go(scenario(*drilled(switch("slow", more=", set: {by: 2}"))), options(), tmp_path / "run")
    assert report.manifest.ending is Ending.COMPLETE
    (begun, mended), marks = read_actions(tmp_path / "run")
    assert not marks
    assert (begun.what, mended.what) == ("inject", "mend")
    assert (begun.due, mended.due) == (0.5, 1.5)
    assert begun.confirmed is not None and mended.confirmed is not None and not begun.problem
    on = [entry for entry in switched(tmp_path / "run") if entry[2] > 0.4]  # before it, it was looked whether it is a switch
    assert [(method, path) for method, path, _ in on] == [("PUT", "/faults/slow"), ("DELETE", "/faults/slow")]
    assert begun.asked <= on[0][2] <= begun.confirmed and mended.asked <= on[1][2] <= mended.confirmed
    body = json.loads((tmp_path / "run" / "target" / "faults.jsonl").read_text().splitlines()[-2])
    assert body["by"] == 2 and 5.5 < body["ttl"] < 6.1


def test_an_interrupted_run_mends_at_once(scenario: Made, options: Made, tmp_path: Path) -> None:
    long = drilled(switch("slow", "100ms", "30s"))
    changes = (*long, "timetable.to=open + 40s", "crowds.people.arrivals.for=40s")

    def interrupt(glance: Glance) -> None:
        if glance.elapsed > 1.0 and not asked:
            asked.append(glance.elapsed)
            os.kill(os.getpid(), signal.SIGINT)

    asked: list[float] = []
    report = go(scenario(*changes), options(), tmp_path / "run", interrupt)
    assert report.manifest.ending is Ending.INTERRUPTED
    _, mended = read_actions(tmp_path / "run")[0]
    assert mended.confirmed is not None and mended.due < 30.0
    assert switched(tmp_path / "run")[-1][:2] == ("DELETE", "/faults/slow")


def test_a_rule_that_stops_the_load_ends_the_drill(scenario: Made, options: Made, tmp_path: Path) -> None:
    class Enough:
        def add(self, frame: Frame) -> Halt | None:
            return Halt(Ending.STOPPED, "share error above 20%") if frame.until > 1.0 else None

    long = scenario(*drilled(switch("slow", "100ms", "30s")), "timetable.to=open + 40s", "crowds.people.arrivals.for=40s")
    running = run(long, options(), tmp_path / "run", lambda _: None, Enough())
    report = asyncio.run(asyncio.wait_for(running, 60.0))
    assert report.manifest.ending is Ending.STOPPED
    begun, mended = read_actions(tmp_path / "run")[0]
    assert begun.confirmed is not None and mended.confirmed is not None and mended.asked < 30.0


def test_a_fault_that_cannot_be_begun_keeps_the_load_from_beginning(scenario: Made, options: Made, tmp_path: Path) -> None:
    nobody = drilled(switch("slow", more=", shown: /rounds"))
    with pytest.raises(TargetError, match=r"the fault 'slow': .* nothing was started"):
        go(scenario(*nobody), options(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_interrupt_while_a_fault_is_made_ready_leaves_nothing(scenario: Made, options: Made, tmp_path: Path, beside: Path) -> None:
    probe = f"sh -c 'echo $$ > probing; kill -INT {os.getpid()}; exec sleep 600'"
    mine = f'mine: {{inject: command, at: open + 100ms, for: 1s, run: "true", mend: "true", probe: "{probe}"}}'
    with pytest.raises(Interrupted, match="interrupted before the load began"):
        go(scenario(*drilled(mine)), options(), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    number = int((beside / "probing").read_text())
    wait(lambda: not Path(f"/proc/{number}").exists())


def test_a_mend_that_fails_is_told_in_the_notes(scenario: Made, options: Made, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(SwitchInjector.__init__, "__defaults__", (0.2,))
    report = go(scenario(*drilled(switch("stuck"))), options(), tmp_path / "run")
    assert any("the fault 'stuck' was not mended" in note for note in report.manifest.notes)
    assert [line.confirmed for line in read_actions(tmp_path / "run")[0] if line.what == "mend"][-1] is None


def test_a_switch_without_a_time_to_live_is_off_when_the_harness_was_killed(scenario: Made, options: Made, tmp_path: Path) -> None:
    target = subprocess.Popen([sys.executable, str(Path(__file__).parent / "target_script.py"), str(port := free()), str(tmp_path / "its")])
    try:
        made = scenario(
            *drilled(switch("slow", "100ms", "30s", ", ttl: null")), "timetable.to=open + 40s", "crowds.people.arrivals.for=40s"
        )
        asked = options(target=f"http://127.0.0.1:{port}")
        log = tmp_path / "its" / "faults.jsonl"
        wait((tmp_path / "its" / "target.pid").exists)
        with harness(made, asked, tmp_path / "run") as killed:
            wait((tmp_path / "run" / "injections.jsonl").exists)
            killed.kill()
        wait(lambda: json.loads(log.read_text().splitlines()[-1])["method"] == "DELETE")
        wait(lambda: len(read_actions(tmp_path / "run")[0]) == 2)
        begun, mended = read_actions(tmp_path / "run")[0]
        assert begun.confirmed is not None and (mended.fault, mended.what, mended.by) == ("slow", "mend", "guard")
        assert mended.confirmed is not None and 0.0 < mended.asked < 60.0
    finally:
        target.kill()
        target.wait()


def test_a_killed_target_is_started_again_and_shows_the_time_that_it_should(scenario: Made, options: Made, tmp_path: Path) -> None:
    stretches = "timetable.stretches=[{from: open + 1s, to: open + 30s, speed: 10}, {from: open + 30s, to: open + 40s, speed: 20}]"
    changes = ("timetable.to=open + 40s", "crowds.people.arrivals.for=1s", stretches)
    killed = "drill={service: {step: reserve}, faults: {killed: {inject: process, do: kill, at: open + 500ms, for: 10500ms}}}"
    report = go(scenario(*changes, killed), options(), tmp_path / "run")
    (begun, mended), _ = read_actions(tmp_path / "run")
    assert begun.confirmed is not None and mended.confirmed is not None, report.manifest.notes
    assert begun.due == pytest.approx(0.5) and mended.due == pytest.approx(2.0)
    assert report.manifest.ending is Ending.COMPLETE, "who was killed by the drill and came back is not lost"
    told = json.loads((tmp_path / "run" / "target" / "clock.json").read_text())
    pace, set_at = report.manifest.pace, told["set_at"] - report.manifest.start
    hours, minutes, seconds = told["now"].partition("T")[2].split(":")
    assert 2.0 <= set_at <= mended.confirmed and told["speed"] == (10 if set_at < 3.9 else 20)
    assert int(hours) * 3600 + int(minutes) * 60 + float(seconds) == pytest.approx(pace.at(set_at), abs=2.0)
    assert [turn["speed"] for turn in told["turns"]] in ([20.0, 1.0], [1.0])


def test_a_target_that_does_not_come_back_is_told(scenario: Made, options: Made, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(ProcessInjector.__init__, "__defaults__", (1.0,))
    changes = ("timetable.to=open + 3s", "crowds.people.arrivals.for=1s", "target.clock=null", "target.ready_within=1s")
    killed = "drill={service: {step: reserve}, faults: {killed: {inject: process, do: kill, at: open + 1s, for: 1s}}}"

    def spoil(glance: Glance) -> None:
        if glance.elapsed > 0.1 and (tmp_path / "run" / "target").is_dir():
            (tmp_path / "run" / "target" / "refuse").write_text("to start")

    report = go(scenario(*changes, killed), options(), tmp_path / "run", spoil)
    assert report.manifest.ending is Ending.TARGET_LOST
    assert any("the fault 'killed' was not mended" in note for note in report.manifest.notes)


def test_a_host_that_was_named_bears_only_the_faults_that_its_owner_allows(
    scenario: Made, options: Made, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "targets.yaml").write_text("hosts:\n  127.0.0.1: {owner: Ada, faults: [network]}\n")
    with pytest.raises(InputError, match=r"its owner, Ada, does not allow 'switch'"):
        go(scenario(*drilled(switch("slow"))), options(own_host="127.0.0.1"), tmp_path / "run")


def free() -> int:
    from rushproof.run.target import free_port

    return free_port()


def wait(held: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not held():
        assert time.monotonic() < deadline
        time.sleep(0.02)
