"""The sentence on top, the order of what follows, and figures that nobody can misread."""

import math
from collections.abc import Mapping

import msgspec
import pytest

from rushproof.quantity import Unit
from rushproof.render.headline import amount, attention, bound, ending, figures, headline, measured, ordered, principal
from rushproof.report import Report, VisitCounts
from rushproof.verdict import Finding, Kind, Status, worst


def finding(kind: Kind, status: Status, name: str = "x") -> Finding:
    return Finding(name=name, kind=kind, status=status, sentence=f"{name}.")


def with_findings(report: Report, *findings: Finding) -> Report:
    return msgspec.structs.replace(report, findings=findings, verdict=worst(findings))


LIMIT, INVARIANT, HEALTH = Kind.LIMIT, Kind.INVARIANT, Kind.HEALTH
PASS, FAIL, UNKNOWN, NOT_CLAIMED = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_CLAIMED


@pytest.mark.parametrize(
    ("findings", "sentence"),
    [
        ([(LIMIT, PASS)], "Pass: the one limit held."),
        ([(LIMIT, PASS), (LIMIT, PASS), (INVARIANT, PASS)], "Pass: the one invariant and both limits held."),
        ([(LIMIT, PASS)] * 3 + [(INVARIANT, NOT_CLAIMED)], "Pass: all 3 limits held."),
        ([(LIMIT, FAIL), (LIMIT, PASS), (HEALTH, PASS)], "Fail: 1 of 2 limits failed."),
        ([(LIMIT, FAIL), (INVARIANT, FAIL), (INVARIANT, PASS), (HEALTH, UNKNOWN)], "Fail: 1 of 2 invariants and the one limit failed."),
        ([(LIMIT, UNKNOWN), (LIMIT, UNKNOWN), (HEALTH, PASS)], "Unknown: both limits could not be judged."),
        ([(HEALTH, UNKNOWN), (LIMIT, UNKNOWN), (INVARIANT, UNKNOWN)],
         "Unknown: the one invariant, the one limit and the one health check could not be judged."),
        ([(INVARIANT, NOT_CLAIMED)], "Unknown: nothing was claimed, so nothing was judged."),
        ([], "Unknown: nothing was claimed, so nothing was judged."),
    ],
)  # fmt: skip
def test_the_headline_counts_what_made_the_verdict(
    findings: list[tuple[Kind, Status]], sentence: str, reports: Mapping[str, Report]
) -> None:
    assert headline(with_findings(reports["pass"], *(finding(*each) for each in findings))) == sentence


def test_nobody_came_is_said_as_such(reports: Mapping[str, Report]) -> None:
    assert headline(reports["nothing_offered"]) == "Unknown: nobody came, so there is nothing to judge."


def test_what_failed_comes_first_and_invariants_before_limits(reports: Mapping[str, Report]) -> None:
    report = with_findings(
        reports["pass"],
        finding(HEALTH, PASS, "h"), finding(LIMIT, PASS, "l"), finding(LIMIT, UNKNOWN, "u"), finding(INVARIANT, NOT_CLAIMED, "n"),
        finding(LIMIT, FAIL, "f"), finding(INVARIANT, FAIL, "i"), finding(INVARIANT, PASS, "p"),
    )  # fmt: skip

    assert "".join(each.name for each in ordered(report.findings)) == "ifuplhn"
    assert "".join(each.name for each in attention(report)) == "ifu"


def test_an_ending_as_planned_needs_no_words(reports: Mapping[str, Report]) -> None:
    assert ending(reports["pass"]) == ""
    assert ending(reports["unknown"]) == "The load did not end as planned (interrupted): Ctrl-C after 31 s."


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.SECONDS, "–"),
        (math.inf, Unit.SECONDS, "∞"),
        (0.0, Unit.SECONDS, "0 s"),
        (0.0123, Unit.SECONDS, "12.3 ms"),
        (1.0, Unit.SHARE, "100 %"),
        (0.99999, Unit.SHARE, "> 99.99 %"),
        (0.99994, Unit.SHARE, "99.99 %"),
        (0.0004, Unit.SHARE, "0.04 %"),
        (1312.4, Unit.RATE, "1,312.4/s"),
        (3.0, Unit.COUNT, "3"),
    ],
)
def test_an_amount_carries_its_unit(value: float | None, unit: Unit, text: str) -> None:
    assert amount(value, unit) == text


def test_a_censored_figure_is_shown_as_its_interval(reports: Mapping[str, Report]) -> None:
    censored = reports["fail"].findings[0]

    assert (measured(censored), bound(censored)) == ("1.87 s … ∞", "500 ms")


def test_a_finding_without_a_unit_shows_bare_figures_or_none() -> None:
    assert measured(finding(HEALTH, PASS)) == bound(finding(HEALTH, PASS)) == "–"
    assert measured(msgspec.structs.replace(finding(HEALTH, PASS), measured=2.5)) == "2.5"


def test_the_first_figure_is_whole_only_when_everybody_finished(reports: Mapping[str, Report]) -> None:
    all_but_one = msgspec.structs.replace(reports["pass"], counts=VisitCounts(1_000_000, 999_999, 1, 0, 0))
    everybody = msgspec.structs.replace(reports["pass"], counts=VisitCounts(1_000_000, 1_000_000, 0, 0, 0))

    assert figures(all_but_one)[0].value == "> 99.99 %"
    assert figures(everybody)[0].value == "100 %"


def test_the_step_to_ask_about_is_the_one_whose_time_is_bounded(reports: Mapping[str, Report]) -> None:
    unbounded = msgspec.structs.replace(reports["many_steps"].manifest.scenario, budget=())
    manifest = msgspec.structs.replace(reports["many_steps"].manifest, scenario=unbounded)
    bounded = principal(reports["many_steps"])
    last = principal(msgspec.structs.replace(reports["many_steps"], manifest=manifest))

    assert bounded is not None
    assert bounded.crowd == "night_swarm"
    assert last is not None
    assert (last.crowd, last.step != "visit") == ("day_shift", True)
    assert principal(reports["nothing_offered"]) is None


def test_the_peak_is_the_best_bucket_with_its_time(reports: Mapping[str, Report]) -> None:
    peak = figures(reports["fail"])[2]

    assert peak.value == "898/s"
    assert "09:00:01" in peak.note
    assert "3,320/s were due" in peak.note
