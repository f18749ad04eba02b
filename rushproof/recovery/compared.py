"""The table of what was expected, what was measured, and what once really happened."""

import math
from collections.abc import Callable, Mapping, Sequence

from rushproof.clocks import Became, Clock, Compared, Recovery
from rushproof.drill import Row
from rushproof.quantity import Unit, lasting, show
from rushproof.timetable import Moment, Timetable

UNKNOWN = "not known"
FIGURES = (
    "service", "backlog", "ledger", "customer", "detection", "masking", "fault", "baseline", "stability", "drain", "tries",
)  # fmt: skip
"""what a line may be of, beside the parts below, `people.COLUMN` and `people.COLUMN.share`, each with `@MOMENT`"""
PARTS = {"loss": ("service", "requests", "resilience", "depth", "noise"), "amplification": ("before", "during", "after")}
OF_A_STEP = ("goodput", "isolation")
"""followed by a step: `goodput.reserve`"""


def compared(rows: Sequence[Row], recovery: Recovery, timetable: Timetable, fault: float | None) -> tuple[Compared, ...]:
    """Each row with what was measured; `fault` is how long the fault lasted, in scenario time."""
    return tuple(
        Compared(name=row.name, expected=row.expected, measured=_measured(row.of, recovery, timetable, fault), happened=row.happened)
        for row in rows
    )


def _measured(of: str, recovery: Recovery, timetable: Timetable, fault: float | None) -> str:
    head, _, rest = of.partition(".")
    if of in recovery.clocks:
        return _clock(recovery.clocks[of])
    match head:
        case "detection":
            return _clock(recovery.detection)
        case "masking":
            return _told(recovery.masking, lasting)
        case "fault":
            return _told(fault, lasting)
        case "people":
            return _people(rest, recovery.people, timetable)
        case "tries":
            return _told(recovery.tries, _number)
        case "drain":
            return _told(recovery.drain, lambda value: f"{value:.3g}")
        case "baseline":
            return _told(recovery.baseline, _share)
        case "stability":
            return recovery.stability
    return _deeper(head, rest, recovery)


def _deeper(head: str, rest: str, recovery: Recovery) -> str:
    if head in OF_A_STEP:
        found = {each.step: each for each in recovery.goodput}.get(rest)
        return _told(None if found is None else found.during if head == "goodput" else found.isolation, _share)
    if head == "loss" and recovery.loss is not None:
        shows = {"service": lasting, "requests": _number, "resilience": _share, "depth": _share, "noise": lasting}
        return _told(getattr(recovery.loss, rest, None), shows.get(rest, _number))
    if head == "amplification" and recovery.amplification is not None:
        return _told(getattr(recovery.amplification, rest, None), lambda value: f"{value:.3g}")
    return UNKNOWN


def _clock(clock: Clock) -> str:
    """A clock with its bracket, where the bracket says more than the figure does."""
    if clock.status != "recovered" or clock.seconds is None:
        return clock.status
    low, high = (clock.seconds if edge is None else edge for edge in (clock.low, clock.high))
    told = lasting(clock.seconds)
    return told if lasting(low) == lasting(high) else f"{told} ({lasting(low)} to {lasting(high)})"


def _people(rest: str, moments: Sequence[Became], timetable: Timetable) -> str:
    """`paid`, `paid.share`, `paid@21:00`, `paid.share@21:00`: at the last moment, or at the last before one that is named."""
    what, _, when = rest.partition("@")
    name, _, kind = what.partition(".")
    until = _moment(when, timetable) if when else math.inf
    found = [each for each in moments if until is not None and each.at <= until + 1e-6]
    if not found:
        return UNKNOWN
    last: Mapping[str, int] = {"affected": found[-1].affected, **found[-1].became}
    if name not in last:
        return UNKNOWN
    if kind != "share":
        return _number(last[name])
    return _share(last[name] / found[-1].affected) if found[-1].affected else UNKNOWN


def _moment(text: str, timetable: Timetable) -> float | None:
    try:
        return timetable.at(Moment.read(text))
    except ValueError:
        return None


def _told(value: float | None, say: Callable[[float], str]) -> str:
    return UNKNOWN if value is None else say(value)


def _number(value: float) -> str:
    return show(value, Unit.COUNT)


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"
