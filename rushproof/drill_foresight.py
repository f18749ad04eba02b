"""Whether a drill can tell anything, by arithmetic from the plan alone: too short a baseline, too few who come, no time to hold."""

from collections.abc import Callable, Iterator

from rushproof.drill import DrillSpec
from rushproof.drill_check import span_of
from rushproof.pace import Pace
from rushproof.quantity import Unit, show
from rushproof.recovery.baseline import FEWEST, LEAST
from rushproof.timetable import Timetable


def drill_doubts(
    drill: DrillSpec, timetable: Timetable, pace: Pace, warm_up: float, came: Callable[[float], int]
) -> Iterator[tuple[str, str]]:
    """What will be unknown of a drill, and why; `came`: how many visits may have taken the step that it is told by, until a wall second."""
    spans = [span_of(fault, timetable) for fault in drill.faults.values()]
    if not spans:
        return
    broken, mended = (pace.wall(at) for at in (min(first for first, _ in spans), max(last for _, last in spans)))
    first, last = warm_up, broken
    if drill.baseline is not None:
        begin, end = (pace.wall(timetable.at(moment)) for moment in (drill.baseline.first, drill.baseline.last))
        first, last = max(begin, warm_up), min(end, broken)
    yield from _baseline(drill, last - first, came(last) - came(first))
    left = pace.wall(timetable.end) - mended
    needed = float(drill.service.hold) + float(drill.service.window)
    if left < needed:
        why = f"the run ends {_wall(left)} after the last mend, and the service has to be well for {_wall(needed)}"
        yield "recovery.service", f"{why} (`drill.service`: hold and window)"


def _baseline(drill: DrillSpec, seconds: float, came: int) -> Iterator[tuple[str, str]]:
    name = "the baseline was steady"
    if seconds < LEAST:
        yield name, f"there are {_wall(max(seconds, 0.0))} before the first fault, and {_wall(LEAST)} are needed to measure against"
    elif came < FEWEST:
        told = f"about {came:,} visits that take {drill.service.step} come before the first fault, and {FEWEST:,} intents are needed"
        yield name, f"{told}, so each must have {FEWEST / came:.2g} of them or more" if came else told


def _wall(seconds: float) -> str:
    return f"{show(seconds, Unit.SECONDS)} of wall time"
