"""The answer that a generator's percentiles are held to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.freeze import Freeze, allowed, at_share, pace, responses

FREEZE = Freeze(12.0, 18.0)
EVEN = [number / 500 for number in range(15_000)]


def test_without_a_gap_a_person_due_in_the_freeze_waits_for_the_thaw() -> None:
    (found,) = responses(EVEN, None, FREEZE, 0.001, 0.0)
    due = np.array(EVEN)
    expected = np.where((due >= 12.0) & (due < 18.0), 18.0 - due, 0.0) + 0.001
    assert found == pytest.approx(expected)


def test_the_percentiles_of_six_seconds_in_thirty_are_those_known_from_paper() -> None:
    (found,) = responses(EVEN, None, FREEZE, 0.0, 0.0)
    assert [at_share(found, share) for share in (0.5, 0.9, 0.95, 0.99)] == pytest.approx([0.0, 3.0, 4.5, 5.7], abs=0.005)


def test_a_drain_at_ten_thousand_a_second_makes_the_last_of_three_thousand_wait_a_third_of_a_second_longer() -> None:
    """3,000 persons wait at the thaw; while they are served 500 a second more come, each behind them."""
    (found,) = responses(EVEN, None, FREEZE, 0.0, 1e-4)
    last_frozen = EVEN.index(17.998)
    assert found[last_frozen] == pytest.approx(0.002 + 2999e-4)
    assert found[EVEN.index(18.2)] == pytest.approx(18.0 + 3100e-4 - 18.2)
    assert found[EVEN.index(18.5)] == 0.0


def test_the_second_step_is_due_a_think_time_after_the_first_was_done() -> None:
    """Due 11.0: done at once, thinks 2 s into the freeze.  Due 13.0: done at the thaw, thinks, and is well again."""
    first, second = responses([11.0, 13.0], [2.0, 2.0], FREEZE, 0.0, 0.0)
    assert (first.tolist(), second.tolist()) == ([0.0, 5.0], [5.0, 0.0])


def test_a_freeze_across_the_end_is_waited_out() -> None:
    (found,) = responses([29.0], None, Freeze(27.0, 33.0), 0.0, 0.0)
    assert found.tolist() == [4.0]


def test_a_percentile_may_be_off_by_ten_milliseconds_or_one_in_a_hundred() -> None:
    assert [allowed(0.0), allowed(1.0), allowed(5.0)] == pytest.approx([0.01, 0.01, 0.05])


@pytest.mark.parametrize("resolution", [0.005, 0.02])
@pytest.mark.parametrize("thaw", [18.0, 18.0031])
def test_the_pace_of_a_drain_is_read_from_the_answers_by_bucket(resolution: float, thaw: float) -> None:
    """3,000 answers at 30,000 a second from the thaw on, then 500 a second."""
    done = np.concatenate([thaw + np.arange(3000) / 30_000, thaw + 0.1 + np.arange(1000) / 500])
    served = np.bincount((done / resolution).astype(np.int64))
    assert pace(served, resolution, thaw, 3000) == pytest.approx(30_000, rel=0.02)


def test_a_backlog_that_was_never_drained_has_no_pace() -> None:
    with pytest.raises(ValueError, match="drain no backlog"):
        pace(np.array([5, 5, 5]), 1.0, 0.0, 3000)


@given(st.lists(st.floats(0.0, 30.0), min_size=1, max_size=50), st.floats(0.0, 0.2))
def test_nobody_is_answered_in_the_freeze_or_before_they_came(due: list[float], gap: float) -> None:
    due.sort()
    (found,) = responses(due, None, FREEZE, 0.0, gap)
    done = np.array(due) + found
    assert (found >= 0).all()
    assert not ((done > 12.0) & (done < 18.0 - 1e-9)).any()
    assert (np.diff(done) >= gap - 1e-9).all()
