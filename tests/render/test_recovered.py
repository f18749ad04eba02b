"""How lengths of time, clocks and many moments are told."""

from collections.abc import Callable

import msgspec
import pytest

from rushproof.clocks import Clock
from rushproof.render.recovered import sheets, spread, stopped, summary
from rushproof.render.sheet import Sheet
from rushproof.report import Report
from tests.render import drills
from tests.render.conftest import drilled, drilled_in_vain


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        (Clock(status="recovered", time="wall", seconds=0.0), "0 s"),
        (Clock(status="not recovered", time="scenario", low=7260.0), "not within 2 h 1 min"),
        (Clock(status="not recovered", time="wall"), "not recovered"),
        (Clock(status="unknown", time="wall", low=3.0), "unknown"),
        (Clock(status="not observed", time="wall"), "not observed"),
    ],
)
def test_a_clock_is_told_by_what_is_known_of_it(clock: Clock, told: str) -> None:
    assert stopped(clock) == told


def test_many_moments_are_thinned_evenly_and_keep_both_ends() -> None:
    assert spread(range(1000), 5) == (0, 250, 500, 749, 999)
    assert spread("abc", 12) == ("a", "b", "c")


def sheet(report: Report, title: str) -> Sheet:
    assert report.recovery is not None
    return next(one for one in sheets(report.recovery, 12) if one.title.startswith(title))


def test_people_are_told_at_the_moments_at_which_something_changed_and_at_the_last() -> None:
    still = [drills.became(33000.0 + n, f"09:10:{n:02d}", 4188, paid=4039, lapsed=0, open=149) for n in range(1, 60)]
    recovery = msgspec.structs.replace(drills.MENDED, people=(*drills.MENDED.people, *still))
    rows = sheet(msgspec.structs.replace(drilled(), recovery=recovery), "What became").grid.rows

    assert [row[0] for row in rows] == ["09:02:00", "09:04:00", "09:08:20", "09:10:00", "09:10:59"]
    assert all(row[-1] == "" for row in rows)


def test_a_moment_that_does_not_add_up_is_marked() -> None:
    assert [row[-1] for row in sheet(drilled_in_vain(), "What became").grid.rows] == ["≠"]


def test_every_time_a_clock_went_bad_again_is_said() -> None:
    assert sheet(drilled(), "The clocks").notes[0] == "service: It went bad again once."
    often = msgspec.structs.replace(drills.MENDED.clocks["service"], relapses=3, why="the p99 rose")
    recovery = msgspec.structs.replace(drills.MENDED, clocks={"service": often})

    notes = sheet(msgspec.structs.replace(drilled(), recovery=recovery), "The clocks").notes
    assert notes == ("service: It went bad again 3 times. The p99 rose.",)


def test_why_there_is_no_baseline_is_said_once() -> None:
    recovery = drilled_in_vain().recovery
    assert recovery is not None
    service = msgspec.structs.replace(recovery.clocks["service"], why=recovery.baseline_why)
    report = msgspec.structs.replace(
        drilled_in_vain(), recovery=msgspec.structs.replace(recovery, clocks={"service": service}, stability_why=recovery.baseline_why)
    )

    assert report.recovery is not None
    assert not sheet(report, "The clocks").notes
    assert sum(recovery.baseline_why in line for line in summary(report, report.recovery)) == 1


def test_a_switching_that_nobody_confirmed_says_so() -> None:
    assert sheet(drilled_in_vain(), "What was switched").grid.rows[0][3] == "27.00 s, not confirmed"


@pytest.mark.parametrize(("make", "first"), [(drilled, "The service came back by itself."), (drilled_in_vain, "The median person")])
def test_what_matters_most_is_said_first(make: Callable[[], Report], first: str) -> None:
    report = make()

    assert report.recovery is not None
    assert summary(report, report.recovery)[0].startswith(first)


def test_what_did_not_come_back_is_not_said_to_have_come_back() -> None:
    slow = msgspec.structs.replace(drills.MENDED, stability="slow", stability_why="it did not come back in 60 s")

    assert summary(drilled(), slow)[0] == "Slow, and not metastable. It did not come back in 60 s."


def test_retries_that_were_off_are_told() -> None:
    report = drilled()
    drill = msgspec.structs.replace(drills.SPEC, retries="off")
    scenario = msgspec.structs.replace(report.manifest.scenario, drill=drill)
    report = msgspec.structs.replace(report, manifest=msgspec.structs.replace(report.manifest, scenario=scenario))

    assert report.recovery is not None
    assert any("People did not try again" in line for line in summary(report, report.recovery))
