"""What was lost, on curves of which the loss is known."""

import numpy as np
import pytest

from bench.curves import AFTER, BEFORE, CURVES, DROP, FAULT, FINE, MENDED, Drawn
from rushproof.clocks import Loss
from rushproof.recovery.baseline import Unsteady, baseline
from rushproof.recovery.loss import loss

RUNS = 30


def lost(drawn: Drawn, seed: int, begin: float = BEFORE) -> Loss:
    """What is said to be lost from a second on."""
    cohorts = drawn.cohorts(seed)
    usual = baseline(cohorts, 0, BEFORE, DROP)
    assert not isinstance(usual, Unsteady)
    found = loss(cohorts, usual, begin, MENDED + AFTER, 5.0)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["at once", "step", "soft ramp", "noisy step", "sparse ramp"])
def test_the_seconds_lost_are_those_of_the_curve(name: str) -> None:
    drawn = CURVES[name]
    short = 1 - drawn.curve(np.arange(0, AFTER, FINE))
    truth = drawn.well * (FAULT + float(short.sum()) * FINE)
    found = [lost(drawn, seed) for seed in range(RUNS)]
    assert np.mean([each.service for each in found]) == pytest.approx(truth, abs=0.5)
    assert sum(each.service_low <= truth <= each.service_high for each in found) >= 0.9 * RUNS
    assert np.mean([each.requests for each in found]) == pytest.approx(drawn.rate * truth, rel=0.05)


def test_noise_alone_is_no_loss() -> None:
    found = [lost(CURVES["at once"], seed, begin=MENDED + 10) for seed in range(RUNS)]
    assert np.mean([each.service for each in found]) < 0.3
    assert sum(each.service_low > 0.2 for each in found) <= 1
    assert min(each.resilience for each in found) > 0.99


def test_the_same_run_is_told_the_same_twice() -> None:
    assert lost(CURVES["step"], 3) == lost(CURVES["step"], 3)


def test_half_an_outage_is_half_as_deep() -> None:
    drawn = Drawn(lambda at: np.where(at < 60, 0.5, 1.0), rate=500.0)
    assert lost(drawn, 1, begin=MENDED).depth == pytest.approx(0.5, abs=0.08)


def test_chance_alone_is_no_depth() -> None:
    drawn = Drawn(lambda at: np.ones(len(at)), well=0.95)
    assert [lost(drawn, seed, begin=MENDED).depth for seed in range(RUNS)].count(0.0) >= RUNS - 3


def test_where_nobody_came_nothing_is_told() -> None:
    cohorts = CURVES["step"].cohorts(1)
    usual = baseline(cohorts, 0, BEFORE, DROP)
    assert not isinstance(usual, Unsteady)
    assert loss(cohorts._replace(asked=cohorts.asked * 0, good=cohorts.good * 0), usual, MENDED, MENDED + AFTER, 5.0) is None
