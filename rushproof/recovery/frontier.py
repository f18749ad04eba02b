"""Where it does not come back any more: over how much load, and after how long a fault."""

from collections.abc import Iterable
from typing import Literal

import msgspec


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One drill of a grid."""

    load: float
    """share of the capacity, or visits a second"""
    length: float
    """of the fault, wall seconds"""
    stability: Literal["recovered", "slow", "metastable", "unknown"]
    seconds: float | None = None
    """from the mend to being well, where it was"""


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """The frontier at one length of the fault: it lies between two loads."""

    length: float
    held: float | None
    """the highest load that came back, everything tried below it having come back, too; None where not even the lowest did"""
    broke: float | None
    """the lowest load that did not; None where all did"""
    unknown: tuple[float, ...] = ()
    """loads of which it could not be told"""
    odd: bool = False
    """a load above the frontier came back: repeat it, for chance has its part in it"""


def frontier(grid: Iterable[Tried]) -> tuple[Edge, ...]:
    """The edge for each length of the fault, shortest first; several drills of one point count by the worst of them."""
    worst: dict[float, dict[float, str]] = {}
    for tried in grid:
        loads = worst.setdefault(tried.length, {})
        loads[tried.load] = max(loads.get(tried.load, "recovered"), tried.stability, key=_ORDER.__getitem__)
    return tuple(_edge(length, worst[length]) for length in sorted(worst))


def hysteresis(held: float, came_back: float | None) -> float | None:
    """λ_rec ÷ λ_base: at what share of the load that brought it down it came back; 1 where there is none, None where it never did."""
    return None if came_back is None else came_back / held


_ORDER = {"recovered": 0, "unknown": 1, "slow": 2, "metastable": 3}


def _edge(length: float, loads: dict[float, str]) -> Edge:
    known = sorted(load for load, word in loads.items() if word != "unknown")
    broke = next((load for load in known if loads[load] != "recovered"), None)
    below = [load for load in known if broke is None or load < broke]
    return Edge(
        length=length,
        held=below[-1] if below else None,
        broke=broke,
        unknown=tuple(sorted(set(loads) - set(known))),
        odd=any(loads[load] == "recovered" for load in known[len(below) :]),
    )
