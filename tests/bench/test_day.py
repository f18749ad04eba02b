"""What a day's run is read for."""

import numpy as np
import pytest

from bench.day import Look, growth

AT, SERVED = np.arange(1.0, 1001.0), np.arange(1, 1001) * 5000


def looks(*held: float) -> tuple[Look, ...]:
    """One look every hundred seconds from unix time 50 on, where the run began."""
    return tuple(Look(50.0 + 100.0 * number, {"generator": int(each)}) for number, each in enumerate(held))


def test_growth_is_the_slope_after_the_warm_up_by_the_visits_served() -> None:
    """5,000 visits a second: 500,000 a look, 2 MB each after the first million."""
    found = growth(looks(0, 90e6, 100e6, 102e6, 104e6, 106e6), "generator", 50.0, AT, SERVED, 1000.0, 1_000_000)
    assert found == pytest.approx(0.4e6)


def test_looks_after_the_last_arrival_do_not_count() -> None:
    found = growth(looks(0, 90e6, 100e6, 100e6, 100e6, 0), "generator", 50.0, AT, SERVED, 450.0, 1_000_000)
    assert found == pytest.approx(0.0, abs=1.0)


def test_two_looks_are_no_line() -> None:
    assert growth(looks(0, 1e6, 1e6, 1e6), "generator", 50.0, AT, SERVED, 1000.0, 1_000_000) is None
