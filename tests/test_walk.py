import pytest

from rushproof.arrivals import Opening, Steady
from rushproof.budget import Limit
from rushproof.plan import Connections
from rushproof.probe import ProbeSpec
from rushproof.quantity import Bound, Count, Duration
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.soundness import mistakes
from rushproof.timetable import Moment, Timetable, Window
from rushproof.walk import DRAIN, walked

OPEN, CLOSE = Moment.read("open"), Moment.read("close")
HOUR = Timetable(first=OPEN, last=CLOSE, moments={"open": Moment.read("09:00"), "close": Moment.read("10:00")})
LIMIT = Limit(measure="p99", step="take", window="rush", at_most=Bound.read("1s"))
WHOLE = Scenario(
    name="shop",
    about="An hour.",
    target=TargetSpec(url="http://127.0.0.1:1", clock="/clock"),
    timetable=HOUR,
    windows={"rush": Window(OPEN, Moment.read("open + 5min"))},
    crowds={
        "buyers": CrowdSpec(
            persona="./buyer.py", people=Count(3_240_000), arrivals=Opening(first=OPEN, last=CLOSE), connections=Connections(cap=Count(9))
        ),
        "plain": CrowdSpec(persona="./plain.py", users=Count(40)),
    },
    budget=(LIMIT,),
    before=("reset",),
    after=("reset",),
    probes={"pool": ProbeSpec(query="taken")},
    warm_up=Duration(60),
    drain=Duration(300),
    speed=40.0,
    scale=0.01,
)  # fmt: skip


@pytest.mark.parametrize("at", [HOUR.begin, HOUR.begin + 1234.5, 90_000.25])
def test_one_person_of_each_crowd_comes_within_a_second_at_speed_1(at):
    found = walked(WHOLE, at)

    assert (found.timetable.begin, found.timetable.end, found.speed, found.scale) == (at, at + 1.0, 1.0, 1.0)
    assert (found.crowds["buyers"].people, found.crowds["plain"].users) == (1, 1)
    arrivals = found.crowds["buyers"].arrivals
    assert isinstance(arrivals, Steady) and arrivals.curve(found.timetable).people == 1
    assert found.crowds["buyers"].connections.cap == 9


def test_it_is_a_scenario_that_can_be_meant_but_for_its_windows():
    assert [path for path, _ in mistakes(walked(WHOLE, HOUR.begin))] == [("windows", "rush")]


def test_nothing_runs_beside_it_and_its_end_is_near():
    found = walked(WHOLE, HOUR.begin)

    assert (found.before, found.after, found.stop_when, found.probes, found.warm_up, found.drain) == ((), (), (), {}, 0, DRAIN)


def test_limits_and_claims_stay_and_look_at_the_whole_walk():
    found = walked(WHOLE, HOUR.begin)

    assert [(limit.measure, limit.step, limit.window) for limit in found.budget] == [("p99", "take", None)]
    assert found.audit == WHOLE.audit
