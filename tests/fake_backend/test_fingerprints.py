"""The set in memory against a plain dictionary."""

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_backend.fingerprints import Fingerprints, mark, twins

# few distinct shards and tags, so that chains, wraps and doublings happen
MARKS = st.builds(lambda shard, tag: tag << 32 | shard, st.integers(0, 1), st.integers(0, 40))


def _signed(marks: list[int]) -> "array[int]":
    return array("q", [value - (1 << 64) if value >> 63 else value for value in marks])


@given(st.lists(MARKS, max_size=200))
@settings(max_examples=60)
def test_what_was_added_is_found_one_by_one_or_in_bulk(marks: list[int]) -> None:
    one, split = Fingerprints(), len(marks) // 2
    bulk = Fingerprints.of(_signed(marks[:split]), array("Q", range(1, split + 1)))
    for sequence, value in enumerate(marks, 1):
        one.add(value, sequence)
        if sequence > split:
            bulk.add(value, sequence)
    assert len(one) == len(bulk) == len(marks)
    for value in {*marks, 99 << 32, 3}:
        expected = [sequence for sequence, other in enumerate(marks, 1) if other == value]
        assert sorted(one.find(value)) == sorted(bulk.find(value)) == expected


@given(st.lists(st.integers(0, 2**64 - 1) | MARKS, max_size=60))
def test_twins_are_those_that_came_before(marks: list[int]) -> None:
    expected = [sequence for sequence, value in enumerate(marks, 1) if value in marks[: sequence - 1]]
    assert twins(_signed(marks), array("Q", range(1, len(marks) + 1))) == expected


def test_marks_of_many_things_differ() -> None:
    assert len({mark((f"p{number}", "r")) for number in range(10_000)}) == 10_000
    assert mark("k1") == mark("k1")
