"""The search for the highest rate that holds."""

import pytest

from bench.search import highest


@pytest.mark.parametrize("limit", [4_000.0, 19_000.0, 28_000.0, 55_000.0])
def test_the_highest_rate_that_holds_is_found_from_below_within_a_tenth(limit: float) -> None:
    tried: list[float] = []

    def holds(rate: float) -> bool:
        tried.append(rate)
        return rate <= limit

    found = highest(holds, 20_000.0)
    assert 0.9 * limit <= found <= limit
    assert len(tried) <= 8


def test_where_nothing_holds_the_answer_is_nothing() -> None:
    assert highest(lambda rate: False, 20_000.0) == 0.0


def test_the_answer_is_always_a_rate_that_was_tried_and_held() -> None:
    held: list[float] = []

    def holds(rate: float) -> bool:
        if 9_000 < rate < 25_000:
            held.append(rate)
            return True
        return False

    assert highest(holds, 20_000.0) in held
