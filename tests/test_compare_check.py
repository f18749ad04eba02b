"""A line of a drill's table that names nothing is told in its place, before anything starts."""

import pytest

from rushproof.compare_check import compare_unknown
from rushproof.errors import ScenarioError
from rushproof.recovery.compared import FIGURES, OF_A_STEP, PARTS, UNKNOWN, compared
from rushproof.scenario import Scenario
from rushproof.scenario_file import read_scenario
from tests.render.drills import MENDED

HEAD = """
about: A drill
target: {url: "http://127.0.0.1:8080"}
timetable: {from: open, to: open + 10min, moments: {open: "09:00"}}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 10s, rate: 1/s}}}
"""
PEOPLE = "people: {query: affected, tries: affected_tries}, "


def table(*of: str, more: str = "") -> Scenario:
    rows = ", ".join(f'{{of: "{each}", name: it}}' for each in of)
    faults = "faults: {cut: {inject: network, down: true, at: open + 2min, for: 10s}}"
    return read_scenario(f"{HEAD}drill: {{service: {{step: reserve}}, {more}{faults}, compare: [{rows}]}}\n", "mine.yaml", "mine").scenario


@pytest.mark.parametrize(
    ("of", "more", "words"),
    [
        ("servise", "", "drill.compare.0.of: no figure 'servise' of a recovery; did you mean 'service'?"),
        ("service.low", "", "no figure 'service.low' of a recovery"),
        ("loss.request", "", "no part 'request' of loss; did you mean 'requests'?"),
        ("amplification", "", "no part '' of amplification; known: after, before, during"),
        ("people.paid", "", "the drill does not count people; expected 'people' with a query"),
        ("people.paid@opne", PEOPLE, "no moment 'opne' on the timetable; did you mean 'open'?"),
        ("people", PEOPLE, "no figure 'people' of a recovery"),
        ("tries", "", "the drill does not count tries"),
        ("isolation", "", "no figure 'isolation' of a recovery"),
    ],
)
def test_a_figure_that_no_recovery_of_this_drill_has_is_a_mistake(of: str, more: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        table(of, more=more)

    assert words in str(caught.value)


def test_whatever_a_recovery_has_may_be_named_and_is_measured() -> None:
    parts = [f"{name}.{part}" for name, known in PARTS.items() for part in known]
    people = ["people.affected", "people.paid.share@open + 1h", "people.paid@00:00 + 1d"]
    made = table(*FIGURES, *parts, *people, *(f"{name}.reserve" for name in OF_A_STEP), more=PEOPLE)

    assert made.drill is not None
    assert UNKNOWN not in [row.measured for row in compared(made.drill.compare, MENDED, made.timetable, 120.0)]


def test_a_step_that_nobody_takes_is_named_with_the_nearest() -> None:
    found = list(compare_unknown(table("isolation.reserve", "goodput.reserv"), ["browse", "reserve"]))

    assert found == [(("drill", "compare", "1", "of"), "no crowd has a step 'reserv'; did you mean 'reserve'?")]
