"""The Universal Scalability Law through rungs: what it was made of comes back, and what does not fit is said."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.usl import Usl, fitted

CONCURRENCY = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def curve(gamma, alpha, beta):
    return [gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1)) for n in CONCURRENCY]


@given(gamma=st.floats(1.0, 1e5), alpha=st.floats(0.0, 0.9), beta=st.floats(0.0, 0.05))
def test_the_curve_it_was_drawn_from_comes_back(gamma, alpha, beta):
    law = fitted(CONCURRENCY, curve(gamma, alpha, beta))
    assert isinstance(law, Usl)
    assert law.gamma == pytest.approx(gamma, rel=1e-4)
    assert law.alpha == pytest.approx(alpha, abs=1e-4)
    assert law.beta == pytest.approx(beta, abs=1e-5)


def test_the_best_concurrency_and_its_rate_are_those_of_the_formula():
    law = fitted(CONCURRENCY, curve(100.0, 0.04, 0.0004))
    assert law.best == pytest.approx(math.sqrt(0.96 / 0.0004), rel=1e-3)
    assert law.highest == pytest.approx(max(law.rate(n) for n in np.linspace(1, 200, 2000)), rel=1e-3)


def test_contention_alone_tends_to_a_rate_and_has_no_best_concurrency():
    law = fitted(CONCURRENCY, curve(100.0, 0.25, 0.0))
    assert law.best is None
    assert law.highest == pytest.approx(400.0, rel=1e-3)


def test_a_line_rises_without_end():
    law = fitted(CONCURRENCY, curve(100.0, 0.0, 0.0))
    assert (law.alpha, law.beta, law.best) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6), None)


def test_one_server_with_a_line_before_it_is_the_law_with_half_contention():
    loads = np.array([0.3, 0.5, 0.7, 0.8, 0.9, 0.95])
    law = fitted((loads / (1 - loads)).tolist(), (500 * loads).tolist())
    assert law.alpha == pytest.approx(0.5, abs=0.01)
    assert law.highest == pytest.approx(500, rel=0.01)


@given(noise=st.lists(st.floats(-0.03, 0.03), min_size=len(CONCURRENCY), max_size=len(CONCURRENCY)))
def test_noise_of_three_per_cent_leaves_the_predicted_rates_within_ten(noise):
    clean = curve(100.0, 0.05, 0.0)
    law = fitted(CONCURRENCY, [rate * (1 + off) for rate, off in zip(clean, noise, strict=True)])
    assert isinstance(law, Usl)
    assert law.alpha >= 0 and law.beta >= 0
    assert all(law.rate(n) == pytest.approx(rate, rel=0.1) for n, rate in zip(CONCURRENCY, clean, strict=True))


@given(gamma=st.floats(1.0, 1e5), alpha=st.floats(0.001, 0.9), beta=st.floats(0.0, 0.05), few=st.integers(4, len(CONCURRENCY)))
def test_a_highest_rate_that_is_told_is_near_what_was_measured(gamma, alpha, beta, few):
    rates = curve(gamma, alpha, beta)[:few]
    law = fitted(CONCURRENCY[:few], rates)
    assert isinstance(law, Usl)
    assert law.far == (law.highest is None)
    assert law.far or max(rates) * 0.99 <= law.highest <= max(rates) * 1.25


def test_a_highest_rate_that_no_rung_came_near_is_not_guessed():
    law = fitted(CONCURRENCY[:4], curve(100.0, 0.02, 0.0)[:4])
    assert (law.highest, law.best, law.far) == (None, None, True)
    assert law.alpha == pytest.approx(0.02, abs=1e-3)


@pytest.mark.parametrize(
    ("concurrency", "rate", "why"),
    [
        ([1, 2, 4], [1, 2, 3], "3 usable rungs"),
        ([1, 2, 4, 0], [1, 2, 3, 0], "3 usable rungs"),
        ([1, 1.1, 1.2, 1.3], [1, 2, 3, 4], "concurrency only went from 1 to 1.3"),
        ([1, 2, 4, 8, 16], [100, 10, 300, 20, 500], "misses the rungs"),
    ],
)
def test_what_does_not_fit_is_not_fitted_and_says_why(concurrency, rate, why):
    assert why in fitted(concurrency, rate)
