"""The sequential test of a rung: right far from the knee and soon, patient near it, and not deceived by a backlog that grows."""

import numpy as np
import pytest
from queues import Queue

from rushproof.sequential import drifts, student, weigh
from rushproof.verdict import Status

QUEUE, BOUND = Queue(servers=4, mean=0.002), 0.012
KNEE = QUEUE.knee(BOUND)
LONGEST = 20


def seconds_of(rate, seed, queue=QUEUE, bound=BOUND):
    """By second after a second of warm-up: asked, late, mean response."""
    due, stayed = queue.responses(rate, LONGEST + 1, np.random.default_rng(seed))
    second = due.astype(int)
    asked, late, spent = (np.bincount(second, weights, LONGEST + 1)[1:] for weights in (None, stayed > bound, stayed))
    return asked.astype(float), late, spent / np.maximum(asked, 1)


def first_answer(rate, seed, shortest=4):
    asked, late, mean = seconds_of(rate, seed)
    for seconds in range(shortest, LONGEST + 1):
        found = weigh(asked[:seconds], late[:seconds], 0.01, seconds / LONGEST)
        if found.status is not Status.UNKNOWN:
            return found.status, seconds
        if drifts(mean[:seconds], seconds / LONGEST):
            return Status.FAIL, seconds
    return Status.UNKNOWN, LONGEST


def test_the_formula_says_what_the_simulation_does():
    asked, late, _ = (np.concatenate(parts) for parts in zip(*(seconds_of(KNEE * 0.95, seed) for seed in range(8)), strict=True))
    assert late.sum() / asked.sum() == pytest.approx(QUEUE.late(KNEE * 0.95, BOUND), rel=0.5)


@pytest.mark.parametrize(("factor", "status"), [(0.5, Status.PASS), (0.8, Status.PASS), (1.3, Status.FAIL), (2.0, Status.FAIL)])
def test_far_from_the_knee_it_is_right_and_soon(factor, status):
    answers = [first_answer(KNEE * factor, seed) for seed in range(12)]
    assert {answer for answer, _ in answers} == {status}
    assert np.mean([seconds for _, seconds in answers]) < 10


def test_near_the_knee_it_is_seldom_wrong():
    under, over = ([first_answer(KNEE * factor, seed)[0] for seed in range(30)] for factor in (0.95, 1.05))
    assert under.count(Status.FAIL) <= 3
    assert over.count(Status.PASS) <= 3


def test_an_overloaded_queue_fails_by_its_drift_while_no_answer_is_late_yet():
    _, late, mean = seconds_of(QUEUE.most * 1.2, 1, bound=10.0)
    assert not late[:8].any()
    assert drifts(mean[:8], 8 / LONGEST) == pytest.approx(0.2, abs=0.03)


def test_a_stable_queue_that_fills_does_not_drift():
    found = [drifts(seconds_of(QUEUE.most * 0.97, seed)[2], 1.0) for seed in range(20)]
    assert found.count(None) >= 19


def test_many_looks_together_err_no_more_often_than_one_in_ten():
    """At exactly the share allowed, independent seconds, either answer is an error of half the tests."""
    dice = np.random.default_rng(7)
    early = 0
    for _ in range(300):
        asked, late = np.full(LONGEST, 500.0), dice.binomial(500, 0.01, LONGEST).astype(float)
        found = [weigh(asked[:n], late[:n], 0.01, n / LONGEST).status for n in range(6, LONGEST + 1)]
        early += any(status is not Status.UNKNOWN for status in found)
    assert early <= 30


def test_seconds_that_hang_together_are_worth_less():
    asked = np.full(16, 500.0)
    apart, together = np.tile([0.0, 20.0], 8), np.repeat([0.0, 20.0, 0.0, 20.0], 4)
    assert abs(weigh(asked, together, 0.012, 1.0).z) < abs(weigh(asked, apart, 0.012, 1.0).z)


def test_one_bad_sample_breaks_a_line_that_allows_none():
    asked, bad = np.full(6, 100.0), np.zeros(6)
    assert weigh(asked, bad, 0.0, 0.3).status is Status.PASS
    bad[3] = 1
    assert weigh(asked, bad, 0.0, 0.3).status is Status.FAIL


def test_nothing_looked_at_answers_nothing():
    assert weigh(np.zeros(6), np.zeros(6), 0.01, 1.0).status is Status.UNKNOWN


def test_few_samples_without_a_late_one_do_not_pass_at_once():
    assert weigh(np.full(6, 100.0), np.zeros(6), 0.01, 0.3).status is Status.UNKNOWN
    assert weigh(np.full(6, 1000.0), np.zeros(6), 0.01, 0.3).status is Status.PASS


@pytest.mark.parametrize(
    ("z", "degrees", "t"), [(1.959964, 5, 2.570582), (1.959964, 20, 2.085963), (2.575829, 8, 3.355387), (1.959964, 10**6, 1.96)]
)
def test_the_quantiles_of_student_are_those_of_the_tables(z, degrees, t):
    assert student(z, degrees) == pytest.approx(t, rel=0.005)
