"""What became of those affected, counted at each moment, and how often they tried."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from rushproof.clocks import Became
from rushproof.drill import PeopleSpec

_MOST = 200
"""moments that a report shows"""
_NOT_WHAT = ("at", "affected")


def became(rows: Sequence[Mapping[str, Any]], clock: Callable[[float], str]) -> tuple[Became, ...]:
    """The rows as moments in the order of time; ValueError where one is not made of whole numbers, or a column is missing."""
    found = []
    for row in rows:
        if missing := [column for column in _NOT_WHAT if column not in row]:
            raise ValueError(f"the query of those affected has no column {' and none '.join(missing)}")
        try:
            at, counts = float(row["at"]), {name: _whole(many) for name, many in row.items() if name != "at"}
        except (TypeError, ValueError, OverflowError):
            raise ValueError("not every row of the query of those affected is made of whole numbers") from None
        affected = counts.pop("affected")
        found.append(Became(at=at, clock=clock(at), affected=affected, became=counts))
    return tuple(sorted(found, key=lambda each: each.at))


def _whole(many: Any) -> int:
    whole = int(many)
    if whole != float(many):
        raise ValueError(f"{many} is no whole number")
    return whole


def shown(moments: Sequence[Became]) -> tuple[Became, ...]:
    """So many of the moments that they can be read: the first, the last, those that do not add up, and others at even distances."""
    if len(moments) <= _MOST:
        return tuple(moments)
    step = (len(moments) - 1) / (_MOST - 1)
    kept = {round(nth * step) for nth in range(_MOST)}
    wrong = [nth for nth, each in enumerate(moments) if sum(each.became.values()) != each.affected]
    return tuple(moments[nth] for nth in sorted(kept | set(wrong[:_MOST])))


def tries_of(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """The median person's tries; None where nobody was affected.  ValueError where the rows have no such number."""
    try:
        tries = [float(row["tries"]) for row in rows]
    except (KeyError, TypeError, ValueError):
        raise ValueError("not every row of the query of tries has a number `tries`") from None
    return median(tries) if tries else None


def not_the_incident(spec: PeopleSpec, tries: float | None, affected: int) -> str:
    """One sentence where those affected did not live through what the drill is about; empty where they did."""
    if not affected:
        return "nobody was affected"
    if spec.fewest is None and spec.most is None:
        return ""
    if tries is None:
        return "how often those affected tried is not known"
    least, most = spec.fewest or 0.0, spec.most if spec.most is not None else float("inf")
    if least <= tries <= most:
        return ""
    bounds = f"{least:,.0f} to {most:,.0f}" if spec.most is not None else f"at least {least:,.0f}"
    return f"the median person affected tried {tries:,.4g} times while the fault lasted, and the drill is about {bounds}"
