import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.histogram import BUCKETS, bounds, bucket, middle, quantile, rank

LATENCIES = st.lists(st.floats(1e-6, 3_600.0), min_size=1, max_size=300).map(np.array)


def counts(values):
    return np.bincount(bucket(values), minlength=BUCKETS)


@given(LATENCIES)
def test_no_value_is_off_by_more_than_the_promised_share(values):
    # whole microseconds: below 64 µs the rounding to one is all there is
    error = np.abs(middle(bucket(values)) - values)

    assert (error <= np.maximum(0.008 * values, 0.51e-6)).all()


@given(LATENCIES)
def test_a_value_lies_within_its_buckets_bounds(values):
    low, high = bounds(bucket(values))

    assert (low - 0.5e-6 <= values + 1e-9).all()
    assert (values - 1e-9 <= high + 0.5e-6).all()


def test_the_buckets_follow_each_other_without_a_gap_or_overlap():
    low, high = bounds(np.arange(BUCKETS))

    assert low[0] == 0.0
    assert (low[1:] - high[:-1]) * 1e6 == pytest.approx(np.ones(BUCKETS - 1), rel=1e-3)
    assert bucket(low).tolist() == list(range(BUCKETS))
    assert bucket(high)[:-1].tolist() == list(range(BUCKETS - 1))


@given(LATENCIES, LATENCIES, LATENCIES)
def test_merging_is_adding_in_any_order_and_loses_nobody(one, two, three):
    merged = counts(one) + (counts(two) + counts(three))

    assert merged.tolist() == counts(np.concatenate((three, one, two))).tolist()
    assert merged.sum() == len(one) + len(two) + len(three)


@given(LATENCIES, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_a_quantile_agrees_with_the_sorted_values(values, share):
    exact = np.sort(values)[max(int(np.ceil(share * len(values) - 1e-9)) - 1, 0)]

    assert quantile(counts(values), share) == pytest.approx(exact, rel=0.008, abs=0.51e-6)


@given(LATENCIES, LATENCIES)
def test_slower_values_never_make_a_quantile_better(values, more):
    slow = counts(values) + counts(values.max() + more)

    assert rank(slow, 0.9) >= rank(counts(values), 0.9)


def test_the_99th_of_a_hundred_is_the_99th():
    assert quantile(counts(np.arange(1, 101) / 1e6), 0.99) == pytest.approx(99e-6)
    assert quantile(counts(np.arange(1, 101) / 1e6), 0.50) == pytest.approx(50e-6)


def test_a_clock_that_stepped_back_counts_as_nothing_and_an_endless_wait_as_the_longest():
    assert bucket(np.array([-1.0, 0.0])).tolist() == [0, 0]
    assert bucket(np.array([1e9])).tolist() == [BUCKETS - 1]


def test_no_values_have_no_quantile():
    with pytest.raises(ValueError, match="no values"):
        quantile(np.zeros(BUCKETS, dtype=np.int64), 0.5)
