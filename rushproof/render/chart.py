"""Charts as inline SVG: lines, areas and stacks over scenario time, tainted seconds hatched, moments and windows marked."""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import msgspec

from rushproof.pace import Pace
from rushproof.quantity import Unit
from rushproof.recovery_measures import CLOCKS
from rushproof.render.axis import Axis, clock, turned
from rushproof.render.columns import Columns, Series
from rushproof.render.headline import amount
from rushproof.render.markup import h
from rushproof.report import Report

WIDTH, LEFT, RIGHT, BOTTOM = 960.0, 68.0, 28.0, 26.0
_ROW = 15.0
"""height of one window's bar with its name"""


class Mark(msgspec.Struct, frozen=True):
    """One series: its name for the legend, its class in the style sheet, and how it is drawn."""

    name: str
    style: str
    values: Series
    filled: bool = False
    told: Series | None = None
    """what it says when pointed at, where that is not its height"""


class Frame(msgspec.Struct, frozen=True):
    """The plot's place on the canvas, and the two axes.

    Sideways is scenario time; where the speed changes on the way it is wall time that is told by the scenario's clock, so that a jump has
    no width.
    """

    top: float
    height: float
    x: Axis
    y: Axis
    pace: Pace | None = None

    def along(self, at: float) -> float:
        """Where a scenario time is on the axis."""
        return at if self.pace is None else self.pace.wall(at)

    def across(self, at: float) -> float:
        return LEFT + self.x.place(self.along(at)) * (WIDTH - LEFT - RIGHT)

    def down(self, value: float) -> float:
        return self.top + (1 - self.y.place(value)) * self.height

    @property
    def bottom(self) -> float:
        return self.top + self.height


def chart(report: Report, columns: Columns, marks: Sequence[Mark], y: Axis, unit: Unit, *, label: str, height: float = 190.0) -> ET.Element:
    """One chart; the series are drawn in their order, and each column tells its figures when pointed at."""
    edges = (*columns.at, columns.at[-1] + columns.width)
    times = tuple(map(report.manifest.pace.at, edges))
    frame = plot(report, edges[-1], y, height)
    frame = msgspec.structs.replace(frame, top=frame.top + _ROW * len(_windows(report, frame)))
    shapes = [_shape(frame, times, mark) for mark in marks]
    inside = (*_ground(report, frame), *shapes, *_taints(frame, columns, times), *_tips(frame, columns, times, marks, unit))
    canvas = f"0 0 {WIDTH:g} {frame.bottom + BOTTOM:g}"
    return h("svg", *inside, viewBox=canvas, role="img", aria_label=label)


def stacked(outcomes: Mapping[str, Series]) -> tuple[Mark, ...]:
    """The outcomes on top of each other, the highest sum first so that each covers what is under it."""
    sums: list[Mark] = []
    below = [0.0] * max((len(values) for values in outcomes.values()), default=0)
    for word, values in outcomes.items():
        below = [low + (value or 0.0) for low, value in zip(below, values, strict=True)]
        sums.append(Mark(word, f"outcome {word}", tuple(below), filled=True, told=values))
    return tuple(reversed(sums))


def plot(report: Report, last: float, y: Axis, height: float) -> Frame:
    """The place of a picture of the run, up to the wall second `last`."""
    pace, timetable = report.manifest.pace, report.manifest.scenario.timetable
    x = clock(timetable, pace.at(0.0), pace.at(last)) if pace.plain else turned(timetable, pace, last)
    return Frame(14, height, x, y, None if pace.plain else pace)


def scales(frame: Frame) -> list[ET.Element]:
    """The grid, and what stands beside the axes."""
    lines: list[ET.Element] = []
    for value, text in frame.y.marks:
        y = f"{frame.down(value):.1f}"
        lines.append(h("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        lines.append(h("text", text, x=LEFT - 8, y=y, class_="tick up"))
    for value, text in frame.x.marks:
        x = f"{LEFT + frame.x.place(value) * (WIDTH - LEFT - RIGHT):.1f}"
        lines.append(h("line", x1=x, x2=x, y1=frame.bottom, y2=frame.bottom + 4, class_="axis"))
        lines.append(h("text", text, x=x, y=frame.bottom + 18, class_="tick"))
    lines.append(h("line", x1=LEFT, x2=WIDTH - RIGHT, y1=frame.bottom, y2=frame.bottom, class_="axis"))
    return lines


def faults(report: Report, frame: Frame) -> list[ET.Element]:
    """A band over the time in which each fault of a drill was on, with its name; one that nobody saw mended lasts to the end."""
    bands: list[ET.Element] = []
    for fault in report.recovery.faults if report.recovery is not None else ():
        pace = report.manifest.pace
        left = frame.across(pace.at(fault.injected[0]))
        right = frame.across(pace.at(fault.mended[1])) if fault.mended[1] is not None else WIDTH - RIGHT
        tip = h("title", f"{fault.fault} on {fault.on}")
        size = {"width": f"{max(right - left, 2):.1f}", "height": frame.height}
        bands.append(h("rect", tip, x=f"{left:.1f}", y=frame.top, **size, class_="fault"))
        bands.append(h("text", fault.fault, x=f"{left + 4:.1f}", y=frame.top + 24, class_="name fault-name"))
    return bands


def _windows(report: Report, frame: Frame) -> list[tuple[str, float, float]]:
    """The scenario's windows that lie in the picture, at most four."""
    timetable = report.manifest.scenario.timetable
    spans = [(name, timetable.at(window.first), timetable.at(window.last)) for name, window in report.manifest.scenario.windows.items()]
    return [span for span in spans if frame.along(span[1]) < frame.x.high and frame.along(span[2]) > frame.x.low][:4]


def _ground(report: Report, frame: Frame) -> list[ET.Element]:
    """Everything under the series: the warm-up's shade, grid, axes, moments, windows."""
    under = (*_warm_up(report, frame), *faults(report, frame), *scales(frame))
    return [*under, *_moments(report, frame), *_recovered(report, frame), *_bars(report, frame)]


def _warm_up(report: Report, frame: Frame) -> list[ET.Element]:
    """A shade over the wall time that no finding looks at."""
    manifest = report.manifest
    last = manifest.pace.at(float(manifest.scenario.warm_up))
    left, right = frame.across(manifest.first), frame.across(last)
    return [h("rect", x=f"{left:.1f}", y=frame.top, width=f"{right - left:.1f}", height=frame.height, class_="warm-up")] * (right > left)


def _hatch() -> ET.Element:
    lines = (h("rect", width=6, height=6, class_="hatch-ground"), h("line", y2=6, class_="hatch"))
    return h("pattern", *lines, id="hatch", width=6, height=6, patternUnits="userSpaceOnUse", patternTransform="rotate(45)")


def _taints(frame: Frame, columns: Columns, times: Sequence[float]) -> list[ET.Element]:
    """Hatched bands over tainted columns, at least two units wide so that a single one in a day is seen."""
    bands = [h("defs", _hatch())] if any(columns.tainted) else []
    begin = None
    for index, tainted in enumerate((*columns.tainted, False)):
        if tainted and begin is None:
            begin = index
        elif not tainted and begin is not None:
            left, right = frame.across(times[begin]), frame.across(times[index])
            bands.append(h("rect", x=f"{left:.1f}", y=frame.top, width=f"{max(right - left, 2):.1f}", height=frame.height, class_="taint"))
            begin = None
    return bands


def _moments(report: Report, frame: Frame) -> list[ET.Element]:
    timetable = report.manifest.scenario.timetable
    lines = []
    for name, moment in timetable.moments.items():
        at = timetable.at(moment)
        if frame.x.low < frame.along(at) < frame.x.high:
            x = f"{frame.across(at):.1f}"
            lines.append(h("line", x1=x, x2=x, y1=frame.top, y2=frame.bottom, class_="moment"))
            lines.append(h("text", name, x=f"{frame.across(at) + 4:.1f}", y=frame.top + 10, class_="name"))
    return lines


def _recovered(report: Report, frame: Frame) -> list[ET.Element]:
    """A line where the target's alarm rang, and where each clock stopped; their names one under the other, because they may be near."""
    milestones = report.recovery.milestones if report.recovery is not None else ()
    pace, lines = report.manifest.pace, list[ET.Element]()
    for row, one in enumerate(each for each in milestones if each.name == "detected" or each.name in CLOCKS):
        across = frame.across(pace.at(one.late))
        x, y = f"{across:.1f}", f"{frame.top + 38 + 13 * (row % 5):.1f}"
        lines.append(h("line", x1=x, x2=x, y1=frame.top, y2=frame.bottom, class_="milestone"))
        beside, side = (4, "name") if across + 70 < WIDTH else (-4, "name up")
        lines.append(h("text", one.name, x=f"{across + beside:.1f}", y=y, class_=f"{side} milestone-name"))
    return lines


def _bars(report: Report, frame: Frame) -> list[ET.Element]:
    bars = []
    for row, (name, first, last) in enumerate(_windows(report, frame)):
        left, right = frame.across(first), frame.across(last)
        y = 6 + row * _ROW
        bars.append(h("rect", x=f"{left:.1f}", y=y, width=f"{max(right - left, 2):.1f}", height=4, rx=2, class_="window"))
        beside = right + 190 < WIDTH
        x = right + 6 if beside else left - 6
        bars.append(h("text", name, x=f"{x:.1f}", y=y + 6, class_="name" if beside else "name up"))
    return bars


def _shape(frame: Frame, times: Sequence[float], mark: Mark) -> ET.Element:
    """A series as one path of steps, broken where nothing was; filled ones go down to the axis."""
    parts: list[str] = []
    open_at = None
    for index, value in enumerate((*mark.values, None)):
        if value is None:
            if mark.filled and open_at is not None:
                parts.append(f"V{frame.bottom:.1f}H{frame.across(open_at):.1f}Z")
            open_at = None
            continue
        left, right, y = frame.across(times[index]), frame.across(times[index + 1]), frame.down(value)
        if open_at is None:
            open_at = times[index]
            parts.append(f"M{left:.1f} {frame.bottom:.1f}V{y:.1f}" if mark.filled else f"M{left:.1f} {y:.1f}")
        else:
            parts.append(f"V{y:.1f}")
        parts.append(f"H{right:.1f}")
    return h("path", d="".join(parts), class_=mark.style)


def _tips(frame: Frame, columns: Columns, times: Sequence[float], marks: Sequence[Mark], unit: Unit) -> list[ET.Element]:
    """An unseen bar over each column that tells its time and figures when pointed at."""
    told = [(mark.name, mark.told or mark.values) for mark in marks]
    tips = []
    for index, text in enumerate(columns.clock):
        left, right = frame.across(times[index]), frame.across(times[index + 1])
        said = [text, *(f"{name} {amount(values[index], unit)}" for name, values in told)]
        title = h("title", " · ".join(said))
        tips.append(h("rect", title, x=f"{left:.1f}", y=frame.top, width=f"{right - left:.1f}", height=frame.height, class_="tip"))
    return tips
