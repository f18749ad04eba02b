"""Where it does not come back any more: over how much load, and after how long a fault."""

from collections.abc import Iterable

from rushproof.metastability import Edge, Fate, Hold

_ORDER: dict[Fate, int] = {"recovered": 0, "unknown": 1, "slow": 2, "metastable": 3}


def frontier(holds: Iterable[Hold]) -> tuple[Edge, ...]:
    """The edge for each length of the fault, shortest first; several holds of one point count by the worst of them."""
    worst: dict[float, dict[float, Fate]] = {}
    for hold in holds:
        loads = worst.setdefault(hold.fault, {})
        loads[hold.rate] = max(loads.get(hold.rate, "recovered"), hold.fate, key=_ORDER.__getitem__)
    return tuple(_edge(fault, worst[fault]) for fault in sorted(worst))


def _edge(fault: float, loads: dict[float, Fate]) -> Edge:
    known = sorted(load for load, word in loads.items() if word != "unknown")
    broke = next((load for load in known if loads[load] != "recovered"), None)
    below = [load for load in known if broke is None or load < broke]
    return Edge(
        fault=fault,
        held=below[-1] if below else None,
        broke=broke,
        unknown=tuple(sorted(set(loads) - set(known))),
        odd=any(loads[load] == "recovered" for load in known[len(below) :]),
    )
