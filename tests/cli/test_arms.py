"""`--arms`, for real: each arm a run of its own with the same people, the worst exit code, and a table of both at the end."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.scenario import Scenario
from tests.render.conftest import REPORTS

Called = Callable[..., Any]

SCENARIO = """\
about: Two ways to serve a second of people
target:
  command: python -m fake_backend --port {port} --database {folder}/reservations.sqlite --speed {speed}
  url: http://127.0.0.1:{port}
  clock: /clock
timetable: {from: open, to: open + 1s, moments: {open: "09:00", close: "10:00"}}
crowds:
  reservers:
    persona: daily_reserver
    arrivals: {shape: steady, from: open, for: 1s, rate: 40/s}
    settings: {think: 50ms}
ledgers:
  ledger: {export: /ledger/reservations.csv, content: [shop]}
audit: [acknowledged_is_kept]
budget:
  - {measure: acknowledged, step: reserve, at_least: 99%}
generator: {lag: 500ms, busy: 100%, turn: 1s, unsent: 50%, tainted: 100%, peak: 0}
drain: 3s
arms:
  good: {}
  harsh:
    about: A bound that nobody keeps
    expect: fail
    budget: [{measure: count, step: reserve, at_most: 1}]
  gone:
    target: {command: python -c "raise SystemExit(9)"}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    here = tmp_path_factory.mktemp("arms")
    (here / "two.yaml").write_text(SCENARIO)
    words = [sys.executable, "-m", "rushproof", "run", "./two.yaml", "--arms", "gone,good,harsh", "--out", "runs"]
    done = subprocess.run(words, cwd=here, capture_output=True, text=True, timeout=90, check=False)
    return done, here / "runs"


def test_the_exit_code_is_the_worst_and_an_arm_that_cannot_begin_keeps_no_other_from_it(ran: tuple[Any, Path]) -> None:
    said, runs = ran

    assert said.returncode == 2, said.stdout + said.stderr
    assert "rushproof: arm gone: the command of the target ended with 9 before it was ready" in said.stderr
    assert {path.name for path in runs.iterdir() if path.is_dir()} == {"good", "harsh"}
    assert [json.loads((runs / arm / "verdict.json").read_text())["verdict"] for arm in ("good", "harsh")] == ["pass", "fail"]


def test_each_arm_is_a_run_of_its_own_with_the_same_people(ran: tuple[Any, Path]) -> None:
    good, harsh = (json.loads((ran[1] / arm / "run.json").read_text()) for arm in ("good", "harsh"))

    assert (good["arm"], harsh["arm"]) == ("good", "harsh")
    assert good["run"] != harsh["run"]
    assert good["first_person"] == harsh["first_person"]
    assert (good["seed"], good["offered"]) == (harsh["seed"], harsh["offered"])
    assert harsh["scenario"]["about"] == "A bound that nobody keeps"
    assert "--arms harsh" in (ran[1] / "harsh" / "report.txt").read_text()


def test_the_arms_stand_side_by_side_at_the_end(ran: tuple[Any, Path]) -> None:
    table = ran[0].stdout[ran[0].stdout.rindex("Arms, with the same people") :]

    assert table.splitlines()[1].split() == ["gone", "good", "harsh"]
    assert next(line for line in table.splitlines() if "verdict" in line).split() == ["verdict", "not", "run", "pass", "fail"]
    assert next(line for line in table.splitlines() if "expected" in line).split() == ["expected", "pass", "pass", "fail"]
    assert "Together: unknown; gone: expected pass, never ran." in table
    assert "acknowledged_is_kept" in table
    assert table.splitlines()[-1].endswith("arms.html")
    told = json.loads((ran[1] / "arms.json").read_text())
    assert {arm: of["met"] for arm, of in told["arms"].items()} == {"gone": None, "good": True, "harsh": True}
    assert "acknowledged" in (ran[1] / "arms.html").read_text() and "| verdict |" in (ran[1] / "arms.md").read_text()


@pytest.mark.parametrize(
    ("arms", "came", "code", "said"),
    [
        ("harsh", ["fail"], 0, "arm harsh: expected fail, found fail"),
        ("harsh,good", ["fail", "pass"], 0, "Together: pass; each came to what was expected of it."),
        ("harsh,good", ["pass", "pass"], 1, "arm harsh: expected fail, found pass"),
        ("harsh,good", ["fail", "fail"], 1, "Together: fail; good: expected pass, found fail."),
        ("good,harsh", ["pass", "unknown"], 3, "arm harsh: expected fail, found unknown"),
        ("harsh,good", ["unknown"], 3, "harsh: expected fail, found unknown; good: expected pass, never ran."),
        ("good,harsh", ["fail, interrupted"], 1, "Together: fail; good: expected pass, found fail; harsh: expected fail, never ran."),
        ("good,harsh", ["pass", "Ctrl-C"], 3, "Together: unknown; harsh: expected fail, never ran."),
        ("harsh,good", ["fail, interrupted"], 3, "Together: unknown; good: expected pass, never ran."),
    ],
)
def test_the_exit_code_is_of_how_each_arm_stood_beside_what_was_expected_of_it(
    rushproof: Called, ending: Callable[[str], None], tmp_path: Path, arms: str, came: list[str], code: int, said: str
) -> None:
    (tmp_path / "two.yaml").write_text(SCENARIO)
    for word in came:
        ending(word)

    done = rushproof("run", str(tmp_path / "two.yaml"), "--arms", arms, "--out", str(tmp_path / "runs"))
    assert done.code == code, done
    assert said in " ".join(done.out.split())


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Queues what the next run comes to, without a load; the unknown one was interrupted."""
    queued: list[Report | None] = []

    def ends(word: str) -> None:
        if word == "Ctrl-C":
            queued.append(None)
            return
        report = REPORTS[word.partition(",")[0]]()
        if word.endswith("interrupted"):
            report = msgspec.structs.replace(report, manifest=msgspec.structs.replace(report.manifest, ending=Ending.INTERRUPTED))
        queued.append(report)

    async def run(*asked: object) -> Report:
        if (report := queued.pop(0)) is None:
            raise KeyboardInterrupt
        return report

    monkeypatch.setattr("rushproof.run.story.run", run)
    return ends


def test_a_page_of_arms_that_cannot_be_written_is_told_and_leaves_what_failed_a_fail(
    rushproof: Called, ending: Callable[[str], None], tmp_path: Path
) -> None:
    (tmp_path / "two.yaml").write_text(SCENARIO)
    (tmp_path / "taken").write_text("a file")

    for word, code in (("pass", 3), ("fail", 1)):
        ending(word)
        done = rushproof("run", str(tmp_path / "two.yaml"), "--arms", "good", "--out", str(tmp_path / "taken"))
        assert done.code == code
        assert "taken cannot be written: File exists" in done.err


def test_all_arms_are_of_the_file_as_it_was_when_the_first_began(
    rushproof: Called, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(SCENARIO)
    ran: list[str] = []

    async def run(scenario: Scenario, *asked: object) -> Report:
        ran.append(scenario.about)
        file.write_text("somebody is editing it")
        return REPORTS["pass"]()

    monkeypatch.setattr("rushproof.run.story.run", run)
    done = rushproof("run", str(file), "--arms", "good,harsh", "--out", str(tmp_path / "runs"))
    assert ran == ["Two ways to serve a second of people", "A bound that nobody keeps"], done.err


def test_a_plan_is_printed_for_each_and_an_unknown_arm_is_refused(rushproof: Called, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(SCENARIO)

    said = rushproof("plan", str(tmp_path / "two.yaml"), "--arms", "good,harsh")
    assert said.code == 0
    assert [line for line in said.out.splitlines() if line.startswith("═") and "arm" in line] == [
        "═" * 12 + " arm good",
        "═" * 12 + " arm harsh",
    ]
    assert "Plan of two: A bound that nobody keeps" in said.out

    said = rushproof("plan", str(tmp_path / "two.yaml"), "--arms", "good,hash")
    assert said.code == 2
    assert "--arms: no arm 'hash'" in said.err and "did you mean 'harsh'?" in said.err
    assert not said.out, "nothing is planned where one of them is not there"


@pytest.mark.parametrize("words", ["good,good", "good,", ""])
def test_arms_are_named_once_each(rushproof: Called, words: str) -> None:
    said = rushproof("plan", "smoke", "--arms", words)

    assert said.code == 2 and "expected names of arms, each once" in said.err


def test_the_listing_names_the_arms(rushproof: Called, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(SCENARIO)

    said = rushproof("scenarios", str(tmp_path))
    assert said.code == 0, said
    lines = said.out.splitlines()
    place = next(nth for nth, line in enumerate(lines) if "Two ways to serve" in line)
    assert lines[place + 1].strip() == "arms: good, harsh, gone"
