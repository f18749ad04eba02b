"""The service clock on drawn recoveries of which the answer is known; `python -m bench recovery` draws five times as many."""

from functools import cache

import msgspec
import numpy as np
import pytest

from bench.curves import AFTER, BEFORE, CURVES, DROP, MENDED, Drawn
from bench.recovery import INSIDE, bounded, right, told
from bench.simple import SIMPLE
from rushproof.recovery.baseline import Unsteady, baseline
from rushproof.recovery.cohort import Cohorts
from rushproof.recovery.looked import Rule
from rushproof.recovery.service import Served, served

RUNS = 200


@cache
def runs(name: str) -> tuple[Served | None, ...]:
    """What is told of so many runs of a kind."""
    return tuple(told(CURVES[name].cohorts(seed)) for seed in range(RUNS))


@pytest.mark.parametrize("name", CURVES)
def test_the_truth_lies_in_the_bracket_that_is_printed(name: str) -> None:
    truth = CURVES[name].truth()
    assert sum(right(each, truth) for each in runs(name)) >= INSIDE * RUNS
    for bracket in filter(None, map(bounded, runs(name))):
        at, low, high = bracket
        assert 0 <= low <= at <= high


@pytest.mark.parametrize(("name", "off"), [("at once", 0.0), ("step", 1.0), ("relapse", 1.0), ("sparse relapse", 3.0)])
def test_a_sudden_recovery_is_told_to_the_second(name: str, off: float) -> None:
    truth = CURVES[name].truth() or 0.0
    errors = [abs(bracket[0] - truth) for bracket in filter(None, map(bounded, runs(name)))]
    assert np.percentile(errors, 95) <= off


def test_the_more_come_the_narrower_the_bracket() -> None:
    def width(drawn: Drawn) -> float:
        return float(np.median([high - low for seed in range(20) for _, low, high in filter(None, [bounded(told(drawn.cohorts(seed)))])]))

    step = CURVES["step"]
    assert width(step._replace(rate=2000.0)) < width(step) / 2 < width(step._replace(rate=10.0)) / 4


def test_a_relapse_after_the_hold_is_counted_and_not_waited_for() -> None:
    drawn = Drawn(lambda at: np.where((at >= 120) & (at < 140) | (at >= 200) & (at < 215), 0.3, 1.0))
    found = [told(drawn.cohorts(seed)) for seed in range(20)]
    assert [(each.at, each.relapses) for each in found if each] == [(MENDED, 2)] * 20


def test_flapping_to_the_end_is_no_recovery() -> None:
    drawn = Drawn(lambda at: np.where(at % 20 < 8, 0.5, 1.0))
    assert all(each is not None and each.status == "not recovered" for each in (told(drawn.cohorts(seed)) for seed in range(20)))


def test_what_came_back_too_late_to_be_held_is_unknown() -> None:
    drawn = Drawn(lambda at: np.where(at < AFTER - 20, 0.0, 1.0))
    found = told(drawn.cohorts(1))
    assert found is not None
    assert (found.status, found.at) == ("unknown", None)
    assert "it was well for the last" in found.why
    assert found.low == pytest.approx(MENDED + AFTER - 21, abs=1)


def test_a_service_that_nobody_came_to_afterwards_is_unknown() -> None:
    cohorts = CURVES["at once"].cohorts(1)
    asked = np.where(np.arange(cohorts.size) < MENDED, cohorts.asked, 0)
    usual = baseline(cohorts, 0, BEFORE, DROP)
    assert not isinstance(usual, Unsteady)
    found = served(cohorts._replace(asked=asked, good=np.minimum(asked, cohorts.good)), usual, Rule(), MENDED, MENDED + AFTER)
    assert found.status == "unknown"
    assert "only 0 came" in found.why


def test_what_takes_all_the_time_to_show_has_an_end_of_its_bracket_all_the_same() -> None:
    """Seven in a hundred are always bad, and ten come a second."""
    at = np.arange(MENDED + AFTER)
    asked = np.full(len(at), 10)
    good = np.where((at >= BEFORE) & (at < MENDED), 0, np.where(np.isin(at % 10, (2, 5, 9)), 10, 9))
    found = told(Cohorts(1.0, asked, good, asked))
    assert found is not None
    assert (found.status, found.at) == ("recovered", MENDED)
    assert found.high is not None
    assert found.high > MENDED + 160
    assert "too few came" in found.why


def test_a_wider_margin_is_met_sooner() -> None:
    cohorts = CURVES["soft ramp, 500/s"].cohorts(3)
    usual = baseline(cohorts, 0, BEFORE, DROP)
    assert not isinstance(usual, Unsteady)
    at = [served(cohorts, usual, Rule(drop=drop), MENDED, MENDED + AFTER).at or 0.0 for drop in (0.2, 0.05, 0.01)]
    assert at == sorted(at)
    assert at[0] < at[-1]


def test_a_mend_between_two_buckets_is_not_rounded_into_a_wait() -> None:
    cohorts = CURVES["at once"].cohorts(2)
    usual = baseline(cohorts, 0, BEFORE, DROP)
    assert not isinstance(usual, Unsteady)
    found = served(cohorts, usual, Rule(), MENDED + 0.4, MENDED + AFTER)
    assert (found.at, found.low) == (MENDED + 0.4, MENDED + 0.4)


def test_a_finer_journal_tells_the_same() -> None:
    """Each second cut into five: the recovery at 7.3 s is told within two of them."""
    drawn = CURVES["step"]
    random = np.random.default_rng(4)
    at = np.arange(0, MENDED + AFTER, 0.2)
    asked = random.poisson(drawn.rate / 5, len(at))
    share = np.where((at >= BEFORE) & (at < MENDED + 7.3 - 0.1), 0.0, drawn.well)
    cohorts = Cohorts(0.2, asked, random.binomial(asked, share), asked)
    found = told(cohorts)
    assert found is not None
    assert found.at == pytest.approx(MENDED + 7.3, abs=0.41)
    assert found.resolution == pytest.approx(5.0, abs=1.0)


def test_the_simple_rules_are_wrong_by_many_seconds() -> None:
    drawn = CURVES["relapse"]
    truth = drawn.truth() or 0.0
    good = drawn.cohorts(5).good
    off = {name: rule(good, good[:BEFORE], MENDED) - truth for name, rule in SIMPLE.items()}
    assert off["first second at 95 % of the count"] < -25
    assert off["three seconds in a row at 90 %"] < -20
    assert off["last second below 95 %"] > 200


def test_what_was_found_can_be_written_down() -> None:
    found = told(CURVES["step"].cohorts(1))
    assert msgspec.json.decode(msgspec.json.encode(found))["status"] == "recovered"
