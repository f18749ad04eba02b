"""A second of a run, for people who watch it."""

from collections.abc import Mapping

import msgspec


class Glance(msgspec.Struct, frozen=True):
    """One second of a run, for people who watch."""

    at: float
    """scenario time"""
    elapsed: float
    """wall seconds since the first arrival was due"""
    total: float
    """wall seconds the timetable takes"""
    offered: float
    """visits begun a second"""
    served: float
    """samples `ok` a second"""
    p50: float | None
    p99: float | None
    """response of `ok` samples in this second, seconds"""
    outcomes: Mapping[str, int]
    """samples so far, by outcome"""
    in_flight: int
    tainted: int
    """wall seconds so far in which the generator could not vouch for itself"""
    lag_p99: float
    busy: float
    phase: str = "load"
    """`load`, `drain`, `audit`"""
