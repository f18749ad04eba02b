"""What is open, as the clocks of a backlog, a ledger and the people are told by it: each in its own time."""

from typing import NamedTuple

from rushproof.clocks import Clock, Time
from rushproof.drill import ClockSpec
from rushproof.recovery.backlog import Drain, cleared, drain, rest_of
from rushproof.recovery.ground import Ground
from rushproof.recovery.points import Points


class Counted(NamedTuple):
    """How much was open, and what the clock that reads it asks for; seconds of the clock's time throughout."""

    time: Time
    points: Points | str
    mended: float
    rest: float
    hold: float
    alike: float
    """up to when the load is as it was at the mend, so that more than `rest` is a relapse: where time goes faster, what takes machines a
    moment takes people minutes"""

    def clock(self) -> Clock:
        """When it was well again."""
        return cleared(self.points, self.mended, self.rest, self.hold, self.time, self.alike)

    def drain(self, clock: Clock) -> Drain | None:
        """How it drained, of which `clock` tells the end."""
        return drain(self.points, self.mended, self.rest, clock)


def counted(on: Ground, spec: ClockSpec | None, noisy: bool = False) -> Counted | None:
    """What a clock of the drill is told by; None where it has no such clock, or there is no mend to count from.

    Of a `noisy` one the baseline's own noise counts as rest, and it has to hold as long as the service where nothing else is said.
    """
    if spec is None or on.course.mended is None:
        return None
    points, mended, rest = on.points(spec), on.course.mended.confirmed, spec.rest
    here, later = _in(spec, on, mended), _in(spec, on, mended + float(on.drill.service.hold))
    if noisy and not isinstance(points, str):
        begin, end = (_in(spec, on, second) for second in on.before)
        rest = rest_of(points, begin, end, rest)
    hold = float(spec.hold) if spec.hold is not None else later - here if noisy else 0.0
    return Counted(spec.time, points, here, rest, hold, _in(spec, on, on.end))


def _in(spec: ClockSpec, on: Ground, second: float) -> float:
    """A wall second in a clock's own time."""
    return second if spec.time == "wall" else on.pace.at(second)
