"""A drill judged from its folder: a hand-made journal of which the truth is known."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import rushproof.render
from rushproof.cli.main import main
from rushproof.journal import Actions
from rushproof.manifest import Manifest
from rushproof.report import Report
from rushproof.run.sweep import judged, write_reports
from rushproof.verdict import Status
from tests.run.drilled import DOWN, UP, manifest, scenario, written

SCHEMA = Path(rushproof.render.__file__).parent / "verdict.schema.json"


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("evening") / "run", scenario())


@pytest.fixture
def copied(evening: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(evening, tmp_path / "run"))


def report_of(folder: Path, run: Manifest | None = None) -> Report:
    return judged(folder, (folder / "audit",), run or manifest(scenario()))


def status(report: Report, name: str) -> Status:
    return next(finding.status for finding in report.findings if finding.name.startswith(name))


def test_the_clocks_of_a_hand_made_evening_hold_the_truth(evening: Path) -> None:
    recovery = report_of(evening).recovery

    assert recovery is not None
    service, backlog, ledger = (recovery.clocks[name] for name in ("service", "backlog", "ledger"))
    assert (service.status, service.time) == ("recovered", "wall")
    assert service.low is not None and service.high is not None and service.low <= 0.5 <= service.high
    assert (backlog.status, backlog.time) == ("recovered", "wall")
    assert backlog.low is not None and backlog.high is not None and backlog.low - 1 <= 8.0 <= backlog.high + 1
    assert (ledger.status, ledger.time) == ("recovered", "scenario")
    assert ledger.seconds == pytest.approx(600.0, abs=1.0)
    assert recovery.clocks["customer"].status == "not observed"
    assert recovery.detection.status == "recovered"
    assert recovery.detection.low is not None and recovery.detection.high is not None
    assert recovery.detection.low - 1 <= 6.5 <= recovery.detection.high + 1


def test_its_losses_its_goodput_and_its_people_are_there(evening: Path) -> None:
    recovery = report_of(evening).recovery

    assert recovery is not None and recovery.loss is not None
    assert recovery.loss.service == pytest.approx(UP - DOWN, abs=1.5)
    assert recovery.loss.requests == pytest.approx(1200, abs=40)
    by_step = {each.step: each for each in recovery.goodput}
    assert by_step["reserve"].apart and by_step["reserve"].isolation == pytest.approx(1.0)
    assert by_step["pay"].during == pytest.approx(0.0, abs=0.03)
    assert [row.affected for row in recovery.people][-1] == 1200
    assert recovery.people[-1].became == {"paid": 1192, "waiting": 8}
    assert recovery.tries == 31
    assert not recovery.not_the_incident
    assert [each.measured for each in recovery.compared] == ["1,192"]
    assert recovery.compared_with == "9 May 2022"


def test_its_timeline_goes_from_the_injection_to_the_ledger_with_what_people_noted(evening: Path) -> None:
    recovery = report_of(evening).recovery

    assert recovery is not None
    moments = sorted(recovery.milestones, key=lambda one: one.early)
    assert {one.name for one in moments} == {"injected", "onset", "detected", "mark", "mended", "service", "backlog", "ledger"}
    assert next(one for one in moments if one.name == "mark").text == "the bank was called"
    assert next(one.clock for one in moments if one.name == "injected") == "18:16:40"
    assert recovery.faults[0].injected == (DOWN, DOWN + 0.02)


def test_it_is_judged_with_limits_on_what_was_recovered(evening: Path) -> None:
    report = report_of(evening)

    assert status(report, "recovery.isolation") is Status.PASS
    assert status(report, "recovery.backlog ≤ 5s") is Status.FAIL
    assert report.verdict is Status.FAIL
    assert status(report, "every fault was mended") is Status.PASS
    assert status(report, "those affected add up") is Status.PASS


def test_every_form_of_the_report_is_written_and_tells_of_it(copied: Path) -> None:
    write_reports(copied, report_of(copied))

    document = json.loads((copied / "verdict.json").read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")), jsonschema.Draft202012Validator)
    assert document["recovery"]["ledger"]["seconds"] == pytest.approx(600.0, abs=1.0)
    assert document["recovery"]["people"][-1]["became"] == {"paid": 1192, "waiting": 8}
    assert "The drill" in (copied / "report.txt").read_text("utf-8")
    assert "#### The drill" in (copied / "report.md").read_text("utf-8")
    page = (copied / "report.html").read_text("utf-8")
    assert 'class="fault"' in page and "became-0" in page
    assert 'name="recovery.ledger" value="10 min, scenario time"' in (copied / "junit.xml").read_text("utf-8")


def test_an_old_drill_is_judged_again_by_another_budget(copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kind.yaml").write_text("budget:\n  - {measure: recovery.backlog, at_most: 30s}\n")

    code = main(["judge", str(copied), "--budget", str(tmp_path / "kind.yaml")])

    assert code == 0, capsys.readouterr().out
    assert json.loads((copied / "verdict.json").read_text())["verdict"] == "pass"


def test_a_ledger_that_was_not_fetched_makes_its_clock_unknown_and_says_so(copied: Path) -> None:
    (copied / "ledgers" / "unsettled.parquet").unlink()
    recovery = report_of(copied).recovery

    assert recovery is not None
    assert recovery.clocks["ledger"].status == "unknown"
    assert "unsettled" in recovery.clocks["ledger"].why
    assert recovery.clocks["backlog"].status == "recovered"


def test_people_who_do_not_add_up_make_the_drill_unknown(copied: Path) -> None:
    query = copied / "audit" / "affected.sql"
    query.write_text(query.read_text().replace("paid, waiting", "paid, waiting + 1 AS waiting"))

    assert status(report_of(copied), "those affected add up") is Status.UNKNOWN


def test_people_who_tried_too_rarely_were_not_of_this_incident(copied: Path) -> None:
    query = copied / "audit" / "tries.sql"
    query.write_text(query.read_text().replace("31", "3"))
    report = report_of(copied)

    assert status(report, "the drill was the incident") is Status.UNKNOWN


def test_a_fault_that_nobody_saw_mended_makes_it_unknown(copied: Path) -> None:
    lines = (copied / "injections.jsonl").read_text().splitlines()
    (copied / "injections.jsonl").write_text(lines[0] + "\n")

    report = report_of(copied)

    assert status(report, "every fault was mended") is Status.UNKNOWN
    assert status(report, "recovery.service") is Status.UNKNOWN


def test_actions_that_cannot_be_read_cost_the_recovery_and_not_the_report(copied: Path) -> None:
    (copied / "injections.jsonl").write_text("no line of ours\n")

    report = report_of(copied)

    assert report.recovery is None
    assert status(report, "the recovery could be computed") is Status.UNKNOWN
    assert status(report, "every visit was begun") is Status.PASS


def test_a_computation_that_breaks_never_passes(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr("rushproof.run.recovering.recovery_of", broken)
    report = report_of(copied)

    assert report.verdict is Status.UNKNOWN
    assert "ZeroDivisionError: by hand" in next(one.sentence for one in report.findings if one.name == "the recovery could be computed")


def test_a_drill_with_a_stopped_generator_is_unknown(tmp_path: Path) -> None:
    wanted = scenario(budget=(scenario().budget[0],))
    report = report_of(written(tmp_path / "run", wanted, silent=range(141, 160)), manifest(wanted))

    assert report.verdict is Status.UNKNOWN
    assert status(report, "recovery.service") is Status.UNKNOWN


def test_a_drill_with_too_few_operations_is_unknown(tmp_path: Path) -> None:
    wanted = scenario(budget=(scenario().budget[0],))
    report = report_of(written(tmp_path / "run", wanted, every=1), manifest(wanted))

    assert report.verdict is Status.UNKNOWN
    assert status(report, "the baseline was steady") is Status.UNKNOWN


def test_a_run_without_a_drill_has_no_recovery(copied: Path) -> None:
    plain = scenario(drill=None, budget=())
    report = report_of(copied, manifest(plain))
    write_reports(copied, report)

    assert report.recovery is None
    assert "recovery" not in json.loads((copied / "verdict.json").read_text())
    assert "The drill" not in (copied / "report.txt").read_text("utf-8")
    assert not [finding for finding in report.findings if "fault" in finding.name or "recover" in finding.name]


def test_what_people_noted_later_is_in_the_timeline_when_it_is_judged_again(copied: Path) -> None:
    from rushproof.injection import Mark

    Actions(copied).marked(Mark(at=UP + 1, text="all clear"))
    recovery = report_of(copied).recovery

    assert recovery is not None
    assert [one.clock for one in recovery.milestones if one.text == "all clear"] == ["18:23:30"]
    assert msgspec.json.encode(recovery)
