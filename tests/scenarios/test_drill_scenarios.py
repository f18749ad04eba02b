"""What the drills of the catalogue need to mean anything: a baseline, a hold, a speed at which machines can be told, and people."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from rushproof import catalogue
from rushproof.audit import is_question
from rushproof.cli.reading import scenario_of
from rushproof.drill import DrillSpec
from rushproof.drill_check import drill_mistakes, drill_unknown
from rushproof.meaning import Meaning, with_spec
from rushproof.personas import load
from rushproof.run.planning import crowd_plans, plan_of
from rushproof.sample import OUTCOMES
from rushproof.scenario import Scenario
from rushproof.schedule import persons

NAMES = [entry.name for entry in catalogue.entries(catalogue.SCENARIOS, ".yaml") if scenario_of(entry.name, [])[0].scenario.drill]
EVENINGS = [name for name in NAMES if name != "retry_storm"]
"""of people who have won and pay"""
AUDIT = catalogue.folder(catalogue.SCENARIOS) / "audit"
ARMS = ("a", "b", "c", "d")
FASTEST = 60.0
"""scenario seconds a wall second, from the baseline to the end of the hold"""
BASELINE, HOLD, WINDOW = 60.0, 30.0, 5.0
"""wall seconds"""


def scenario(name: str, arm: str = "") -> Scenario:
    return scenario_of(name, [], arm=arm)[0].scenario


def drill(of: Scenario) -> DrillSpec:
    assert of.drill is not None
    return of.drill


def mended(of: Scenario) -> float:
    """When the last fault ends, in scenario time."""
    return max(of.timetable.at(fault.at) + fault.lasting for fault in drill(of).faults.values())


def test_the_drills_of_the_catalogue_are_these() -> None:
    assert set(NAMES) == {
        "payment_outage", "gateway_brownout", "gateway_flapping", "bank_partial", "lost_notices", "database_away", "backend_killed",
        "slow_network", "retry_storm",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_drill_contradicts_neither_itself_nor_its_crowds_nor_its_queries(name: str) -> None:
    read = scenario(name)
    steps = {crowd: list(load(str(catalogue.persona(spec.persona, Path()))).steps) for crowd, spec in read.crowds.items()}
    questions = [path.stem for path in AUDIT.glob("*.sql") if is_question(path)]

    assert list(drill_mistakes(read)) == []
    assert list(drill_unknown(read, steps, questions)) == []


@pytest.mark.parametrize("name", EVENINGS)
def test_the_baseline_and_the_hold_last_long_enough_at_one_speed_that_machines_can_follow(name: str) -> None:
    read = scenario(name)
    spec, pace, at = drill(read), read.timetable.pace(read.speed), read.timetable.at
    assert spec.baseline is not None
    begin, end = at(spec.baseline.first), at(spec.baseline.last)
    speeds = [(at(each.first), at(each.last), each.speed.factor) for each in read.timetable.stretches]
    held = next((first, last, speed) for first, last, speed in speeds if first <= begin and last >= mended(read))

    assert held[2] <= FASTEST
    assert pace.wall(end) - pace.wall(begin) >= BASELINE
    assert pace.wall(held[1]) - pace.wall(mended(read)) >= HOLD + WINDOW
    assert end <= min(at(fault.at) for fault in spec.faults.values())


@pytest.mark.parametrize("name", EVENINGS)
def test_people_come_from_before_the_baseline_to_the_end_of_the_hold(name: str) -> None:
    read = scenario(name)
    spec = drill(read)
    made = plan_of(read, crowd_plans(read, {crowd: Path("x.py") for crowd in read.crowds}, Path()), read.timetable, 1, None)
    pace, shape = read.timetable.pace(read.speed), read.crowds["winners"].arrivals
    assert spec.baseline is not None and shape is not None and persons(made)
    curve = shape.curve(read.timetable)
    begin, end = read.timetable.at(spec.baseline.first), read.timetable.at(spec.baseline.last)
    until = pace.at(pace.wall(mended(read)) + HOLD + WINDOW)
    cuts = [begin, end, mended(read), until]
    rates = [(curve.before(last) - curve.before(first)) / (last - first) for first, last in pairwise(cuts)]

    assert min(rates) > 0.9 * max(rates)


@pytest.mark.parametrize("arm", ARMS)
def test_the_arms_of_the_outage_are_the_same_evening_for_the_same_people(arm: str) -> None:
    base, other = scenario("payment_outage"), scenario("payment_outage", arm)

    assert set(base.arms) == set(ARMS)
    assert (other.crowds, other.timetable, other.drill, other.seed) == (base.crowds, base.timetable, base.drill, base.seed)
    assert other.target.beside == base.target.beside
    assert (other.audit, other.budget) == (base.audit, base.budget)


def test_only_an_arm_that_waits_for_notices_is_expected_to_fail() -> None:
    expected = {(name, arm): scenario(name, arm).expect for name in NAMES for arm in scenario(name).arms}
    assert {arm for arm, verdict in expected.items() if verdict == "fail"} == {("payment_outage", "a"), ("lost_notices", "pushed")}
    assert set(expected.values()) == {"fail", None}


def test_each_arm_of_the_outage_does_one_thing_more_than_the_one_before_it() -> None:
    told = [scenario("payment_outage", arm).target.command or "" for arm in ARMS]
    words = {"ask_gateway=off": (1, 0, 0, 0), "extend=off": (1, 1, 0, 0), "extend=on": (0, 0, 1, 1), "retry_budget=10%": (0, 0, 0, 1)}

    assert {word: tuple(int(word in command) for command in told) for word in words} == words
    assert all("tell_affected=21:00" in command and "begin_within=5min" in command for command in told)
    assert told[3] == scenario("payment_outage").target.command


def test_the_outage_is_that_of_the_ninth_of_may_at_full_size_and_its_four_arms_take_twenty_minutes() -> None:
    read = scenario("payment_outage")
    (fault,) = drill(read).faults.values()
    begins = read.timetable.at(fault.at)
    shape, ways = read.crowds["winners"].arrivals, read.crowds["winners"].settings
    assert shape is not None
    curve = shape.curve(read.timetable)
    come = read.people("winners") * (curve.before(begins + fault.lasting) - curve.before(begins)) / curve.people

    assert fault.lasting == 39 * 60
    assert read.people("reservers") == 27_000
    assert come * 0.95 * float(str(ways["at_once"]).rstrip("%")) / 100 == pytest.approx(4188, rel=0.04)
    pace = read.timetable.pace(read.speed)
    assert 4 * (pace.wall(read.timetable.end) + 35) <= 20 * 60  # beside the load an arm starts, drains, fetches and judges


@pytest.mark.parametrize("name", EVENINGS)
@pytest.mark.parametrize(
    ("state", "taken", "comes_to"),
    [("pending", True, "ok"), ("succeeded", True, "ok"), ("failed", True, "ok"), ("pending", False, "doubt"), ("doubt", False, "doubt")],
)
def test_a_payment_that_the_gateway_does_not_have_is_in_doubt_though_it_was_answered_201(
    name: str, state: str, taken: bool, comes_to: str
) -> None:
    read = scenario(name)
    persona = load(str(catalogue.persona("winner", Path())))
    body = msgspec.json.encode({"payment": "o1.1", "state": state, "taken": taken})
    answer = SimpleNamespace(status=201, body=body, headers={})
    for step in ("pay", "pay_again"):
        meant = with_spec(persona.steps[step], read.crowds["winners"].steps[step])
        said = Meaning(meant.outcomes).said(answer, write=True, asked_to_wait=False)  # type: ignore[arg-type]

        assert said.outcome is OUTCOMES[comes_to]
        assert OUTCOMES["doubt"] in meant.again
