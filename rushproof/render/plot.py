"""The place of a picture on a page: its axes, and the lines and bands that say when something was."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self
from xml.etree import ElementTree as ET

import msgspec

from rushproof.pace import Pace
from rushproof.recovery_measures import CLOCKS
from rushproof.render.axis import Axis, clock, turned
from rushproof.render.markup import h
from rushproof.report import Report

WIDTH, LEFT, RIGHT, BOTTOM = 960.0, 68.0, 28.0, 26.0
_LETTER, _LINE = 6.4, 13.0
"""about as wide as a letter of a name is, and as high as a line of them"""


class Sign(NamedTuple):
    """A line or a band with a name beside it."""

    shape: ET.Element
    x: float
    """where it stands, or begins"""
    name: str
    style: str = "name"


class Plot(msgspec.Struct, frozen=True):
    """Where things are on the canvas.

    Sideways is scenario time; where the speed changes on the way it is wall time that is told by the scenario's clock, so that a jump has
    no width.
    """

    top: float
    height: float
    x: Axis
    y: Axis
    pace: Pace | None = None

    @classmethod
    def of(cls, report: Report, last: float, y: Axis, height: float) -> Self:
        """The plot of a run, up to the wall second `last`."""
        pace, timetable = report.manifest.pace, report.manifest.scenario.timetable
        x = clock(timetable, pace.at(0.0), pace.at(last)) if pace.plain else turned(timetable, pace, last)
        return cls(14, height, x, y, None if pace.plain else pace)

    def along(self, at: float) -> float:
        """Where a scenario time is on the axis."""
        return at if self.pace is None else self.pace.wall(at)

    def across(self, at: float) -> float:
        """Where a scenario time is on the canvas."""
        return self._place(self.along(at))

    def down(self, value: float) -> float:
        """Where a value is on the canvas."""
        return self.top + (1 - self.y.place(value)) * self.height

    @property
    def bottom(self) -> float:
        """Where the axis of time lies."""
        return self.top + self.height

    def band(self, left: float, right: float, class_: str, *inside: ET.Element, least: float = 0.0) -> ET.Element:
        """As high as the plot, from one place to another, and at least so wide."""
        return h("rect", *inside, x=f"{left:.1f}", y=self.top, width=f"{max(right - left, least):.1f}", height=self.height, class_=class_)

    def scales(self) -> Iterator[ET.Element]:
        """The grid, and what stands beside the axes."""
        for value, text in self.y.marks:
            y = f"{self.down(value):.1f}"
            yield h("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid")
            yield h("text", text, x=LEFT - 8, y=y, class_="tick up")
        for value, text in self.x.marks:
            x = f"{self._place(value):.1f}"
            yield h("line", x1=x, x2=x, y1=self.bottom, y2=self.bottom + 4, class_="axis")
            yield h("text", text, x=x, y=self.bottom + 18, class_="tick")
        yield h("line", x1=LEFT, x2=WIDTH - RIGHT, y1=self.bottom, y2=self.bottom, class_="axis")

    def names(self, signs: Iterable[Sign]) -> Iterator[ET.Element]:
        """What the signs are called, each in the first line in which it runs into no other."""
        taken: list[float] = []
        for sign in sorted(signs, key=lambda sign: sign.x):
            wide = _LETTER * len(sign.name)
            beside = sign.x + 4 + wide < WIDTH
            left = sign.x + 4 if beside else sign.x - 4 - wide
            line = next((line for line, end in enumerate(taken) if end <= left), len(taken))
            taken[line : line + 1] = [left + wide + 8]
            x, y = f"{sign.x + (4 if beside else -4):.1f}", f"{self.top + 10 + _LINE * line:.1f}"
            yield h("text", sign.name, x=x, y=y, class_=sign.style if beside else f"{sign.style} up")

    def _place(self, along: float) -> float:
        return LEFT + self.x.place(along) * (WIDTH - LEFT - RIGHT)


def faults(report: Report, plot: Plot) -> Iterator[Sign]:
    """A band over the time in which each fault of a drill was on; one that nobody saw mended lasts to the end."""
    pace = report.manifest.pace
    for fault in report.recovery.faults if report.recovery is not None else ():
        left = plot.across(pace.at(fault.injected[0]))
        right = plot.across(pace.at(fault.mended[1])) if fault.mended[1] is not None else WIDTH - RIGHT
        band = plot.band(left, right, "fault", h("title", f"{fault.fault} on {fault.on}"), least=2)
        yield Sign(band, left, fault.fault, "name fault-name")


def moments(report: Report, plot: Plot) -> Iterator[Sign]:
    """A line at each moment of the timetable."""
    timetable = report.manifest.scenario.timetable
    for name, moment in timetable.moments.items():
        at = timetable.at(moment)
        if plot.x.low < plot.along(at) < plot.x.high:
            yield _line(plot, plot.across(at), name, "moment", "name")


def recovered(report: Report, plot: Plot) -> Iterator[Sign]:
    """A line where the target's alarm rang, and where each clock stopped."""
    for one in report.recovery.milestones if report.recovery is not None else ():
        if one.name == "detected" or one.name in CLOCKS:
            yield _line(plot, plot.across(report.manifest.pace.at(one.late)), one.name, "milestone", "name milestone-name")


def _line(plot: Plot, x: float, name: str, class_: str, style: str) -> Sign:
    place = f"{x:.1f}"
    return Sign(h("line", x1=place, x2=place, y1=plot.top, y2=plot.bottom, class_=class_), x, name, style)
