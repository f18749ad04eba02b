"""Bounds of shares and of their differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.recovery.wilson import among, difference, wilson

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_bounds_are_those_of_the_textbooks() -> None:
    low, high = wilson(81, 263)
    assert (float(low), float(high)) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I


def test_the_bounds_of_a_difference_are_those_of_the_textbooks() -> None:
    low, high = difference(56, 70, 48, 80)
    assert (float(low), float(high)) == pytest.approx((0.0524, 0.3339), abs=1e-4)  # Newcombe 1998, table II, method 10


@given(counts)
def test_a_share_lies_between_its_bounds_and_they_between_nothing_and_all(told: tuple[int, int]) -> None:
    good, asked = told
    low, high = wilson(good, asked)
    assert 0.0 <= low <= good / asked + 1e-12
    assert good / asked - 1e-12 <= high <= 1.0


def test_where_nothing_was_asked_nothing_is_known() -> None:
    low, high = wilson(np.array([0, 5]), np.array([0, 5]))
    assert (low[0], high[0]) == (0.0, 1.0)
    gap = difference(0, 0, 990, 1000)
    assert gap.low < -0.9
    assert gap.high > 0.0


@given(counts, counts)
def test_a_difference_is_known_no_better_than_with_an_endless_baseline(told: tuple[int, int], base: tuple[int, int]) -> None:
    sure = difference(*told, base[0] * 1e6, base[1] * 1e6)
    found = difference(*told, *base)
    assert found.low <= sure.low + 1e-9
    assert found.high >= sure.high - 1e-9


def test_the_more_one_looks_the_stronger_the_evidence_has_to_be() -> None:
    assert among(1) == pytest.approx(2.0537, abs=1e-4)
    assert among(60) > among(6) > among(1)
