"""Rules held against hand-made frames: which second ends the load, and what is said of it."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.frame import CELL, Frame, Health
from rushproof.histogram import bucket
from rushproof.manifest import Ending
from rushproof.quantity import decode
from rushproof.run.stopping import BLIND, Standing, Stopping
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.stop_rule import StopRule

STEPS = (("people", VISIT), ("people", "browse"), ("people", "reserve"))
OK, ERROR, SHED, MISSED = Outcome.OK, Outcome.ERROR, Outcome.SHED, Outcome.MISSED


def lookout(*rules: dict[str, str], workers: int = 1) -> Stopping:
    read = [Standing(msgspec.convert(rule, StopRule, strict=False, dec_hook=decode), "the scenario") for rule in rules]
    return Stopping(read, workers, lambda at: f"09:00:{at:02.0f}")


def second(at: int, *cells: tuple[str, Outcome, float, int], worker: int = 0, oldest: dict[str, float] | None = None) -> Frame:
    """A worker's frame of wall second `at`; cells are (step, outcome, response, count)."""
    names = [step for _, step in STEPS]
    rows = [
        (0, names.index(step), outcome, distribution, int(bucket(np.array([took]))[0]), count)
        for step, outcome, took, count in cells
        for distribution in (Distribution.RESPONSE, Distribution.SERVED)
    ]
    health = Health(at=at, lag_p99=0, busy=0, turn=0, due=0, unsent=0, missed=0, in_flight=0, memory=1)
    return Frame(
        worker=worker, seq=at, until=at + 1.0, steps=STEPS, visits=(), cells=np.array(rows, CELL).tobytes(), health=(health,),
        oldest=tuple((oldest or {}).get(name, 0.0) for name in names),
    )  # fmt: skip


ERRORS = {"measure": "share", "outcome": "error", "above": "20%"}


def test_a_share_above_its_bound_for_a_second_ends_the_load_and_says_what_was_read_and_when():
    rule = lookout(ERRORS)
    assert rule.add(second(0, ("reserve", OK, 0.01, 80), ("reserve", ERROR, 0.01, 20))) is None
    halt = rule.add(second(1, ("reserve", OK, 0.01, 79), ("reserve", ERROR, 0.01, 21)))
    assert halt is not None and halt.ending is Ending.STOPPED
    assert halt.why == "share error above 20% (a rule of the scenario): it was 21 % of 100 samples in the second from 1 s on (09:00:01)"


def test_a_rule_that_lasts_looks_at_seconds_in_a_row():
    rule = lookout({**ERRORS, "for": "3s"})
    bad, good = ("reserve", ERROR, 0.01, 50), ("reserve", OK, 0.01, 50)
    said = [rule.add(second(at, cell)) for at, cell in enumerate([bad, bad, good, bad, bad, bad])]
    assert [halt is not None for halt in said] == [False] * 5 + [True]


def test_a_second_in_which_nothing_ended_neither_adds_to_a_row_nor_breaks_it():
    rule = lookout({**ERRORS, "for": "3s"})
    bad = ("reserve", ERROR, 0.01, 50)
    assert [rule.add(frame) is not None for frame in (second(0, bad), second(1), second(2), second(3, bad))] == [False, False, False, True]
    rule = lookout({**ERRORS, "for": "3s"})
    assert not any(rule.add(frame) for frame in (second(0, bad), second(1), second(2), second(3), second(4)))


def test_a_rule_of_a_step_looks_at_that_step_alone():
    rule = lookout({**ERRORS, "step": "reserve"})
    assert rule.add(second(0, ("browse", ERROR, 0.01, 100), ("reserve", OK, 0.01, 10))) is None
    assert rule.add(second(1, ("browse", OK, 0.01, 1000), ("reserve", ERROR, 0.01, 3), ("reserve", OK, 0.01, 7))) is not None


@pytest.mark.parametrize(("place", "found"), [("p50", False), ("p90", False), ("p95", True), ("p99", True), ("max", True)])
def test_a_percentile_is_of_the_responses_that_ended_in_the_second(place: str, found: bool):
    rule = lookout({"measure": place, "above": "5s"})
    assert (rule.add(second(0, ("reserve", OK, 0.01, 90), ("reserve", OK, 6.0, 10))) is not None) is found


def test_a_target_that_answers_nobody_is_seen_by_the_age_of_the_eldest_call():
    rule = lookout({"measure": "p99", "step": "reserve", "above": "2s"})
    assert rule.add(second(0, ("reserve", OK, 0.01, 500))) is None
    assert rule.add(second(1, oldest={"reserve": 1.1})) is None
    halt = rule.add(second(2, oldest={"reserve": 2.1}))
    assert halt is not None and "the eldest call had waited 2.1" in halt.why and "of 0 samples" in halt.why


def test_the_eldest_call_of_another_step_ends_nothing():
    rule = lookout({"measure": "p99", "step": "reserve", "above": "2s"})
    assert rule.add(second(0, oldest={"browse": 60.0})) is None


def test_one_slow_call_among_many_is_no_percentile_but_the_longest():
    many = ("reserve", OK, 0.01, 1000)
    assert lookout({"measure": "p99", "above": "2s"}).add(second(0, many, oldest={"reserve": 9.0})) is None
    assert lookout({"measure": "max", "above": "2s"}).add(second(0, many, oldest={"reserve": 9.0})) is not None


def test_with_an_outcome_named_fast_refusals_hide_nothing():
    cells = ("reserve", SHED, 0.001, 990), ("reserve", OK, 9.0, 10)
    assert lookout({"measure": "p95", "above": "2s"}).add(second(0, *cells)) is None
    assert lookout({"measure": "p95", "outcome": "ok", "above": "2s"}).add(second(0, *cells)) is not None


def test_a_second_is_looked_at_for_all_workers_together():
    rule = lookout(ERRORS, workers=2)
    assert rule.add(second(0, ("reserve", ERROR, 0.01, 30), worker=0)) is None
    assert rule.add(second(0, ("reserve", OK, 0.01, 170), worker=1)) is None  # 15 % together
    assert rule.add(second(1, ("reserve", ERROR, 0.01, 30), worker=1)) is None
    assert rule.add(second(1, ("reserve", OK, 0.01, 70), worker=0)) is not None


def test_a_worker_that_stalls_cannot_keep_a_second_from_being_looked_at():
    rule = lookout(ERRORS, workers=2)
    assert rule.add(second(0, ("reserve", ERROR, 0.01, 30), worker=0)) is None
    assert rule.add(second(1, worker=0)) is not None


def test_visits_that_were_never_begun_have_no_response_but_a_share():
    cells = ("reserve", MISSED, 0.0, 999), ("reserve", OK, 9.0, 1)
    assert lookout({"measure": "p50", "above": "2s"}).add(second(0, *cells)) is not None
    assert lookout({"measure": "share", "outcome": "missed", "above": "50%"}).add(second(0, *cells)) is not None


QUERY = {"query": "pool_used / pool_size", "above": "0.9", "for": "3s"}


def test_a_query_above_its_bound_for_as_long_as_it_says_ends_the_load():
    rule = lookout(QUERY)
    said = [rule.read(0, at, value) for at, value in enumerate([0.95, 0.95, 0.9, 0.91, 0.92, 0.95])]
    assert [halt is not None for halt in said] == [False] * 5 + [True]
    assert said[-1] is not None and "pool_used / pool_size above 0.9 (a rule of the scenario): it was 0.95 " in said[-1].why


def test_a_query_that_is_no_number_is_not_above_anything():
    rule = lookout({**QUERY, "for": "1s"})
    assert rule.read(0, 0.0, float("nan")) is None
    assert rule.read(0, 1.0, float("inf")) is not None


def test_a_rule_that_cannot_be_watched_ends_the_load_after_five_seconds_and_says_why():
    rule = lookout(QUERY)
    assert rule.read(0, 1.0, 0.5) is None
    said = [rule.read(0, 1.0 + waited, None, "no answer within 1 s") for waited in (1, 2, 3, 4, BLIND)]
    assert [halt is not None for halt in said] == [False] * 4 + [True]
    assert said[-1] is not None and "could not be watched for 5.0 s" in said[-1].why and "no answer within 1 s" in said[-1].why
    assert lookout(QUERY).read(0, BLIND, None) is not None  # never answered since the start


def test_readings_from_before_the_load_end_nothing():
    rule = lookout({**QUERY, "for": "1s"})
    assert rule.read(0, -0.3, 5.0) is None
    assert rule.read(0, 0.7, 5.0) is not None


shares = st.lists(st.integers(0, 100), min_size=1, max_size=30)


@given(shares, st.integers(1, 5))
def test_load_ends_at_the_first_second_that_completes_a_row_and_never_before(errors: list[int], lasting: int):
    rule = lookout({**ERRORS, "for": f"{lasting}s"})
    ended = None
    for at, bad in enumerate(errors):
        cells = [("reserve", outcome, 0.01, count) for outcome, count in ((ERROR, bad), (OK, 100 - bad)) if count]
        if rule.add(second(at, *cells)) is not None:
            ended = at
            break
    rows = [all(bad > 20 for bad in errors[at - lasting + 1 : at + 1]) for at in range(lasting - 1, len(errors))]
    assert ended == (rows.index(True) + lasting - 1 if any(rows) else None)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50)), min_size=3, max_size=3), st.permutations([0, 1, 2]))
def test_it_does_not_matter_in_which_order_workers_report_a_second(told: list[tuple[int, int]], order: list[int]):
    frames = [
        second(0, *[("reserve", outcome, 0.01, count) for outcome, count in ((ERROR, bad), (OK, good)) if count], worker=worker)
        for worker, (bad, good) in enumerate(told)
    ]
    answers = []
    for turn in (range(3), order):
        rule = lookout(ERRORS, workers=3)
        answers.append([rule.add(frames[worker]) for worker in turn][-1])
    assert answers[0] == answers[1]
