"""What runs beside a target: started before it, told the time, asked for its ledgers, and gone afterwards."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import SafetyError, ScenarioError, TargetError
from rushproof.journal import read_manifest
from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.run.company import together
from rushproof.run.options import Options
from rushproof.run.planning import settled
from rushproof.run.story import run
from rushproof.scenario import Scenario
from rushproof.verdict import Status

Made = Callable[..., Any]
SCRIPT = Path(__file__).parent / "target_script.py"
ONE = f'{{command: "python {SCRIPT} {{port}} {{folder}}/one {{scale}}", clock: /clock}}'
TWO = f'{{command: "python {SCRIPT} {{port}} {{folder}}/two {{one}}"}}'
BESIDE = f"target.beside={{one: {ONE}, two: {TWO}}}"
TOLD = f"target.command=python {SCRIPT} {{port}} {{folder}} {{two}} {{one}} {{unknown}}"


def go(scenario: Scenario, options: Options, folder: Path) -> Report:
    return asyncio.run(asyncio.wait_for(run(scenario, options, folder, lambda _: None), 60.0))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def told(folder: Path, name: str) -> Any:
    return json.loads((folder / "target" / name).read_text())


def pids(folder: Path) -> list[int]:
    return [int((folder / "target" / part / "target.pid").read_text()) for part in ("", "one", "two")]


def test_each_is_told_where_those_before_it_are_and_all_are_gone_afterwards(scenario: Made, options: Made, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    report = go(scenario(BESIDE, TOLD.replace(" {unknown}", ""), "scale=0.5"), options(), folder)

    assert report.manifest.ending is Ending.COMPLETE
    one, two = told(folder, "argv.json")[::-1]
    assert told(folder, "one/argv.json") == ["0.5"]
    assert told(folder, "two/argv.json") == [one]
    assert one != two and all(url.startswith("http://127.0.0.1:") for url in (one, two))
    assert {path.name for path in folder.glob("beside-*.log")} == {"beside-one.log", "beside-two.log"}
    assert all(map(gone, pids(folder)))


def test_a_clock_beside_is_set_as_the_targets_is(scenario: Made, options: Made, tmp_path: Path) -> None:
    stretches = "timetable.stretches=[{from: open, to: open + 200ms, speed: 0.5}]"
    go(scenario(BESIDE, stretches), options(), tmp_path / "run")

    target, one = told(tmp_path / "run", "clock.json"), told(tmp_path / "run", "one/clock.json")
    assert (one["speed"], one["turns"]) == (target["speed"], target["turns"])
    assert not (tmp_path / "run" / "target" / "two" / "clock.json").exists()


def test_a_ledger_of_one_beside_is_fetched_from_it(scenario: Made, options: Made, tmp_path: Path) -> None:
    one, two = (f'{{KIND: "{{{where}}}/rounds.csv?after=0", person: null, key: null}}' for where in ("one", "two"))
    ledgers = f"ledgers={{rounds: {two.replace('KIND', 'export').replace('?after=0', '')}, more: {one.replace('KIND', 'http')}}}"
    report = go(scenario(BESIDE, ledgers, "audit=[]"), options(), tmp_path / "run")

    assert not [note for note in report.manifest.notes if "not fetched" in note]
    assert {path.name for path in (tmp_path / "run" / "ledgers").glob("*.parquet")} == {"rounds.parquet", "more.parquet"}


def test_one_beside_that_ends_before_the_load_is_said_as_the_targets_end_is(scenario: Made, options: Made, tmp_path: Path) -> None:
    after = "after=[\"python -c \\\"import os, urllib.request as r; r.urlopen(os.environ['RUSHPROOF_TWO'] + '/die')\\\"\"]"
    report = go(scenario(BESIDE, after), options(), tmp_path / "run")

    assert report.manifest.ending is Ending.TARGET_LOST
    assert report.manifest.why == "two, which this run had started, ended before the load did"
    assert report.verdict is Status.UNKNOWN
    (finding,) = [each for each in report.findings if each.name == "the run is complete"]
    assert (
        finding.sentence
        == "A process that was started for this run was gone at its end: two, which this run had started, ended before the load did."
    )


def test_one_that_cannot_begin_leaves_nothing_behind(scenario: Made, options: Made, tmp_path: Path) -> None:
    broken = f'target.beside={{one: {ONE}, two: {{command: "python -c \\"raise SystemExit(7)\\" {{one}}"}}}}'
    with pytest.raises(TargetError, match="the command of two ended with 7 before it was ready"):
        go(scenario(broken), options(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_target_that_runs_already_brings_its_own_company(scenario: Made, options: Made, tmp_path: Path) -> None:
    given: Options = options(target="http://127.0.0.1:9")
    assert dict(settled(scenario(BESIDE), given, given.document).target.beside) == {}


def test_a_process_beside_is_here(scenario: Made, options: Made, tmp_path: Path) -> None:
    away = f'target.beside={{one: {{command: "python {SCRIPT} {{port}} {{folder}}/one", url: "http://192.0.2.1:{{port}}"}}}}'
    with pytest.raises(SafetyError, match=r"192\.0\.2\.1"):
        go(scenario(away), options(), tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ((BESIDE, TOLD), "target.command", "unknown blank {unknown}"),
        ((f"target.beside={{two: {TWO}, one: {ONE}}}",), "target.beside.two.command", "unknown blank {one}"),
        ((f"target.beside={{Port: {ONE}}}",), "target.beside.Port", "expected a name of small letters"),
        ((f"target.beside={{port: {ONE}}}",), "target.beside.port", "none of port, folder, speed, scale, python"),
        (
            ('ledgers.rounds.export="{on}/rounds.csv"', BESIDE),
            "ledgers.rounds.export",
            "no process 'on' beside the target; did you mean 'one'?",
        ),
        (("target.quiet=quiet",), "target.quiet", "expected a path such as /quiet, found 'quiet'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_its_place(scenario: Made, changes: tuple[str, ...], place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(*changes)
    assert place in str(refused.value) and words in str(refused.value)


def test_ledgers_are_read_when_all_are_quiet(scenario: Made, options: Made, tmp_path: Path) -> None:
    beside = BESIDE.replace("clock: /clock}", 'clock: /clock, quiet: "/busy?5"}')
    report = go(scenario(beside, "target.quiet=/busy?3", "target.quiet_within=10s"), options(), tmp_path / "run")

    assert report.manifest.unquiet == ""
    assert read_manifest(tmp_path / "run").ending is Ending.COMPLETE


def test_what_is_found_in_ledgers_of_a_target_that_never_rests_is_unknown(scenario: Made, options: Made, tmp_path: Path) -> None:
    claimed = ("audit=[acknowledged_is_kept, rounds_are_known, nobody_came]", "target.quiet=/busy?999", "target.quiet_within=500ms")
    made: Scenario = scenario(*claimed)
    audit = options().beside / "audit"
    audit.mkdir()
    (audit / "rounds_are_known.sql").write_text("-- A round has no opening.\n-- over: rounds\nSELECT * FROM rounds WHERE open IS NULL\n")
    (audit / "nobody_came.sql").write_text("-- No frame came.\n-- over: frames\nSELECT * FROM frames WHERE worker = 99\n")
    report = go(made, options(), tmp_path / "run")

    findings = {finding.name: finding for finding in report.findings}
    assert report.manifest.unquiet.endswith('/busy?999: 503 {"outbox": 3}')
    assert findings["rounds_are_known"].status is Status.UNKNOWN
    assert findings["rounds_are_known"].sentence.startswith(
        "Not judged, because the ledgers were read in the middle of the work: after 0.5 s of waiting there was still GET "
    )
    assert findings["rounds_are_known"].sentence.endswith("What was found: A round has no opening. (1 looked at)")
    assert findings["nobody_came"].status is Status.PASS
    assert report.verdict is Status.UNKNOWN


def test_where_one_wait_fails_the_others_have_ended_before_it_is_told() -> None:
    told: list[str] = []

    async def fails() -> None:
        await asyncio.sleep(0)
        raise TargetError("not ready")

    async def asks() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            told.append("ended")

    async def both() -> None:
        with pytest.raises(TargetError, match="not ready"):
            await together(asks(), fails())
        assert told == ["ended"]

    asyncio.run(both())
