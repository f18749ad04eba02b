import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.keyed import label, mix, mix_array, permuted, unit, unit_array

KEYS = st.integers(0, 2**64 - 1)
NUMBERS = st.lists(st.integers(0, 2**62), min_size=1, max_size=50)


def test_the_numbers_are_the_same_in_every_release():
    assert label(1, "people") == 12862338072222440862
    assert mix(1, 2) == 17911839290282890590
    assert unit(7, 3) == 0.5829302930280781
    assert permuted(5, np.arange(10), 10).tolist() == [4, 5, 6, 1, 2, 8, 0, 7, 3, 9]


def test_a_label_keeps_its_parts_apart():
    assert label("ab", "c") != label("a", "bc")


@given(KEYS, NUMBERS)
def test_an_array_gives_the_bits_that_single_numbers_give(key, numbers):
    array = np.array(numbers, dtype=np.int64)

    assert mix_array(key, array).tolist() == [mix(key, number) for number in numbers]
    assert unit_array(key, array).tolist() == [unit(key, number) for number in numbers]


@given(KEYS, st.integers(1, 3000))
def test_a_permutation_reaches_every_place_once(key, size):
    assert sorted(permuted(key, np.arange(size), size).tolist()) == list(range(size))


@given(KEYS, st.integers(1, 50_000_000), st.data())
def test_a_permutation_does_not_depend_on_what_else_is_asked(key, size, data):
    numbers = np.array(data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=20)), dtype=np.int64)

    together = permuted(key, numbers, size)

    assert together.tolist() == [int(permuted(key, np.array([number]), size)[0]) for number in numbers]
    assert together.min() >= 0
    assert together.max() < size


def test_units_are_spread_evenly():
    units = unit_array(label(1, "dice"), np.arange(100_000))

    assert units.min() >= 0.0
    assert units.max() < 1.0
    # the mean of 100,000 uniform draws has a standard deviation of 0.00091
    assert units.mean() == pytest.approx(0.5, abs=0.005)
    assert np.histogram(units, 10)[0].min() > 9_500


def test_neighbouring_keys_share_nothing():
    near, far = unit_array(100, np.arange(10_000)), unit_array(101, np.arange(10_000))

    assert abs(np.corrcoef(near, far)[0, 1]) < 0.05
