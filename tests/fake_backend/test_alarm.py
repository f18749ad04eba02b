"""The alarm and the retry budget: by themselves, under a clock moved by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_backend.alarm import Alarm
from fake_backend.retry_budget import LEAST, RetryBudget
from fake_backend.settings import DEFAULTS
from tests.fake_backend.conftest import Hand

databases = ("sqlite",)  # none is opened


def lived(alarm: Alarm, clock: Hand, seconds: int, calls: int, failed: int) -> list[bool]:
    """Whether it rang at the end of each of so many seconds with so many calls, of which so many failed."""
    rang = []
    for _ in range(seconds):
        for number in range(calls):
            alarm.count(number >= failed)
        clock.advance(1.0)
        rang.append(alarm.rings())
    return rang


def test_a_full_outage_rings_within_the_seconds_that_the_arithmetic_says() -> None:
    clock = Hand(1000.0)
    alarm = Alarm(DEFAULTS, clock)
    assert not any(lived(alarm, clock, 60, 100, 0))
    rang = lived(alarm, clock, 10, 100, 100)
    assert rang.index(True) <= 1  # 14.4 x 0.1 % x 60 s / 1 = 0.9 s
    assert all(rang[rang.index(True) :])


def test_it_is_silent_soon_after_the_end_though_the_long_window_still_remembers() -> None:
    clock = Hand(1000.0)
    alarm = Alarm(DEFAULTS, clock)
    lived(alarm, clock, 30, 50, 50)
    rang = lived(alarm, clock, 20, 50, 0)
    assert rang[:3] == [True] * 3 and not any(rang[7:])
    assert 12 <= alarm.silent_for() <= 17


@pytest.mark.parametrize(("calls", "failed"), [(1000, 10), (1000, 0), (1, 0)])
def test_what_the_objective_lets_pass_rings_nobody_up(calls: int, failed: int) -> None:
    clock = Hand(1000.0)
    assert not any(lived(Alarm(DEFAULTS, clock), clock, 70, calls, failed))


def test_a_hiccup_of_few_calls_rings_nobody_up_and_silence_changes_nothing() -> None:
    clock = Hand(1000.0)
    alarm = Alarm(DEFAULTS, clock)
    assert not any(lived(alarm, clock, 1, 9, 9))
    assert lived(alarm, clock, 1, 9, 9) == [True]
    assert all(lived(alarm, clock, 30, 0, 0))  # nobody calls: there is no telling that it is well again
    assert lived(alarm, clock, 40, 0, 0)[-1] is False
    assert not any(lived(alarm, clock, 3, 9, 0))


def test_it_says_since_when_calls_fail() -> None:
    clock = Hand(1000.0)
    alarm = Alarm(DEFAULTS, clock)
    lived(alarm, clock, 5, 10, 0)
    lived(alarm, clock, 7, 10, 10)
    assert alarm.failing_for() == 7.0 and alarm.silent_for() == 0.0


def test_a_failure_by_chance_a_while_before_is_not_when_it_began() -> None:
    clock = Hand(1000.0)
    alarm = Alarm(DEFAULTS, clock)
    lived(alarm, clock, 1, 100, 1)
    lived(alarm, clock, 30, 100, 0)
    assert alarm.failing_for() == 0.0
    lived(alarm, clock, 7, 100, 100)
    assert alarm.failing_for() == 7.0


STEPS = st.lists(st.tuples(st.floats(0.0, 0.5), st.booleans(), st.booleans()), max_size=300)


@given(STEPS, st.floats(0.01, 1.0))
def test_no_more_is_asked_again_than_the_budget_lets(steps, share: float) -> None:
    clock = Hand(0.0)
    budget = RetryBudget(share, clock)
    calls = again = came = 0
    for wait, well, first in steps:
        clock.advance(wait)
        if not first and not budget.takes():
            continue
        budget.called(well, not first)
        calls += 1
        again += not first
        came += well and not first
    assert again <= LEAST * (clock.at + 1) + share * calls + came + 1e-6


def test_without_answers_hardly_anybody_asks_again_and_with_them_everybody_may() -> None:
    clock = Hand(0.0)
    budget = RetryBudget(0.1, clock)
    in_vain = 0
    for _ in range(1000):  # ten seconds of a hundred that would like to
        clock.advance(0.01)
        if budget.takes():
            in_vain += 1
            budget.called(False, True)
    assert 100 <= in_vain <= 130
    came = 0
    for _ in range(1000):
        clock.advance(0.01)
        if budget.takes():
            came += 1
            budget.called(True, True)
    assert came > 900


def test_where_there_is_no_budget_there_is_no_limit() -> None:
    budget = RetryBudget(None)
    assert all(budget.takes() for _ in range(10_000))
