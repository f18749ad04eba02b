"""Where it does not come back any more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.metastability import Hold
from rushproof.recovery.frontier import frontier


def hold(load: float, fault: float, word: Any) -> Hold:
    """One of them, with what matters here."""
    return Hold(number=1, folder="hold-01", rate=load, fault=fault, fate=word, waited=60.0)


def grid(**rows: str) -> list[Hold]:
    """One row a length of the fault, one letter a load from 50 % on: r, s, m or u."""
    words: dict[str, Any] = {"r": "recovered", "s": "slow", "m": "metastable", "u": "unknown"}
    return [hold(0.5 + 0.1 * nth, float(length[1:]), words[letter]) for length, row in rows.items() for nth, letter in enumerate(row)]


def test_the_frontier_lies_between_two_loads() -> None:
    short, long = frontier(grid(_10="rrrm", _40="rmmm"))
    assert (short.fault, short.held, short.broke) == (10.0, pytest.approx(0.7), pytest.approx(0.8))
    assert (long.fault, long.held, long.broke) == (40.0, pytest.approx(0.5), pytest.approx(0.6))


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


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4), st.sampled_from(["recovered", "slow", "metastable", "unknown"]))))
def test_what_held_is_below_what_broke(drills: list[Any]) -> None:
    for edge in frontier([hold(float(load), float(fault), word) for load, fault, word in drills]):
        if edge.held is not None and edge.broke is not None:
            assert edge.held < edge.broke
