"""What a faster clock would break: refused, with the speed that would do."""

from collections.abc import Iterator
from math import prod

from rushproof.arrivals import Opening, Shape, Spike, Trace
from rushproof.budget import Limit
from rushproof.document import Path
from rushproof.pace import JUMP
from rushproof.quantity import Unit
from rushproof.scenario import Scenario

FINEST = 0.001
"""seconds of wall time below which the engine's timer cannot place an arrival"""
TRIES = 5
"""how many slow answers a person's patience must outlast, or giving up becomes the compression's doing"""


def mistakes(scenario: Scenario, speed: float) -> Iterator[tuple[Path, str]]:
    """Why the scenario cannot run at `speed`, each with the place and the speed that would do."""
    if speed != 1.0 and scenario.target.clock is None:
        yield ("target",), f"speed {speed:g} needs a target whose clock can be set, but 'clock' is missing; speed 1 would do"
    for path, shape, width in _widths(scenario):
        fast = _fastest(scenario, speed, shape)
        if 0 < width / fast < FINEST and fast > 1.0:
            yield path, f"at speed {fast:g} it lasts {width / fast * 1e3:.3g} ms, finer than the timer; speed {width / FINEST:g} would do"
    least = scenario.population.patience.least
    bound, fast = max(((limit.bound.value, _fast(scenario, speed, limit)) for limit in _slow(scenario)), key=prod, default=(0.0, 1.0))
    if fast > 1.0 and least / fast < TRIES * bound:
        yield (
            ("population", "patience", "least"),
            f"at speed {fast:g} the least patience is {least / fast:.3g} s, under {TRIES} × the {bound:g} s that p99 may take;"
            f" speed {least / (TRIES * bound):.3g} would do",
        )


def _slow(scenario: Scenario) -> list[Limit]:
    """The budget's limits on a p99 of one try: what the scenario itself calls slow.  Without stretches the tightest."""
    limits = [
        limit
        for limit in scenario.budget
        if limit.measure == "p99" and limit.of in ("response", "service") and limit.at_most and limit.bound.unit is Unit.SECONDS
    ]
    return limits if scenario.timetable.stretches else sorted(limits, key=lambda limit: limit.bound.value)[:1]


def _fast(scenario: Scenario, speed: float, limit: Limit) -> float:
    """The highest speed at which a limit's samples are due."""
    window = scenario.windows.get(limit.window or "")
    timetable = scenario.timetable
    if window is None or not timetable.stretches:
        return max((_fastest(scenario, speed, shape) for crowd in scenario.crowds.values() if (shape := crowd.arrivals)), default=speed)
    return _highest(scenario, speed, timetable.at(window.first), timetable.at(window.last))


def _highest(scenario: Scenario, speed: float, first: float, last: float) -> float:
    pieces = scenario.timetable.pace(speed).pieces(first, last)
    return max((piece.speed for piece in pieces if piece.speed != JUMP), default=speed)


def _fastest(scenario: Scenario, speed: float, shape: Shape) -> float:
    """The highest speed at which people of a shape come; where nothing jumps or turns, the run's."""
    timetable = scenario.timetable
    if not timetable.stretches or (isinstance(shape, Trace) and not shape.points):
        return speed
    curve = shape.curve(timetable)
    return _highest(scenario, speed, max(float(curve.at[0]), timetable.begin), min(float(curve.at[-1]), timetable.end))


def _widths(scenario: Scenario) -> Iterator[tuple[Path, Shape, float]]:
    """Every width in scenario time that the engine has to keep, and the shape that it is of."""
    for name, crowd in scenario.crowds.items():
        path, shape = ("crowds", name, "arrivals"), crowd.arrivals
        match shape:
            case Opening():
                yield (*path, "spike_for"), shape, shape.spike_for
                if shape.comb:
                    yield (*path, "comb", "width"), shape, shape.comb.width
            case Spike():
                for key in ("rise", "hold", "fall"):
                    yield (*path, key), shape, getattr(shape, key)
