"""What is told of a drill before anything is sent."""

import pytest

from rushproof.drill import DrillSpec, ServiceSpec
from rushproof.faults import SwitchFault
from rushproof.quantity import Duration
from rushproof.timetable import Moment, Window
from tests.test_outlook import foreseen, plan


def drill(at="open + 1800s", lasting=60, step="take", **more):
    faults = {"gone": SwitchFault(at=Moment.read(at), lasting=Duration(lasting), path="/faults/gone")}
    return DrillSpec(faults=faults, service=ServiceSpec(step=step, hold=Duration(10)), **more)


def told(of, people=200_000, speed=20.0, **more):
    found = foreseen(of=plan(people=people, speed=speed), drill=of, **more)
    return {one.finding: one.why for one in found.doubts if one.finding in ("the baseline was steady", "recovery.service")}


def test_a_drill_with_time_and_people_enough_is_not_doubted():
    assert told(drill()) == {}


@pytest.mark.parametrize(
    ("of", "wall"),
    [(drill(at="open + 600s"), "30 s"), (drill(baseline=Window(Moment.read("open"), Moment.read("open + 200s"))), "10 s")],
)
def test_a_baseline_that_is_too_short_is_told(of, wall):
    why = told(of)["the baseline was steady"]

    assert why == f"there are {wall} of wall time before the first fault, and 60 s of wall time are needed to measure against"


def test_a_warm_up_is_no_part_of_a_baseline():
    assert "40 s of wall time" in told(drill(), warm_up=Duration(50))["the baseline was steady"]


def test_a_baseline_to_which_too_few_come_is_told():
    why = told(drill(), people=600)["the baseline was steady"]

    assert "visits that take take come before the first fault, and 1,000 intents are needed, so each must have" in why


def test_a_run_that_ends_before_the_service_can_have_been_well_for_long_enough_is_told():
    why = told(drill(at="open + 3300s", lasting=120))["recovery.service"]

    assert why.startswith("the run ends 9 s of wall time after the last mend, and the service has to be well for 15 s of wall time")
