"""The timeline as a page can show it: neighbouring journal buckets put together, so that a day is no wider than a screen."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from rushproof.report import Timeline

_T = TypeVar("_T")
Series = tuple[float | None, ...]


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Equally long columns; rates and visits in flight are means over a column, latencies the highest in it, a taint covers all of it."""

    each: int
    """journal buckets in a column"""
    width: float
    """wall seconds of a column"""
    at: tuple[float, ...]
    """wall seconds since the start, where the column begins"""
    clock: tuple[str, ...]
    offered: Series
    due: Series
    served: Series
    in_flight: Series
    p50: Series
    p99: Series
    outcomes: Mapping[str, Series]
    tainted: tuple[bool, ...]


def columns(timeline: Timeline, most: int) -> Columns:
    """The timeline in at most `most` columns."""
    each = max(1, -(-len(timeline.at) // most))

    def mean(values: Sequence[float]) -> Series:
        return tuple(sum(part) / len(part) for part in _parts(values, each))

    def highest(values: Sequence[float | None]) -> Series:
        return tuple(max((value for value in part if value is not None), default=None) for part in _parts(values, each))

    bucket = timeline.at[1] - timeline.at[0] if len(timeline.at) > 1 else 1.0
    return Columns(
        each=each, width=each * bucket, at=timeline.at[::each], clock=timeline.clock[::each],
        offered=mean(timeline.offered), due=mean(timeline.due), served=mean(timeline.served), in_flight=mean(timeline.in_flight),
        p50=highest(timeline.p50), p99=highest(timeline.p99),
        outcomes={word: mean(values) for word, values in timeline.outcomes.items() if any(values)},
        tainted=tuple(any(part) for part in _parts(timeline.tainted, each)),
    )  # fmt: skip


def _parts(values: Sequence[_T], each: int) -> list[Sequence[_T]]:
    return [values[begin : begin + each] for begin in range(0, len(values), each)]
