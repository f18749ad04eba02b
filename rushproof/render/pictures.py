"""The timeline as pictures: offered against served, latency, outcomes, visits in flight; under each, the same figures as a table."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from rushproof.quantity import Unit, show
from rushproof.render.axis import logarithmic, straight
from rushproof.render.chart import Mark, chart, stacked
from rushproof.render.columns import Columns, Series, columns
from rushproof.render.headline import amount
from rushproof.render.markup import Node, h, table
from rushproof.report import Report

MOST = 320
"""columns in a picture; a journal bucket each, as long as there are no more"""
ROWS = 40
"""rows of the table under it"""

Named = Sequence[tuple[str, Series]]


def pictures(report: Report) -> tuple[ET.Element, ...]:
    """The figures of the timeline section; none where nothing was recorded."""
    if not report.timeline.at:
        return ()
    fine, coarse = columns(report.timeline, MOST), columns(report.timeline, ROWS)
    return (
        h("p", _note(report, fine), class_="muted"),
        _rates(report, fine, coarse),
        _latency(report, fine, coarse),
        _outcomes(report, fine, coarse),
        _in_flight(report, fine, coarse),
    )


def _note(report: Report, fine: Columns) -> str:
    """What a point of a picture stands for."""
    point = f"Each point stands for {show(fine.width, Unit.SECONDS)} of wall time"
    if fine.each > 1:
        point += f", {fine.each} journal buckets: rates are their mean, latencies the highest of them"
    tainted = " Hatched: tainted, the generator does not vouch for it." if any(fine.tainted) else ""
    shaded = " Shaded: the warm-up, which no limit or health check looks at." if report.manifest.scenario.warm_up else ""
    faults = " Red: a fault of the drill was on; green: the alarm rang, or a clock stopped." if report.recovery is not None else ""
    return f"{point}. The axis is the scenario's clock.{shaded}{faults}{tainted}"


def _rates(report: Report, fine: Columns, coarse: Columns) -> ET.Element:
    marks = (
        Mark("samples served", "served", fine.served, filled=True),
        Mark("samples due", "due", fine.due),
        Mark("visits begun", "begun", fine.offered),
    )
    y = straight((*fine.due, *fine.served, *fine.offered), "/s")
    picture = chart(report, fine, marks, y, Unit.RATE, label="Samples due and served, and visits begun, per wall second")
    named = (("samples due", coarse.due), ("samples served", coarse.served), ("visits begun", coarse.offered))
    return _figure("Offered and served, per wall second", marks, picture, coarse, named, Unit.RATE)


def _latency(report: Report, fine: Columns, coarse: Columns) -> ET.Element:
    marks = (Mark("p99", "p99", fine.p99), Mark("p50", "p50", fine.p50))
    label = "Median and p99 of the response of samples ok, logarithmic"
    picture = chart(report, fine, marks, logarithmic((*fine.p50, *fine.p99)), Unit.SECONDS, label=label)
    named = (("p50", coarse.p50), ("p99", coarse.p99))
    return _figure("Response of samples ok, all steps (logarithmic), by when they were due", marks, picture, coarse, named, Unit.SECONDS)


def _outcomes(report: Report, fine: Columns, coarse: Columns) -> ET.Element:
    marks = stacked(fine.outcomes)
    y = straight(marks[0].values if marks else (), "/s")
    picture = chart(report, fine, marks, y, Unit.RATE, label="Samples due per wall second, stacked by outcome")
    title = "What samples came to, per wall second, by when they were due"
    return _figure(title, tuple(reversed(marks)), picture, coarse, tuple(coarse.outcomes.items()), Unit.RATE)


def _in_flight(report: Report, fine: Columns, coarse: Columns) -> ET.Element:
    marks = (Mark("visits in flight", "flight", fine.in_flight, filled=True),)
    y = straight(fine.in_flight, "")
    picture = chart(report, fine, marks, y, Unit.COUNT, label="Visits in flight", height=110.0)
    return _figure("Visits in flight", marks, picture, coarse, (("visits in flight", coarse.in_flight),), Unit.COUNT)


def _figure(title: str, marks: Sequence[Mark], picture: ET.Element, coarse: Columns, named: Named, unit: Unit) -> ET.Element:
    keys = [h("span", h("i", class_=f"key {mark.style}"), mark.name) for mark in marks]
    caption = h("figcaption", h("strong", title), h("span", *keys, class_="keys"))
    return h("figure", caption, h("div", picture, class_="plot"), _table(title, coarse, named, unit))


def _table(title: str, coarse: Columns, named: Named, unit: Unit) -> ET.Element:
    """The same figures, in fewer and longer columns."""
    tainted = any(coarse.tainted)
    headings = ["scenario clock", "wall time", *(name for name, _ in named), *(["tainted"] if tainted else [])]
    rows: list[list[Node]] = [
        [clock, show(at, Unit.SECONDS), *(amount(_round(values[row], unit), unit) for _, values in named)]
        for row, (clock, at) in enumerate(zip(coarse.clock, coarse.at, strict=True))
    ]
    if tainted:
        for row, mark in zip(rows, coarse.tainted, strict=True):
            row.append("tainted" if mark else "")
    caption = f"{title}, a row for each {show(coarse.width, Unit.SECONDS)} of wall time"
    return h("details", h("summary", "As a table"), table(caption, headings, rows, 1))


def _round(value: float | None, unit: Unit) -> float | None:
    return round(value) if value is not None and unit is Unit.COUNT else value
