"""Intents by the moment they were due."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.histogram import bucket
from rushproof.manifest import Ending
from rushproof.recovery.baseline import Unsteady, baseline
from rushproof.recovery.cohort import Cohorts, cohorts
from rushproof.sample import Distribution, Outcome
from rushproof.summary import Cells, Summary


def summary(drill: Any) -> Summary:
    """The summary of a drill by hand."""
    return Summary.of(drill._manifest(), drill._recorded())


def test_good_is_what_came_out_ok_within_the_time_that_counts(drill: Any) -> None:
    drill.second(10, good=5, bad=2, took=0.2)
    drill.second(10, good=3, took=4.0)
    drill.second(11, good=1, took=0.2, tries=3)
    found = cohorts(summary(drill), "pay", within=3.0)
    assert (found.asked[10], found.good[10], found.tries[10]) == (10, 5, 10)
    assert (found.asked[11], found.good[11], found.tries[11]) == (1, 1, 3)
    assert found.quantile(0.99, 0, 20) == pytest.approx(0.2, rel=0.01)
    assert found.slower(0.1).sum() == 6
    assert found.slower(0.3).sum() == 0


def test_other_steps_and_crowds_are_others(drill: Any) -> None:
    drill.second(10, good=5)
    drill.second(10, good=7, step=1)
    assert cohorts(summary(drill), "pay", 3.0).asked.sum() == 5
    assert cohorts(summary(drill), "browse", 3.0, "winners").asked.sum() == 7
    assert cohorts(summary(drill), "browse", 3.0, "nobody").asked.sum() == 0


@pytest.mark.parametrize(
    ("age", "ending", "asked"),
    [(10.0, Ending.COMPLETE, 7), (1.0, Ending.COMPLETE, 5), (10.0, Ending.INTERRUPTED, 5)],
    ids=["too late already", "young", "of a run that was cut"],
)
def test_an_intent_that_was_still_open_counts_only_where_its_end_is_known(drill: Any, age: float, ending: Ending, asked: int) -> None:
    drill.second(10, good=5)
    drill.cells.append((10, 0, Outcome.UNFINISHED, Distribution.INTENT, int(bucket(np.array([age]))[0]), 2))
    drill.manifest = {"ending": ending}
    assert cohorts(summary(drill), "pay", 3.0).asked[10] == asked


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 2000), st.integers(1, 9)), min_size=1), st.integers(0, 19))
def test_durations_of_two_stretches_add_up_to_those_of_the_whole(told: list[Any], cut: int) -> None:
    at, buckets, counts = (np.array(column) for column in zip(*told, strict=True))
    found = Cohorts(1.0, np.zeros(20, int), np.zeros(20, int), np.zeros(20, int), Cells(at, buckets, counts))
    assert (found.durations(0, cut) + found.durations(cut, 20) == found.durations(0, 20)).all()
    assert found.slower(0.0).sum() <= counts.sum()


def steady(rate: int = 50, seconds: int = 120, share: float = 0.97, seed: int = 1) -> Cohorts:
    """A time in which nothing changes."""
    random = np.random.default_rng(seed)
    asked = random.poisson(rate, seconds)
    return Cohorts(1.0, asked, random.binomial(asked, share), asked)


def test_a_steady_time_is_a_baseline_and_scatters_as_chance_does() -> None:
    found = [baseline(steady(seed=seed), 0, 120, 0.01) for seed in range(100)]
    assert sum(isinstance(each, Unsteady) for each in found) <= 2
    assert np.mean([each.spread for each in found if not isinstance(each, Unsteady)]) < 1.3


def test_failures_that_come_together_count_for_less() -> None:
    random = np.random.default_rng(2)
    asked = np.full(200, 100)
    bad = np.where(random.random(200) < 0.1, 40, 0)
    found = baseline(Cohorts(1.0, asked, asked - bad, asked), 0, 200, 0.05)
    assert not isinstance(found, Unsteady)
    assert found.spread > 5


@pytest.mark.parametrize(
    ("cohort", "begin", "told"),
    [
        (steady(), 61.0, "is 59 s of wall time"),
        (steady(rate=5), 0.0, "intents, and 1,000 are needed"),
        (steady(share=0.0), 0.0, "not one intent"),
        (steady(share=0.015, rate=500), 0.0, "more than twice the `drop` of 1 %"),
    ],
)
def test_too_little_is_no_baseline(cohort: Cohorts, begin: float, told: str) -> None:
    found = baseline(cohort, begin, 120.0, 0.01)
    assert isinstance(found, Unsteady)
    assert told in found.why


def test_a_difference_too_small_to_matter_does_not_make_it_unsteady() -> None:
    asked = np.full(120, 100_000)
    good = np.where(np.arange(120) < 60, 97_000, 97_300)
    assert not isinstance(baseline(Cohorts(1.0, asked, good, asked), 0, 120, 0.01), Unsteady)
    assert isinstance(baseline(Cohorts(1.0, asked, good, asked), 0, 120, 0.005), Unsteady)
