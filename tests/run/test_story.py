"""A run from its beginning to its report, whatever goes wrong on the way; nothing that was started is left."""

import asyncio
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.catalogue import audits
from rushproof.errors import FolderError, InputError, LoadError, TargetError
from rushproof.glance import Glance
from rushproof.journal import Journal, read_manifest
from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.run.options import Options
from rushproof.run.story import run
from rushproof.run.sweep import judged
from rushproof.scenario import Scenario
from rushproof.verdict import Status

Made = Callable[..., Any]


def go(scenario: Scenario, options: Options, folder: Path, act: Callable[[Glance], None] = lambda _: None) -> Report:
    return asyncio.run(asyncio.wait_for(run(scenario, options, folder, act), 60.0))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def pid_of(folder: Path) -> int:
    return int((folder / "target" / "target.pid").read_text())


def test_a_run_ends_with_a_folder_that_tells_all(scenario: Made, options: Made, tmp_path: Path) -> None:
    glances: list[Glance] = []
    folder = tmp_path / "run"
    report = go(scenario(), options(), folder, glances.append)
    manifest = read_manifest(folder)
    assert manifest.ending is Ending.COMPLETE
    assert manifest.offered == {"people": 20}
    assert report.counts.offered == report.counts.finished == 20
    for name in ("run.json", "verdict.json", "junit.xml", "report.md", "report.html", "report.txt", "target.log", "driver.log"):
        assert (folder / name).is_file(), name
    assert [glance.phase for glance in glances][-1] == "audit"
    assert gone(pid_of(folder))


def test_the_invariants_go_with_the_run(scenario: Made, options: Made, beside: Path, tmp_path: Path) -> None:
    (beside / "audit").mkdir()
    (beside / "audit" / "nobody_twice.sql").write_text("-- Nobody is twice.\n-- over: ledger\nSELECT * FROM ledger WHERE false\n")
    folder = tmp_path / "run"
    first = go(scenario("audit=[acknowledged_is_kept, nobody_twice]"), options(), folder)
    assert (folder / "audit" / "nobody_twice.sql").is_file()

    shutil.rmtree(beside)
    again = judged(folder, audits(folder), read_manifest(folder))
    assert again.findings == first.findings


def test_the_clock_shows_the_beginning_when_load_begins(scenario: Made, options: Made, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    go(scenario("speed=2", "timetable.to=open + 1s"), options(), folder)
    told, start = json.loads((folder / "target" / "clock.json").read_text()), read_manifest(folder).start
    hours, minutes, seconds = told["now"].partition("T")[2].split(":")
    shown = int(hours) * 3600 + int(minutes) * 60 + float(seconds) + (start - told["set_at"]) * 2
    # the target notes the time a moment after it took the clock, and the wire is not free: 50 ms on a busy machine
    assert shown == pytest.approx(9 * 3600, abs=0.1)
    assert told["speed"] == 2


def test_a_clock_is_told_where_the_speed_turns(scenario: Made, options: Made, tmp_path: Path) -> None:
    stretches = "[{from: open, to: open + 200ms, speed: 0.5}, {from: open + 1min, to: 17:59, speed: jump}]"
    go(scenario(f"timetable.stretches={stretches}", "speed=2"), options(), tmp_path / "run")

    told, manifest = json.loads((tmp_path / "run" / "target" / "clock.json").read_text()), read_manifest(tmp_path / "run")
    assert told["speed"] == 0.5
    assert told["turns"] == [
        {"at": "2022-04-01T09:00:00.200", "to": "2022-04-01T09:00:00.200", "speed": 2.0},
        {"at": "2022-04-01T09:01:00.000", "to": "2022-04-01T17:59:00.000", "speed": 2.0},
    ]
    assert manifest.elapsed == pytest.approx(0.4 + 0.15)
    assert manifest.scenario.timetable.stretches[1].speed == "jump"


def test_a_clock_that_takes_no_turns_is_an_error_that_says_so(scenario: Made, options: Made, tmp_path: Path) -> None:
    stretches = "[{from: open, to: open + 200ms, speed: 0.5}]"
    with pytest.raises(TargetError, match=r"PUT .*: 422 .*expected 2xx: a timetable with stretches needs a clock that takes `turns`"):
        go(scenario(f"timetable.stretches={stretches}", "target.clock=/fixed"), options(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_second_run_of_the_day_takes_other_people(scenario: Made, options: Made, tmp_path: Path) -> None:
    for name in ("first", "second"):
        go(scenario(), options(), tmp_path / "runs" / name)
    assert read_manifest(tmp_path / "runs" / "second").first_person == 20


def test_a_generator_that_dies_is_a_run_that_cannot_tell(scenario: Made, options: Made, tmp_path: Path) -> None:
    report = go(scenario("timetable.to=open + 3s", "crowds.people.arrivals.for=3s"), options("crash"), tmp_path / "run")
    assert report.manifest.ending is Ending.WORKER_LOST
    assert report.verdict is Status.UNKNOWN
    assert report.counts.lost > 0
    assert gone(pid_of(tmp_path / "run"))


def test_a_lost_worker_ends_the_load_and_its_visits_are_counted(scenario: Made, options: Made, tmp_path: Path) -> None:
    report = go(scenario("timetable.to=open + 9s", "crowds.people.arrivals.for=9s"), options("lost", workers=2), tmp_path / "run")
    assert report.manifest.ending is Ending.WORKER_LOST
    assert "its process ended with code 9" in report.manifest.why
    assert report.verdict is Status.UNKNOWN
    assert 0 < report.counts.lost <= report.counts.offered < 9 * 40
    assert report.manifest.drained < 5


def test_a_target_of_ours_that_ends_is_told(scenario: Made, options: Made, tmp_path: Path) -> None:
    report = go(scenario(), options("kill"), tmp_path / "run")
    assert report.manifest.ending is Ending.TARGET_LOST
    assert any("ledger" in note for note in report.manifest.notes)
    assert report.verdict is Status.UNKNOWN


def test_asked_to_stop_it_drains_judges_and_cannot_tell(scenario: Made, options: Made, tmp_path: Path) -> None:
    def ask(glance: Glance) -> None:
        if glance.phase == "load":
            os.kill(os.getpid(), signal.SIGINT)

    report = go(scenario("timetable.to=open + 30s", "crowds.people.arrivals.for=30s"), options(), tmp_path / "run", ask)
    assert report.manifest.ending is Ending.INTERRUPTED
    assert report.verdict is Status.UNKNOWN
    assert 10 <= report.counts.offered < 120
    assert report.counts.offered == report.counts.finished
    assert gone(pid_of(tmp_path / "run"))


def test_asked_twice_it_hurries(scenario: Made, options: Made, tmp_path: Path) -> None:
    def ask(glance: Glance) -> None:
        if glance.phase == "load":
            os.kill(os.getpid(), signal.SIGTERM)
            asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGTERM)

    begun = time.monotonic()
    report = go(scenario("timetable.to=open + 30s", "drain=20s"), options("slow"), tmp_path / "run", ask)
    assert report.manifest.ending is Ending.INTERRUPTED
    assert time.monotonic() - begun < 15


def test_a_limit_that_failed_before_an_interruption_stays_failed(scenario: Made, options: Made, tmp_path: Path) -> None:
    def ask(glance: Glance) -> None:
        if glance.phase == "load":
            os.kill(os.getpid(), signal.SIGINT)

    changed = scenario("timetable.to=open + 30s", "budget=[{measure: count, step: reserve, outcome: ok, at_most: 1}]")
    assert go(changed, options(), tmp_path / "run", ask).verdict is Status.FAIL


def test_a_full_disk_ends_the_load_and_what_was_kept_is_judged(
    scenario: Made, options: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(journal: Journal, frame: Any) -> None:
        raise LoadError("No space left on device")

    monkeypatch.setattr(Journal, "append", full)
    report = go(scenario("timetable.to=open + 30s", "crowds.people.arrivals.for=30s"), options(), tmp_path / "run")
    assert report.manifest.ending is Ending.DISK
    assert "No space left" in report.manifest.why
    assert report.manifest.drained < 10
    assert report.verdict is Status.UNKNOWN


def test_reports_that_cannot_be_written_are_no_pass(scenario: Made, options: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwritable(folder: Path, report: Report) -> None:
        raise FolderError("verdict.json cannot be written: No space left on device")

    monkeypatch.setattr("rushproof.run.story.write_reports", unwritable)
    report = go(scenario(), options(), tmp_path / "run")
    assert report.verdict is Status.UNKNOWN
    assert report.findings[-1].sentence == "verdict.json cannot be written: No space left on device"


def test_nobody_at_all_is_legal_and_unknown(scenario: Made, options: Made, tmp_path: Path) -> None:
    report = go(scenario("crowds.people.people=0"), options(), tmp_path / "run")
    assert report.counts.offered == 0
    assert report.verdict is Status.UNKNOWN


def test_interrupted_before_the_load_nothing_is_left(scenario: Made, options: Made, tmp_path: Path) -> None:
    async def soon() -> None:
        asyncio.get_running_loop().call_later(1.0, os.kill, os.getpid(), signal.SIGINT)
        await run(scenario(), options("deaf"), tmp_path / "run", lambda _: None)

    with pytest.raises(LoadError, match="interrupted before the load began"):
        asyncio.run(soon())
    assert not (tmp_path / "run").exists()


def test_a_generator_that_is_never_ready_is_told_of(scenario: Made, options: Made, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"not ready within 1 s"):
        go(scenario(), options("deaf", ready_within=1.0), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_command_that_fails_says_its_last_words_and_leaves_nothing(scenario: Made, options: Made, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    script = tmp_path / "broken.py"
    script.write_text("import sys; sys.exit('no such table')")
    with pytest.raises(TargetError, match=r"(?s)ended with 1 before it was ready.*no such table"):
        go(scenario(f"target.command=python {script}"), options(), folder)
    assert list(folder.iterdir()) == []


def test_a_target_that_never_gets_ready_is_ended(scenario: Made, options: Made, tmp_path: Path) -> None:
    note, script = tmp_path / "pid", tmp_path / "sleeper.py"
    script.write_text(f"import os, time, pathlib; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); time.sleep(60)")
    with pytest.raises(TargetError, match="not ready: GET http"):
        go(scenario(f"target.command=python {script}", "target.ready_within=1s"), options(), tmp_path / "run")
    assert gone(int(note.read_text()))


def test_a_command_that_does_not_exist_is_a_target_error(scenario: Made, options: Made, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no-such-command: No such file"):
        go(scenario("target.command=no-such-command --port {port}"), options(), tmp_path / "run")


def test_a_folder_that_holds_something_is_refused_before_anything_starts(scenario: Made, options: Made, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FolderError, match="not empty"):
        go(scenario(), options(), tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "mine"] == ["thesis.txt"]


def test_a_target_that_is_not_there_is_told_at_once(scenario: Made, options: Made, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError, match=r"not ready: GET http://127\.0\.0\.1:9/health"):
        go(scenario("target.ready_within=1s"), options(target="http://127.0.0.1:9"), tmp_path / "run")
    assert time.monotonic() - begun < 10
    assert not (tmp_path / "run").exists()


def test_a_taken_port_is_told_before_the_command_starts(scenario: Made, options: Made, tmp_path: Path) -> None:
    # nobody accepts here: a server of asyncio's in this loop could have accepted the look at its port and not yet closed it
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(TargetError, match="is taken"):
        go(scenario(f"target.url=http://127.0.0.1:{taken.getsockname()[1]}"), options(), tmp_path / "run")
