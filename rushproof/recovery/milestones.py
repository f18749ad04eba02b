"""The incident as one line of moments, from the injection to the last person made whole."""

from collections.abc import Iterator, Mapping, Sequence

from rushproof.clocks import Clock, Milestone, Time
from rushproof.injection import Mark
from rushproof.pace import Pace
from rushproof.recovery.course import Course
from rushproof.recovery.onset import Onset
from rushproof.timetable import clock_face


def milestones(
    of: Course, harm: Onset | None, detection: Clock, clocks: Mapping[str, Clock], marks: Sequence[Mark], pace: Pace
) -> tuple[Milestone, ...]:
    """All that is known of, in the order of time."""
    found = [
        Milestone(name=name, early=early, late=late, clock=clock_face(pace.at(at)), text=text)
        for name, early, late, at, text in _moments(of, harm, detection, clocks, marks, pace)
    ]
    return tuple(sorted(found, key=lambda each: (each.early, each.late)))


_Told = tuple[str, float, float, float, str]


def _moments(
    of: Course, harm: Onset | None, detection: Clock, clocks: Mapping[str, Clock], marks: Sequence[Mark], pace: Pace
) -> Iterator[_Told]:
    """Name, the interval in wall seconds, the likeliest moment in it, and what there is to say."""
    for one in of.faults:
        asked, confirmed = one.injected
        yield "injected", asked, confirmed if confirmed is not None else asked, asked, one.fault
        asked, confirmed = one.mended
        if confirmed is not None:
            yield "mended", asked, confirmed, confirmed, one.fault
    if harm is not None:
        yield "onset", harm.early, harm.late, harm.at, ""
        yield from _clock("detected", detection, harm.at, pace)
    if of.mended is not None:
        for name, clock in clocks.items():
            yield from _clock(name, clock, of.mended.confirmed, pace)
    for mark in marks:
        yield "mark", mark.at, mark.at, mark.at, mark.text


def _clock(name: str, clock: Clock, since: float, pace: Pace) -> Iterator[_Told]:
    if clock.status != "recovered" or clock.seconds is None:
        return
    at, low, high = (
        wall(since, clock.seconds if each is None else each, clock.time, pace) for each in (clock.seconds, clock.low, clock.high)
    )
    yield name, low, high, at, ""


def wall(since: float, seconds: float, time: Time, pace: Pace) -> float:
    """The wall second that is so many seconds of a clock's time after the wall second `since`."""
    return since + seconds if time == "wall" else pace.wall(pace.at(since) + seconds)
