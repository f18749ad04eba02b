"""When harm began, on drawn curves."""

import numpy as np
import pytest

from bench.curves import BEFORE, CURVES, DROP, MENDED
from rushproof.recovery.baseline import Unsteady, baseline
from rushproof.recovery.cohort import Cohorts
from rushproof.recovery.onset import Onset, onset
from rushproof.summary import Cells

RUNS = 100


def harm(begin: float, share: float, rate: float, seed: int, since: float = float(BEFORE)) -> Onset | None:
    """The onset that is told where the share of good ones falls at a moment."""
    random = np.random.default_rng(seed)
    at = np.arange(MENDED)
    part = np.clip(at + 1 - begin, 0.0, 1.0)
    asked = random.poisson(rate, MENDED)
    cohorts = Cohorts(1.0, asked, random.binomial(asked, 0.99 * (1 - part) + share * part), asked)
    usual = baseline(cohorts, 0, BEFORE, DROP)
    return None if isinstance(usual, Unsteady) else onset(cohorts, usual, since, MENDED)


@pytest.mark.parametrize(("share", "rate", "off"), [(0.0, 100.0, 1.0), (0.5, 100.0, 1.5), (0.9, 100.0, 6.0), (0.5, 20.0, 2.5)])
def test_harm_is_dated_back_to_where_it_began(share: float, rate: float, off: float) -> None:
    found = [harm(140.5, share, rate, seed) for seed in range(RUNS)]
    errors = [each.at - 140.5 for each in found if each is not None]
    assert len(errors) >= RUNS - 2
    assert np.percentile(np.abs(errors), 90) <= off
    assert all(each.early <= each.at <= each.late for each in found if each is not None)


def test_where_nothing_happens_no_harm_is_found() -> None:
    assert [harm(1e9, 0.0, 100.0, seed) for seed in range(RUNS)].count(None) == RUNS


def test_harm_does_not_begin_before_the_fault_was_asked_for() -> None:
    found = harm(120.0, 0.0, 100.0, 1, since=120.7)
    assert found is not None
    assert found.early == 120.7
    assert found.at >= 120.7


def test_slowness_is_harm_though_everything_succeeds() -> None:
    asked = np.full(MENDED, 100)
    at = np.arange(MENDED)
    took = Cells(at, np.where(at < 150, 640, 900), asked)  # from some 10 ms to some 200 ms
    cohorts = Cohorts(1.0, asked, asked, asked, took)
    usual = baseline(cohorts, 0, BEFORE, DROP)
    assert not isinstance(usual, Unsteady)
    found = onset(cohorts, usual, BEFORE, MENDED)
    assert found is not None
    assert (found.early, found.late) == (150.0, 151.0)


def test_a_drawn_outage_is_found_in_its_first_second() -> None:
    for seed in range(20):
        cohorts = CURVES["step"].cohorts(seed)
        usual = baseline(cohorts, 0, BEFORE, DROP)
        assert not isinstance(usual, Unsteady)
        found = onset(cohorts, usual, BEFORE, MENDED)
        assert found is not None
        assert found.at == pytest.approx(BEFORE, abs=1.0)
