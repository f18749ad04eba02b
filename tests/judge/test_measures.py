import math
from typing import Any

import pytest

from rushproof.budget import MEASURES as UNITS
from rushproof.manifest import Ending
from rushproof.measures import MEASURES, Measured, Missing
from rushproof.sample import Outcome

OK, REFUSED, SHED, ERROR, DOUBT = Outcome.OK, Outcome.REFUSED, Outcome.SHED, Outcome.ERROR, Outcome.DOUBT
UNFINISHED, MISSED = Outcome.UNFINISHED, Outcome.MISSED


def measured(history: Any, limit: Any) -> Measured:
    """The figure of a limit, which there is."""
    found = MEASURES[limit.measure](history.summary(limit), limit)
    assert isinstance(found, Measured), found
    return found


def test_every_measure_a_budget_can_name_is_computed() -> None:
    assert set(MEASURES) == set(UNITS)


@pytest.mark.parametrize(("measure", "seconds"), [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 1.0), ("max", 1.0)])
def test_a_percentile_is_the_value_at_its_place(history: Any, limit: Any, measure: str, seconds: float) -> None:
    for hundredth in range(1, 101):
        history.sample(took=hundredth / 100)

    found = measured(history, limit(measure, "1s", step="reserve"))

    assert found.value == pytest.approx(seconds, rel=0.008)
    assert (found.low, found.high, found.n) == (found.value, found.value, 100)


@pytest.mark.parametrize("outcome", [ERROR, DOUBT, MISSED])
def test_what_failed_lasts_for_ever_unless_an_outcome_is_named(history: Any, limit: Any, outcome: Outcome) -> None:
    history.sample(took=0.1, times=90).sample(outcome, took=0.001, times=10)

    assert measured(history, limit("p90", "1s", step="reserve")).value == pytest.approx(0.1, rel=0.008)
    assert measured(history, limit("p95", "1s", step="reserve")).value == math.inf
    assert measured(history, limit("p95", "1s", step="reserve", outcome="ok")).value == pytest.approx(0.1, rel=0.008)


def test_what_was_never_sent_counts_in_a_service_time_too(history: Any, limit: Any) -> None:
    history.sample(took=0.1, times=50)
    for outcome, times in ((ERROR, 40), (UNFINISHED, 10)):
        for _ in range(times):
            history.tally.sample(1, outcome, True, due=5.0, planned=5.0, ready=5.0, sent=math.nan, done=9.0)

    found = measured(history, limit("p50", "1s", step="reserve", of="service"))
    worse = measured(history, limit("p90", "1s", step="reserve", of="service"))

    assert (found.n, found.low, found.high) == (100, pytest.approx(0.1, rel=0.008), pytest.approx(0.1, rel=0.008))
    assert (worse.low, worse.high) == (math.inf, math.inf)


def test_a_fast_429_improves_no_percentile(history: Any, limit: Any) -> None:
    history.sample(took=1.0, times=10).sample(SHED, took=0.001, times=90, last=False)

    found = measured(history, limit("p50", "1s", step="reserve"))

    assert (found.value, found.n) == (pytest.approx(1.0, rel=0.008), 10)


def test_who_gave_up_after_being_shed_was_never_answered(history: Any, limit: Any) -> None:
    history.sample(took=1.0, times=10).sample(SHED, took=0.001, times=40, last=False).sample(SHED, took=60.0, times=30)

    found = measured(history, limit("p50", "1s", step="reserve"))

    assert (found.value, found.n) == (math.inf, 40)


def test_a_refusal_is_an_answer(history: Any, limit: Any) -> None:
    history.sample(REFUSED, took=0.2, times=10)

    assert measured(history, limit("p99", "1s", step="reserve")).value == pytest.approx(0.2, rel=0.008)


def test_what_is_still_open_lasted_at_least_its_age(history: Any, limit: Any) -> None:
    history.sample(took=0.1, times=90).sample(UNFINISHED, took=4.0, times=10)

    found = measured(history, limit("p95", "1s", step="reserve"))

    assert (found.low, found.high) == (pytest.approx(4.0, rel=0.008), math.inf)
    assert "10 still open" in found.remark


def test_the_age_of_what_is_open_says_nothing_below_it(history: Any, limit: Any) -> None:
    history.sample(took=0.1, times=90).sample(UNFINISHED, took=4.0, times=10)

    found = measured(history, limit("p90", "1s", step="reserve"))

    assert found.low == found.high == pytest.approx(0.1, rel=0.008)


def test_a_share_is_of_the_samples_due(history: Any, limit: Any) -> None:
    history.sample(times=98).sample(ERROR).sample(DOUBT)

    found = measured(history, limit("share", "1%", step="reserve", outcome="error"))

    assert (found.value, found.n) == (0.01, 100)


def test_a_good_share_counts_what_was_ok_in_time_among_all_that_was_due(history: Any, limit: Any) -> None:
    history.sample(took=0.1, times=6).sample(took=2.0, times=2).sample(ERROR, took=0.1).sample(MISSED, took=0.0)

    assert measured(history, limit("good_share", "50%", step="reserve", within="1s")).value == 0.6


def test_a_person_who_was_shed_and_came_back_is_acknowledged(history: Any, limit: Any) -> None:
    history.sample(SHED, last=False, times=5).sample(OK, took=9.0, times=5).sample(SHED, took=60.0)

    found = measured(history, limit("acknowledged", "99%", step="reserve"))

    assert (found.value, found.n) == (5 / 6, 6)


def test_what_a_run_that_was_cut_short_left_open_may_still_have_come_out_well(history: Any, limit: Any) -> None:
    history.sample(times=9).sample(UNFINISHED)
    history.manifest = {"ending": Ending.INTERRUPTED}

    for measure, more in (("acknowledged", {}), ("share", {"outcome": "ok"})):
        found = measured(history, limit(measure, "99%", step="reserve", **more))
        assert (found.low, found.high) == (0.9, 1.0)


def test_in_a_complete_run_what_is_unfinished_is_not_ok(history: Any, limit: Any) -> None:
    history.sample(times=9).sample(UNFINISHED)

    found = measured(history, limit("acknowledged", "99%", step="reserve"))

    assert (found.low, found.high) == (0.9, 0.9)


def test_finished_counts_visits_that_were_lost_too(history: Any, limit: Any) -> None:
    history.visit(times=8).visit(UNFINISHED)
    history.manifest = {"offered": {"reservers": 10}}

    found = measured(history, limit("finished", "99%"))

    assert (found.value, found.n) == (0.8, 10)


def test_finished_in_a_window_is_of_the_visits_that_came_in_it(history: Any, limit: Any) -> None:
    history.visit(times=8, at=2.0).visit(UNFINISHED, at=3.0, times=2).visit(UNFINISHED, at=30.0, times=50)

    assert measured(history, limit("finished", "99%", window="rush")).value == 0.8


def test_throughput_is_counted_when_it_was_done(history: Any, limit: Any) -> None:
    history.sample(took=30.0, at=5.0, times=100).sample(took=0.1, at=5.0, times=20).sample(ERROR, at=5.0, times=7)

    assert measured(history, limit("throughput", "1/s", step="reserve", window="rush")).value == 2.0


def test_offered_is_counted_when_it_was_due(history: Any, limit: Any) -> None:
    history.sample(took=30.0, at=5.0, times=100).sample(ERROR, at=50.0, times=20)

    assert measured(history, limit("offered", "1/s", step="reserve", window="rush")).value == 10.0
    assert measured(history, limit("offered", "1/s", step="reserve")).value == 2.0


def test_a_throughput_of_nothing_while_something_was_due_is_a_figure(history: Any, limit: Any) -> None:
    history.sample(ERROR, times=10)

    found = measured(history, limit("throughput", "1/s", step="reserve"))

    assert (found.value, found.n) == (0.0, 10)


def test_a_count_is_of_its_outcome(history: Any, limit: Any) -> None:
    history.sample(times=5).sample(DOUBT, times=3)

    assert measured(history, limit("count", "1", step="reserve", outcome="doubt")).value == 3


def test_stretch_is_of_visits(history: Any, limit: Any) -> None:
    history.visit(stretch=0.5, times=99).visit(MISSED, stretch=0.0).sample(took=9.0)

    found = measured(history, limit("p99", "1s", step="visit", of="stretch"))

    assert (found.value, found.n) == (pytest.approx(0.5, rel=0.008), 100)


def test_all_steps_together_leave_visits_out(history: Any, limit: Any) -> None:
    history.sample(took=0.2, times=3, step=0).sample(took=0.2, times=4).visit(times=50)

    assert measured(history, limit("p99", "1s")).n == 7


def test_one_crowd_is_judged_without_the_other(history: Any, limit: Any) -> None:
    history.sample(took=0.2, times=3).sample(took=9.0, times=4, step=3)

    assert measured(history, limit("p99", "1s", step="reserve", crowd="reservers")).n == 3
    assert measured(history, limit("p99", "1s", step="reserve")).n == 7


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("window", [None, "rush", "eve"])
def test_nothing_measured_is_told_and_not_counted_as_good(history: Any, limit: Any, measure: str, window: str | None) -> None:
    more = {"share": {"outcome": "error"}, "good_share": {"within": "1s"}}.get(measure, {})
    bound = {"s": "1s", "share": "1%", "/s": "1/s", "count": "1"}[UNITS[measure].value]
    step = None if measure == "finished" else "reserve"
    one = limit(measure, bound, step=step, window=window, **more)

    found = MEASURES[measure](history.summary(one), one)

    assert isinstance(found, Missing)
    assert found.why
