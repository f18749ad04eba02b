"""The search for a limit: how many rungs it takes, and what it may never say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.search import Search, Told
from rushproof.verdict import Status

RATES = st.floats(1.0, 1e6)


def asked(search, answer):
    """The search to its end; `answer` is given each rate."""
    while (rate := search.rate) is not None:
        search = search.tell(answer(rate))
    return search


def cliff(knee, served=True):
    return lambda rate: Told(rate, Status.PASS) if rate <= knee else Told(rate, Status.FAIL, knee if served else None)


@given(knee=st.floats(10.0, 50_000.0), first=st.floats(10.0, 1000.0), served=st.booleans())
def test_a_cliff_is_found_between_two_rates_that_are_close(knee, first, served):
    search = asked(Search(first=first, most=40), cliff(knee, served))
    assert search.found and search.close
    assert search.low <= knee < search.high <= search.low * 1.05 * (1 + 1e-9)


@given(knee=st.floats(100.0, 50_000.0), first=st.floats(0.05, 1.0), slack=st.floats(0.9, 1.1))
def test_twelve_rungs_do_from_a_twentieth_of_the_limit_on(knee, first, slack):
    search = asked(
        Search(first=knee * first), lambda rate: Told(rate, Status.PASS) if rate <= knee else Told(rate, Status.FAIL, knee * slack)
    )
    assert search.found and search.close
    assert len(search.told) <= 12


@given(
    answers=st.lists(st.sampled_from([Status.PASS, Status.FAIL, Status.UNKNOWN]), min_size=30, max_size=30),
    first=RATES,
    most=st.integers(1, 14),
)
def test_whatever_it_is_told_it_ends_and_its_bracket_holds_what_it_was_told(answers, first, most):
    given_ = iter(answers)
    search = asked(Search(first=first, most=most), lambda rate: Told(rate, next(given_), rate / 2))
    assert len(search.told) <= most
    assert all(0 < told.rate < float("inf") for told in search.told)
    passed = [told.rate for told in search.told if told.status is Status.PASS]
    failed = [told.rate for told in search.told if told.status is Status.FAIL]
    assert search.low in [*passed, None] and search.high in [*failed, None]
    if search.low and search.high:
        assert search.low < search.high
    assert search.found == (search.low is not None and search.high is not None and search.blind is None)


@given(answers=st.lists(st.booleans(), min_size=12, max_size=12), first=RATES)
def test_without_doubts_nothing_passed_above_what_failed(answers, first):
    given_ = iter(answers)
    search = asked(Search(first=first), lambda rate: Told(rate, Status.PASS if next(given_) else Status.FAIL))
    last = {told.rate: told.status for told in search.told}
    passed = [rate for rate, status in last.items() if status is Status.PASS]
    failed = [rate for rate, status in last.items() if status is Status.FAIL]
    assert max(passed, default=0) < min(failed, default=float("inf"))


@given(knee=st.floats(100.0, 50_000.0), blind=st.floats(0.05, 0.9))
def test_where_the_generator_ends_there_is_no_limit(knee, blind):
    def answer(rate):
        return Told(rate, Status.UNKNOWN) if rate > knee * blind else Told(rate, Status.PASS)

    search = asked(Search(first=knee * blind / 4, most=30), answer)
    assert not search.found
    assert search.high is None
    assert search.low <= knee * blind < search.blind


def test_a_doubt_is_asked_about_once_more_and_not_a_third_time():
    search = asked(Search(first=100.0), lambda rate: Told(rate, Status.UNKNOWN if rate > 150 else Status.PASS))
    rates = [told.rate for told in search.told]
    assert max(rates.count(rate) for rate in rates) == 2


def test_a_doubt_that_passes_the_second_time_is_a_pass():
    answers = iter([Status.UNKNOWN, Status.PASS, Status.FAIL])
    search = Search(first=100.0, most=3)
    search = asked(search, lambda rate: Told(rate, next(answers)))
    assert [told.rate for told in search.told] == [100.0, 100.0, 300.0]
    assert search.low == 100.0 and search.found


@pytest.mark.parametrize("status", [Status.PASS, Status.FAIL, Status.UNKNOWN])
def test_where_all_rungs_say_the_same_nothing_is_found(status):
    search = asked(Search(first=100.0), lambda rate: Told(rate, status))
    assert not search.found
    assert len(search.told) <= 12


def test_what_was_served_puts_the_first_cut_near_the_knee():
    search = asked(Search(first=100.0, most=5), cliff(430.0))
    assert [round(told.rate) for told in search.told][:4] == [100, 300, 900, 417]


def test_a_generator_that_vouches_for_nothing_is_not_asked_for_ever_less():
    search = asked(Search(first=900.0), lambda rate: Told(rate, Status.UNKNOWN))
    assert [round(told.rate) for told in search.told] == [900, 900, 300, 300, 100, 100]
    assert search.low is None and not search.found


def test_a_first_rung_that_fails_is_made_once_more_and_its_last_word_counts():
    search = Search(first=10.0).tell(Told(10.0, Status.FAIL))
    assert search.rate == 10.0

    held = search.tell(Told(10.0, Status.PASS))
    assert (held.low, held.high, held.rate) == (10.0, None, 30.0)

    twice = search.tell(Told(10.0, Status.FAIL))
    assert twice.rate is not None and twice.rate < 10.0


def test_a_later_failure_stands_by_itself():
    search = Search(first=10.0).tell(Told(10.0, Status.PASS)).tell(Told(30.0, Status.FAIL))

    assert search.rate is not None and 10.0 < search.rate < 30.0
