"""Where a chart's marks go and what stands beside its axes: straight or logarithmic upwards, scenario time sideways."""

import math
from collections.abc import Iterable

import msgspec

from rushproof.pace import Pace
from rushproof.quantity import Unit, show
from rushproof.timetable import Timetable

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


_MARKS = 8
_FINEST = 1e-6
"""microseconds, and rates of one in eleven days: nothing is told finer"""


class Axis(msgspec.Struct, frozen=True):
    """Values from `low` to `high`, and the marks beside it: value and text."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """The share of the axis at which the value stands, from 0 to 1."""
        low, high = self.low, self.high
        if self.logarithmic:
            value, low, high = math.log10(max(value, self.low)), math.log10(low), math.log10(high)
        return min(max((value - low) / (high - low), 0.0), 1.0)


def straight(values: Iterable[float | None], unit: str) -> Axis:
    """From 0 to a round number over the highest value, in at most five marks."""
    highest = max(max((value for value in values if value is not None), default=0.0) or 1.0, _FINEST)
    step = 10.0 ** math.floor(math.log10(highest))
    step = next(step * factor for factor in (0.25, 0.5, 1.0, 2.5) if highest / (step * factor) <= 5)
    top = math.ceil(highest / step - 1e-9)
    return Axis(0.0, top * step, tuple((mark * step, f"{mark * step:,.10g}{unit}") for mark in range(top + 1)))


def logarithmic(values: Iterable[float | None]) -> Axis:
    """Whole decades of seconds around all values, with marks between them where there are few."""
    known = [max(value, _FINEST) for value in values if value is not None and 0 < value < math.inf] or [0.001, 1.0]
    first, last = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    last = max(last, first + 1)
    factors = (1, 2, 5) if last - first < 3 else (1,)
    marks = [10.0**decade * factor for decade in range(first, last) for factor in factors] + [10.0**last]
    return Axis(10.0**first, 10.0**last, tuple((mark, show(mark, Unit.SECONDS)) for mark in marks), logarithmic=True)


def clock(timetable: Timetable, first: float, last: float) -> Axis:
    """Scenario time with at most eight round marks."""
    step = next((step for step in _STEPS if (last - first) / step <= 8), 86400 * math.ceil((last - first) / 86400 / 8))
    marks = [mark * step for mark in range(math.ceil(first / step), math.floor(last / step) + 1)]
    return Axis(first, max(last, first + 1e-9), tuple((float(mark), _short(timetable.clock(mark), step)) for mark in marks))


def turned(timetable: Timetable, pace: Pace, last: float) -> Axis:
    """Wall seconds up to `last`, with what the scenario's clock shows then: at every turn, as far as there is room, and between."""
    turns = [wall for turn in pace.turns() if 0.0 <= (wall := pace.wall(turn.to)) <= last]
    marks: list[float] = []
    for wall in sorted({0.0, *turns}) + [last * nth / _MARKS for nth in range(_MARKS + 1)]:
        if all(abs(wall - other) > last / _MARKS * 0.7 for other in marks):
            marks.append(wall)
    told = tuple((wall, timetable.clock(pace.at(wall)).removesuffix(":00")) for wall in sorted(marks))
    return Axis(0.0, max(last, 1e-9), told)


def _short(text: str, step: float) -> str:
    """`09:00` where no mark needs seconds."""
    return text.removesuffix(":00") if step % 60 == 0 else text
