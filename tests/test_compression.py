"""What a faster clock would break is refused, with the speed that would do."""

import msgspec
import pytest

from rushproof.compression import mistakes
from rushproof.scenario_file import read_scenario

TEXT = """\
about: x
target: {url: "http://127.0.0.1:1", clock: /clock}
timetable: {from: open, to: open + 1h, moments: {open: 09:00}}
population: {patience: {least: 60s, most: 600s}}
crowds:
  people:
    persona: a
    people: 100
    arrivals: {shape: opening, from: open, to: open + 1h, spike_for: 10s, comb: {width: 2s}}
budget:
  - {measure: p99, step: reserve, at_most: 300ms}
  - {measure: p99, step: reserve, window: null, at_most: 500ms}
"""


def found(speed, *changes):
    pairs = [(change.partition("=")[0], change.partition("=")[2]) for change in changes]
    return list(mistakes(read_scenario(TEXT, "x.yaml", "x", pairs).scenario, speed))


def test_real_time_is_never_refused():
    scenario = read_scenario(TEXT, "x.yaml", "x").scenario
    without = msgspec.structs.replace(scenario, target=msgspec.structs.replace(scenario.target, clock=None))
    assert list(mistakes(without, 1.0)) == []


@pytest.mark.parametrize("speed", [0.5, 2.0, 40.0])
def test_another_speed_needs_a_clock(speed):
    ((path, sentence),) = found(speed, "target.clock=null")
    assert path == ("target",)
    assert "speed 1 would do" in sentence


# the least patience is 60 s, five slow answers of 0.3 s are 1.5 s: speed 40 is the last that does
@pytest.mark.parametrize(("speed", "refused"), [(40.0, False), (40.1, True), (400.0, True)])
def test_patience_must_outlast_five_slow_answers(speed, refused):
    wrong = found(speed)
    assert [path for path, _ in wrong] == ([("population", "patience", "least")] if refused else [])
    assert all("speed 40 would do" in sentence for _, sentence in wrong)


def test_without_a_limit_on_p99_patience_is_not_judged():
    assert found(1000.0, "budget=[]") == []


# a tooth of 2 s lasts 1 ms at speed 2000
@pytest.mark.parametrize(("speed", "refused"), [(2000.0, False), (2001.0, True)])
def test_a_width_finer_than_the_timer_is_refused(speed, refused):
    wrong = found(speed, "budget=[]")
    assert [path for path, _ in wrong] == ([("crowds", "people", "arrivals", "comb", "width")] if refused else [])
    assert all("speed 2000 would do" in sentence for _, sentence in wrong)
