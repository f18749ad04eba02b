"""A scenario made steady: the shares of its crowds, the moment it begins, the lines of the budget that are asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.arrivals import people_of
from rushproof.scenario_file import read_scenario
from rushproof.steadied import asked, left_out, shares, steadied, worst

TEXT = """
about: A morning
target: {url: "http://127.0.0.1:1"}
timetable:
  from: open - 30s
  to: close
  moments: {open: "09:00", close: "10:00"}
windows: {rush: {from: open, to: open + 60s}}
crowds:
  many: {persona: daily_reserver, people: 90_000, arrivals: {shape: opening, from: open, to: close}}
  few: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 1000s, rate: 10/s}}
budget:
  - {measure: p99, step: reserve, window: rush, at_most: 500ms}
  - {measure: p99, step: reserve, at_most: 800ms}
  - {measure: good_share, step: reserve, within: 1s, at_least: 99%}
  - {measure: good_share, step: reserve, within: 1s, window: rush, at_least: 95%}
  - {measure: throughput, step: reserve, window: rush, at_least: 20/s}
  - {measure: count, step: reserve, outcome: ok, at_least: 100}
"""


@pytest.fixture
def scenario():
    return read_scenario(TEXT, "morning.yaml", "morning").scenario


def test_the_worst_second_is_the_first_of_the_opening_spike(scenario):
    found = worst(scenario)
    assert found.at == 9 * 3600
    # a tenth of 90,000 in ten seconds, the decay and the tail beside it, and the steady crowd
    assert 900 + 10 < found.rate < 1150


def test_crowds_keep_their_shares_of_the_visits(scenario):
    assert shares(scenario) == {"many": pytest.approx(0.9), "few": pytest.approx(0.1)}


@given(rate=st.floats(1.0, 1e5), seconds=st.floats(1.0, 100.0), spacing=st.sampled_from(["even", "poisson"]))
def test_together_they_come_at_the_rate_that_was_asked_for(rate, seconds, spacing):
    scenario = read_scenario(TEXT, "morning.yaml", "morning").scenario
    steady = steadied(scenario, rate, seconds, spacing, 1.0)
    timetable = steady.timetable
    assert timetable.begin == 9 * 3600
    assert timetable.end - timetable.begin == pytest.approx(seconds + 1.0, abs=0.002)
    assert sum(people_of(crowd.arrivals, timetable) for crowd in steady.crowds.values()) == pytest.approx(rate * (seconds + 1.0), rel=1e-3)
    assert {crowd.arrivals.spacing for crowd in steady.crowds.values()} == {spacing}
    for crowd in steady.crowds.values():
        crowd.arrivals.curve(timetable)  # it lies within the timetable
    assert (steady.speed, steady.scale, steady.windows) == (1.0, 1.0, {})


def test_lines_are_asked_without_their_windows_and_of_two_alike_the_tighter(scenario):
    assert [limit.name for limit in asked(scenario.budget)] == ["p99 reserve ≤ 500ms", "good_share reserve within 1s ≥ 99%"]
    assert left_out(scenario.budget) == ("throughput reserve (rush) ≥ 20/s", "count reserve ok ≥ 100")


def test_a_day_after_the_first_has_moments_of_its_own(scenario):
    text = TEXT.replace('open: "09:00", close: "10:00"', 'open: "09:00 + 2d", close: "10:00 + 2d"')
    steady = steadied(read_scenario(text, "later.yaml", "later").scenario, 10.0, 5.0, "even", 0.0)
    assert steady.timetable.begin == 2 * 86400 + 9 * 3600
    assert steady.timetable.end == steady.timetable.begin + 5


def test_an_ordinary_locust_user_has_no_rate_that_could_be_set():
    text = TEXT.replace(
        "  few: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 1000s, rate: 10/s}}",
        "  few: {persona: plain_browser, users: 5}",
    )
    with pytest.raises(ValueError, match="the crowd few is of an ordinary Locust user"):
        shares(read_scenario(text, "plain.yaml", "plain").scenario)
