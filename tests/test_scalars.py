"""What a scenario sends on to others: numbers as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.scalars import typed
from rushproof.scenario_file import read_scenario

SCENARIO = """
about: a drill
target: {url: "http://127.0.0.1:9"}
timetable: {from: open, to: open + 2min, moments: {open: "09:00"}}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 2min, rate: 1/s}}}
drill:
  service: {step: reserve}
  faults:
    slow: {inject: switch, at: open + 60s, for: 10s, path: /faults/slow, set: {seconds: 0.3, share: "1", hard: true, word: 10:00}}
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [("300", 300), ("-2", -2), ("0.5", 0.5), ("1e3", 1000.0), ("true", True), ("null", None), ("007", "007"), ("10:00", "10:00"),
     ("True", "True"), ("", ""), ("1/s", "1/s"), ("nan", "nan")],
)  # fmt: skip
def test_what_json_would_read_as_a_number_is_one(text: str, value: object) -> None:
    assert typed({"a": [text]}) == {"a": [value]}
    assert type(typed(text)) is type(value)


@given(st.recursive(st.integers() | st.booleans() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_is_typed_already_stays_as_it_is(tree: object) -> None:
    assert typed(tree) == tree


def test_a_faults_body_reaches_the_injector_with_numbers_in_it() -> None:
    scenario = read_scenario(SCENARIO, "x.yaml", "x").scenario
    assert scenario.drill is not None
    fault = scenario.drill.faults["slow"]
    assert fault.set == {"seconds": 0.3, "share": 1, "hard": True, "word": "10:00"}
