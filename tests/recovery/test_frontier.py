"""Where it does not come back any more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.recovery.frontier import Tried, frontier, hysteresis


def grid(**rows: str) -> list[Tried]:
    """One row a length of the fault, one letter a load from 50 % on: r, s, m or u."""
    words: dict[str, Any] = {"r": "recovered", "s": "slow", "m": "metastable", "u": "unknown"}
    return [
        Tried(load=0.5 + 0.1 * nth, length=float(length[1:]), stability=words[letter])
        for length, row in rows.items()
        for nth, letter in enumerate(row)
    ]


def test_the_frontier_lies_between_two_loads() -> None:
    short, long = frontier(grid(_10="rrrm", _40="rmmm"))
    assert (short.length, short.held, short.broke) == (10.0, pytest.approx(0.7), pytest.approx(0.8))
    assert (long.length, long.held, long.broke) == (40.0, pytest.approx(0.5), pytest.approx(0.6))


def test_where_all_came_back_or_none_did_one_side_is_open() -> None:
    easy, hard = frontier(grid(_10="rrr", _40="mmm"))
    assert (easy.held, easy.broke) == (pytest.approx(0.7), None)
    assert (hard.held, hard.broke) == (None, pytest.approx(0.5))


def test_what_could_not_be_told_is_no_edge() -> None:
    (edge,) = frontier(grid(_10="rumm"))
    assert (edge.held, edge.broke, edge.unknown) == (pytest.approx(0.5), pytest.approx(0.7), (pytest.approx(0.6),))


def test_a_load_that_came_back_beyond_the_frontier_is_odd() -> None:
    assert frontier(grid(_10="rmr"))[0].odd
    assert not frontier(grid(_10="rrm"))[0].odd


def test_of_several_drills_the_worst_counts() -> None:
    (edge,) = frontier([*grid(_10="rr"), *grid(_10="rm")])
    assert edge.broke == pytest.approx(0.6)


def test_hysteresis_is_the_share_of_the_load_at_which_it_came_back() -> None:
    assert hysteresis(200.0, 80.0) == pytest.approx(0.4)
    assert hysteresis(200.0, None) is None


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4), st.sampled_from(["recovered", "slow", "metastable", "unknown"]))))
def test_what_held_is_below_what_broke(drills: list[Any]) -> None:
    for edge in frontier([Tried(load=float(load), length=float(length), stability=word) for load, length, word in drills]):
        if edge.held is not None and edge.broke is not None:
            assert edge.held < edge.broke
