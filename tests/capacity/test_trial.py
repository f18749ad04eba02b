"""A rung while it goes on: what its lines count is what the judge's measures count, and it ends for the right reasons only."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.budget import Limit
from rushproof.frame import CELL, Frame, Health, Visits
from rushproof.histogram import bucket
from rushproof.quantity import Bound
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.trial import Trial, question
from rushproof.verdict import Status

STEPS = (("people", VISIT), ("people", "ask"), ("people", "other"))


def line(measure, **more):
    quantities = {name: Bound.read(value) for name, value in more.items() if name in ("at_most", "at_least", "within")}
    return Limit(measure=measure, **{**more, **quantities})


P99, GOOD = line("p99", step="ask", at_most="100ms"), line("good_share", step="ask", within="100ms", at_least="99%")
ERRORS, ACKNOWLEDGED = line("share", step="ask", outcome="error", at_most="1%"), line("acknowledged", step="ask", at_least="99%")


def cells(rows):
    """(second, step, outcome, distribution, seconds of response, count)"""
    told = [
        (at, step, outcome, distribution, int(bucket(np.array([took]))[0]), count) for at, step, outcome, distribution, took, count in rows
    ]
    return np.array(told, CELL).tobytes()


def frame(second, rows, due=None, oldest=()):
    answered = sum(row[5] for row in rows if row[3] is Distribution.RESPONSE)
    health = Health(at=second, lag_p99=0, busy=0, turn=0, due=answered if due is None else due, unsent=0, missed=0, in_flight=0, memory=1)
    return Frame(
        worker=0, seq=second, until=second + 1.0, steps=STEPS, visits=(Visits(),), cells=cells(rows), health=(health,), oldest=oldest
    )


def asks(second, count, took, outcome=Outcome.OK):
    return [(second, 1, outcome, kind, took, count) for kind in (Distribution.RESPONSE, Distribution.INTENT)] if count else []


def ruled(trial, frames):
    return next((found for each in frames if (found := trial.add(each)) is not None), None)


def test_a_quick_target_passes_as_soon_as_it_may():
    trial = Trial((P99, GOOD, ERRORS, ACKNOWLEDGED), 1.0, 4.0, 20.0)
    found = ruled(trial, [frame(second, asks(second, 2000, 0.01)) for second in range(12)])
    assert found.status is Status.PASS
    assert "after 4 s" in found.why


def test_the_warm_up_is_not_looked_at():
    slow_start = [frame(second, asks(second, 2000, 5.0 if second < 2 else 0.01)) for second in range(12)]
    assert ruled(Trial((P99,), 2.0, 4.0, 20.0), slow_start).status is Status.PASS
    assert ruled(Trial((P99,), 0.0, 4.0, 20.0), slow_start) is None


def test_what_is_broken_far_fails_and_names_the_line():
    dice = np.random.default_rng(1)
    rows = [
        frame(second, [*asks(second, 900, 0.01), *asks(second, int(dice.integers(80, 120)), 0.01, Outcome.ERROR)]) for second in range(20)
    ]
    found = ruled(Trial((GOOD, ERRORS), 0.0, 6.0, 20.0), rows)
    assert found.status is Status.FAIL
    assert found.line == ERRORS.name


def test_a_line_that_only_the_whole_run_can_answer_keeps_a_rung_from_passing_early():
    odd = line("p50", step="ask", at_least="1ms")
    assert question(odd) is None
    trial = Trial((P99, odd), 0.0, 4.0, 20.0)
    assert ruled(trial, [frame(second, asks(second, 2000, 0.01)) for second in range(20)]) is None


def test_no_answer_at_all_is_late_for_certain():
    frozen = [frame(second, [], due=1000, oldest=(0.0, second + 1.0, 0.0)) for second in range(12)]
    found = ruled(Trial((P99,), 0.0, 4.0, 20.0), frozen)
    assert found.status is Status.FAIL
    assert "had no answer" in found.why


def test_a_step_without_a_line_may_wait_as_long_as_it_likes():
    polling = [frame(second, asks(second, 1000, 0.01), due=2000, oldest=(0.0, 0.01, second + 1.0)) for second in range(12)]
    assert ruled(Trial((P99,), 0.0, 4.0, 20.0), polling) is None


def test_open_requests_keep_a_rung_from_passing():
    missing = [frame(second, asks(second, 2000, 0.01), due=2100) for second in range(20)]
    assert ruled(Trial((P99,), 0.0, 4.0, 20.0), missing) is None


def test_a_response_that_grows_fails_while_none_is_late():
    grows = [frame(second, asks(second, 500, 0.1 + 0.2 * second)) for second in range(12)]
    found = ruled(Trial((line("p99", step="ask", at_most="30s"),), 0.0, 6.0, 20.0), grows)
    assert found.status is Status.FAIL
    assert "the response of ask grew by 200 ms" in found.why


def test_a_slow_step_that_comes_later_is_no_backlog():
    """Thinking between them: the mean of all steps together rises, that of each does not."""
    rows = [
        [*asks(second, 500, 0.05), *([(second, 2, Outcome.OK, Distribution.RESPONSE, 2.0, 125 * (second - 3))] if second > 3 else [])]
        for second in range(12)
    ]
    found = ruled(Trial((line("p99", at_most="30s"),), 0.0, 6.0, 20.0), [frame(second, row) for second, row in enumerate(rows)])
    assert found is None or found.status is Status.PASS


def test_the_order_of_workers_does_not_matter():
    def both(order):
        trial = Trial((P99,), 0.0, 4.0, 20.0, workers=2)
        for second in range(12):
            for worker in order:
                told = msgspec.structs.replace(frame(second, asks(second, 1000, 0.01)), worker=worker)
                if (found := trial.add(told)) is not None:
                    return second, found
        return None

    assert both((0, 1)) == both((1, 0))


def test_concurrency_is_rate_times_response():
    trial = Trial((P99,), 1.0, 4.0, 20.0)
    for second in range(9):
        trial.add(frame(second, asks(second, 200, 0.05)))
    assert trial.concurrency(9.0) == pytest.approx(200 * 0.05, rel=0.01)


@given(
    counts=st.lists(
        st.tuples(st.sampled_from(list(Outcome)[:6]), st.sampled_from([0.01, 0.09, 0.11, 3.0]), st.integers(1, 50)), min_size=1, max_size=12
    ),
    limit=st.sampled_from(
        [
            P99,
            GOOD,
            ERRORS,
            ACKNOWLEDGED,
            line("p90", step="ask", outcome="ok", at_most="100ms"),
            line("share", step="ask", outcome="ok", at_least="90%"),
            line("p50", at_most="100ms"),
            line("max", step="ask", outcome="ok", at_most="100ms"),
        ]
    ),
)
def test_what_a_line_counts_is_what_its_measure_says(counts, limit):
    """A percentile is over its bound just when more than its share is; a share is the measure's own figure."""
    from rushproof.measures import MEASURES, Missing

    rows = [(0, 1, outcome, Distribution.RESPONSE, took, count) for outcome, took, count in counts]
    rows += [(0, 1, outcome, Distribution.INTENT, took, count) for outcome, took, count in counts[::2]]
    trial = Trial((limit,), 0.0, 1.0, 4.0)
    trial.add(frame(0, rows))
    n, bad = trial._asked[0].sum(), trial._bad[0].sum()
    found = MEASURES[limit.measure](summary(rows), limit)
    if isinstance(found, Missing):
        assert n == 0
        return
    assert n == found.n
    if limit.measure in ("share", "good_share", "acknowledged"):
        figure = bad / n if limit.at_most else 1 - bad / n
        assert figure == pytest.approx(found.value)
    else:
        assert (found.low > limit.bound.value) == (bad > question(limit).allowed * n + 1e-6)


def summary(rows):
    from rushproof.manifest import Ending, Machine, Manifest
    from rushproof.recorded import COUNTED, HEALTH, Recorded
    from rushproof.scenario_file import read_scenario
    from rushproof.summary import Summary

    text = """
about: One second
target: {url: "http://127.0.0.1:1"}
timetable: {from: "09:00", to: "09:00:01"}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: "09:00", for: 1s, rate: 1/s}}}
"""
    scenario = read_scenario(text, "one.yaml", "one").scenario
    manifest = Manifest(
        run="1",
        scenario=scenario,
        seed=1,
        people=1.0,
        speed=1.0,
        first=32400.0,
        last=32401.0,
        start=0.0,
        elapsed=1.0,
        ending=Ending.COMPLETE,
        machine=Machine("Linux", "3", 1, 1),
    )
    raw = np.frombuffer(cells(rows), CELL)
    counted = np.zeros(len(raw), COUNTED)
    for name in COUNTED.names:
        counted[name] = raw[name]
    return Summary.of(manifest, Recorded(steps=STEPS, cells=counted, health=np.zeros(0, HEALTH)))
