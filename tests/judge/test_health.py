from typing import Any

import pytest

from rushproof.health import SIGNS, generator, lag_limit, spoiled, taint
from rushproof.scenario import GeneratorSpec
from rushproof.summary import Span


def _signs(history: Any, *budget: Any) -> dict[int, set[str]]:
    return {second: set(signs) for second, signs in taint(history.summary(*budget)).signs.items()}


@pytest.mark.parametrize(
    ("sign", "within", "beyond"),
    [
        ("lag", {"lag_p99": 0.005}, {"lag_p99": 0.0051}),
        ("busy", {"busy": 0.85}, {"busy": 0.86}),
        ("turn", {"turn": 0.05}, {"turn": 0.051}),
        ("unsent", {"unsent": 1, "due": 100}, {"unsent": 2, "due": 100}),
        ("missed", {"missed": 0}, {"missed": 1}),
    ],
)
def test_a_second_is_tainted_beyond_its_threshold(history: Any, sign: str, within: Any, beyond: Any) -> None:
    history.second(3, **within).second(7, **beyond)
    assert _signs(history) == {7: {sign}}


def test_a_second_that_a_stopped_generator_slept_through_is_tainted(history: Any) -> None:
    history.silent(20, 21, 22)
    assert _signs(history) == {20: {"absent"}, 21: {"absent"}, 22: {"absent"}}


def test_a_generator_that_fell_silent_before_the_last_arrival_taints_the_rest(history: Any) -> None:
    history.silent(*range(57, 60))
    assert sorted(_signs(history)) == [57, 58]  # of the last second a part may have been told as the second before


def test_a_generator_that_says_nothing_at_all_taints_everything(history: Any) -> None:
    history.silent(*range(60))
    assert len(_signs(history)) == 60


def test_tidying_up_after_the_last_arrival_taints_nothing(history: Any) -> None:
    history.sample(at=61.0)
    history.second(60, busy=1.0).second(61, busy=1.0)
    assert _signs(history) == {61: {"busy"}}


def test_lag_may_be_a_twentieth_of_the_tightest_latency_bound(limit: Any) -> None:
    spec = GeneratorSpec()
    assert lag_limit(spec, ()) == 0.005
    assert lag_limit(spec, (limit("p99", "50ms"), limit("p50", "2s"))) == 0.005
    assert lag_limit(spec, (limit("p99", "500ms"), limit("p50", "2s"))) == 0.025
    assert lag_limit(spec, (limit("p99", "2s"), limit("good_share", "99%", within="400ms"))) == pytest.approx(0.02)


def test_a_share_of_a_window_s_seconds_is_borne_away_from_its_peak(history: Any) -> None:
    history.manifest = {"elapsed": 200.0}
    history.seconds = {at: {} for at in range(200)}
    for at in range(100, 110):
        history.sample(at=at + 0.5, times=5)
    summary = history.second(5, busy=0.9).second(6, busy=0.9).summary()
    assert not spoiled(taint(summary), summary, Span(0, 200))

    summary = history.second(7, turn=0.3).summary()
    why = spoiled(taint(summary), summary, Span(0, 200))
    assert why == "the generator cannot vouch for 3 of 200 wall seconds (busy 2, turn 1), more than the 1 % that is borne"


def test_a_single_tainted_second_in_the_peak_is_too_many(history: Any) -> None:
    history.manifest = {"elapsed": 200.0}
    history.seconds = {at: {} for at in range(200)}
    for at in range(100, 110):
        history.sample(at=at + 0.5, times=5)
    summary = history.second(104, lag_p99=0.2).summary()

    why = spoiled(taint(summary), summary, Span(0, 200))

    assert why == "the generator cannot vouch for 1 of the 10 busiest wall seconds (lag 1)"
    assert not spoiled(taint(summary), summary, Span(0, 100))


def test_how_much_is_borne_is_the_scenario_s_to_say(history: Any) -> None:
    history.scenario = {"generator": GeneratorSpec(tainted=0.2, peak=0, turn=1.0)}  # type: ignore[arg-type]
    for at in range(10):
        history.second(at, busy=0.99, turn=0.9)
    summary = history.summary()
    assert not spoiled(taint(summary), summary, summary.whole)


def test_the_generator_says_what_it_was(history: Any) -> None:
    history.second(3, busy=0.9, lag_p99=0.2, memory=5e8).second(4, turn=0.4).silent(30)
    summary = history.summary()

    found = generator(taint(summary), summary)

    assert (found.busy_peak, found.lag_p99, found.turn, found.memory) == (0.9, 0.2, 0.4, 500_000_000)
    assert (found.seconds, found.tainted_seconds) == (60, 3)
    assert found.reasons == {**dict.fromkeys(SIGNS, 0), "busy": 1, "lag": 1, "turn": 1, "absent": 1}
