"""Whether the stretches of a timetable can be meant: in which nobody is due where it jumps, and no rate is asked of two speeds at once."""

from collections.abc import Iterator

from rushproof.arrivals import Trace
from rushproof.budget import MEASURES, Limit
from rushproof.document import Path
from rushproof.pace import JUMP, Piece
from rushproof.quantity import Unit
from rushproof.scenario import Scenario

Mistakes = Iterator[tuple[Path, str]]

_FEW = 1e-9
"""people, as a share of a crowd, that are none but for rounding"""


def stretch_mistakes(scenario: Scenario) -> Mistakes:
    """Each stretch that contradicts itself, its neighbour or the target."""
    timetable = scenario.timetable
    spans: list[tuple[int, float, float]] = []
    for nth, stretch in enumerate(timetable.stretches):
        path, wrong = ("timetable", "stretches", str(nth)), False
        for key, moment in (("from", stretch.first), ("to", stretch.last)):
            try:
                timetable.at(moment)
            except ValueError as problem:
                wrong = True
                yield (*path, key), str(problem)
        if wrong:
            return
        first, last = timetable.at(stretch.first), timetable.at(stretch.last)
        if first >= last:
            yield (*path, "to"), f"expected a moment after {stretch.first}, found {stretch.last}"
        other = next((number for number, begin, end in spans if first < end and begin < last), None)
        if other is not None:
            yield path, f"overlaps with stretch {other}, which is another speed for the same time; expected one"
        spans.append((nth, first, last))
    if spans and scenario.target.clock is None:
        yield ("target",), "a timetable with stretches needs a target whose clock can be set, but 'clock' is missing"


def jumped(scenario: Scenario) -> Mistakes:
    """Each crowd of which somebody is due where the timetable jumps."""
    timetable = scenario.timetable
    jumps = [piece for piece in timetable.pace(scenario.speed).pieces(timetable.begin, timetable.end) if piece.speed == JUMP]
    for name, crowd in scenario.crowds.items():
        shape = crowd.arrivals
        if shape is None or (isinstance(shape, Trace) and not shape.points):
            continue
        curve = shape.curve(timetable)
        if curve.people <= 0:
            continue
        for jump in jumps:
            share = (curve.before(jump.last) - curve.before(jump.first)) / curve.people
            if share > _FEW:
                when = f"from {timetable.clock(jump.first)} to {timetable.clock(jump.last)}"
                yield (
                    ("crowds", name, "arrivals"),
                    f"{share * scenario.people(name):,.3g} of its people are due {when}, where the timetable jumps; "
                    "expected none there: move the arrivals, or give the stretch a speed",
                )


def mixed(scenario: Scenario, speed: float, first: float, last: float) -> Mistakes:
    """Each limit on a rate whose time is run at several speeds; `first` to `last` is what is run."""
    timetable = scenario.timetable
    pace = timetable.pace(speed, first)
    if pace.plain:
        return
    for nth, limit in enumerate(scenario.budget):
        if not _is_rate(limit) or (limit.window is not None and limit.window not in scenario.windows):
            continue
        begin, end = first, last
        if limit.window is not None:
            window = scenario.windows[limit.window]
            begin, end = max(first, timetable.at(window.first)), min(last, timetable.at(window.last))
        if begin < end and pace.speed(begin, end) is None:
            what = f"the window {limit.window}" if limit.window else "the whole run"
            yield (
                ("budget", str(nth), "window"),
                f"a rate is judged at one speed, but {what} goes {_told(pace.pieces(begin, end))}; expected a window within one stretch",
            )


def _is_rate(limit: Limit) -> bool:
    return MEASURES.get(limit.measure) is Unit.RATE


def _told(pieces: tuple[Piece, ...]) -> str:
    speeds = dict.fromkeys("by jumps" if piece.speed == JUMP else f"at {piece.speed:g}" for piece in pieces)
    return " and ".join(speeds)
