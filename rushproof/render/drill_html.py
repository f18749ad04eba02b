"""The drill in report.html: the four clocks, what became of people as a picture, and every table that the other pages have."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from rushproof.clocks import Clock
from rushproof.quantity import lasting
from rushproof.render import sheet
from rushproof.render.drill_picture import people
from rushproof.render.markup import Node, add, h
from rushproof.render.recovered import PEOPLE, bracketed, clock_figures, sheets, stopped, summary
from rushproof.report import Report

_ROWS = 20
"""moments of the table of people"""


def drill(report: Report) -> Iterator[ET.Element]:
    """The section; none where there was no drill."""
    recovery = report.recovery
    if recovery is None:
        return
    section = h("section", h("h2", "The drill"), class_="drill")
    section.append(h("dl", *(_clock(name, clock) for name, clock in clock_figures(recovery)), class_="clocks"))
    section.append(h("ul", *(h("li", line) for line in summary(report, recovery)), class_="told"))
    for one in sheets(recovery, _ROWS):
        if one.title == PEOPLE:
            add(section, people(report))
        add(section, sheet.html(one))
    yield section


def _clock(name: str, clock: Clock) -> ET.Element:
    since = "after the onset" if name == "detection" else "after the mend"
    seen: list[Node] = []
    if clock.status != "not observed":
        seen.append(f"{clock.time} time, {since}")
    if len(bracketed(clock)) > 1:
        seen.append(f"; between {' and '.join(bracketed(clock))}")
    if clock.resolution:
        seen.append(f"; resolution {lasting(clock.resolution)}")
    return h("div", h("dt", name), h("dd", stopped(clock), class_="value"), h("dd", *seen, class_="muted"))
