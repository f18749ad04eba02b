"""What became of those affected, as areas on top of each other: at every moment they are as high as the number of those affected."""

from collections.abc import Callable, Iterator, Sequence
from xml.etree import ElementTree as ET

from rushproof.clocks import Became
from rushproof.render.axis import Axis, clock, straight, turned
from rushproof.render.chart import BOTTOM, LEFT, RIGHT, WIDTH
from rushproof.render.markup import h
from rushproof.render.recovered import spread
from rushproof.report import Report

_HEIGHT, _TOP = 170.0, 14.0
_MOST = 320
_SHADES = 6

Across = Callable[[float], float]
"""from a moment of the scenario to its place on the canvas"""


def people(report: Report) -> Iterator[ET.Element]:
    """The figure, as wide in time as the pictures of the load; none where nobody was counted at two moments."""
    rows = spread(report.recovery.people, _MOST) if report.recovery is not None else ()
    if len(rows) < 2 or not report.timeline.at:
        return
    names = tuple(dict.fromkeys(name for row in rows for name in row.became))
    keys = [h("span", h("i", class_=f"key became became-{place % _SHADES}"), name) for place, name in enumerate(names)]
    caption = h("figcaption", h("strong", "What became of those affected, by the scenario's clock"), h("span", *keys, class_="keys"))
    yield h("figure", caption, h("div", _picture(report, rows, names), class_="plot"))


def _picture(report: Report, rows: Sequence[Became], names: Sequence[str]) -> ET.Element:
    x, across = _time(report)
    y = straight([*(float(row.affected) for row in rows), *(float(sum(row.became.values())) for row in rows)], "")
    shapes: list[ET.Element] = []
    for value, text in y.marks:
        down = f"{_down(y, value):.1f}"
        shapes.append(h("line", x1=LEFT, x2=WIDTH - RIGHT, y1=down, y2=down, class_="grid"))
        shapes.append(h("text", text, x=LEFT - 8, y=down, class_="tick up"))
    below = _TOP + _HEIGHT + 18
    shapes += [h("text", text, x=f"{_placed(x, value):.1f}", y=below, class_="tick") for value, text in x.marks]
    for place in reversed(range(len(names))):
        downs = [_down(y, sum(row.became.get(name, 0) for name in names[: place + 1])) for row in rows]
        shapes.append(h("path", d=_area(rows, downs, across), class_=f"became became-{place % _SHADES}"))
    label = "What became of those affected, stacked, over the scenario's time"
    return h("svg", *shapes, viewBox=f"0 0 {WIDTH:g} {_TOP + _HEIGHT + BOTTOM:g}", role="img", aria_label=label)


def _time(report: Report) -> tuple[Axis, Across]:
    """The axis that the pictures of the load have: scenario time, or where its speed changes, wall time told by the scenario's clock."""
    manifest, at = report.manifest, report.timeline.at
    pace, timetable = manifest.pace, manifest.scenario.timetable
    last = at[-1] + (at[1] - at[0] if len(at) > 1 else 1.0)
    if pace.plain:
        x = clock(timetable, pace.at(0.0), pace.at(last))
        return x, lambda moment: _placed(x, moment)
    x = turned(timetable, pace, last)
    return x, lambda moment: _placed(x, pace.wall(moment))


def _placed(x: Axis, value: float) -> float:
    return LEFT + x.place(value) * (WIDTH - LEFT - RIGHT)


def _down(y: Axis, value: float) -> float:
    return _TOP + (1 - y.place(value)) * _HEIGHT


def _area(rows: Sequence[Became], downs: Sequence[float], across: Across) -> str:
    """Steps: what was counted at a moment holds until the next, and at the last to the end."""
    bottom = _TOP + _HEIGHT
    parts = [f"M{across(rows[0].at):.1f} {bottom:.1f}V{downs[0]:.1f}"]
    parts += [f"H{across(row.at):.1f}V{down:.1f}" for row, down in zip(rows[1:], downs[1:], strict=True)]
    return "".join([*parts, f"H{WIDTH - RIGHT:.1f}V{bottom:.1f}Z"])
