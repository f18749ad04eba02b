"""Charts as inline SVG: lines, areas and stacks over scenario time, tainted seconds hatched, moments and windows marked."""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import msgspec

from rushproof.quantity import Unit
from rushproof.render.axis import Axis
from rushproof.render.columns import Columns, Series
from rushproof.render.headline import amount
from rushproof.render.markup import h
from rushproof.render.plot import BOTTOM, WIDTH, Plot, faults, moments, recovered
from rushproof.report import Report

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


def chart(report: Report, columns: Columns, marks: Sequence[Mark], y: Axis, unit: Unit, *, label: str, height: float = 190.0) -> ET.Element:
    """One chart; the series are drawn in their order, and each column tells its figures when pointed at."""
    edges = (*columns.at, columns.at[-1] + columns.width)
    times = tuple(map(report.manifest.pace.at, edges))
    plot = Plot.of(report, edges[-1], y, height)
    plot = msgspec.structs.replace(plot, top=plot.top + _ROW * len(_windows(report, plot)))
    signs = [*faults(report, plot), *moments(report, plot), *recovered(report, plot)]
    inside = (
        *_warm_up(report, plot), *(sign.shape for sign in signs), *plot.scales(), *_bars(report, plot),
        *(_shape(plot, times, mark) for mark in marks), *plot.names(signs),
        *_taints(plot, columns, times), *_tips(plot, columns, times, marks, unit),
    )  # fmt: skip
    return h("svg", *inside, viewBox=f"0 0 {WIDTH:g} {plot.bottom + BOTTOM:g}", role="img", aria_label=label)


def stacked(outcomes: Mapping[str, Series]) -> tuple[Mark, ...]:
    """The outcomes on top of each other, the highest sum first so that each covers what is under it."""
    sums: list[Mark] = []
    below = [0.0] * max((len(values) for values in outcomes.values()), default=0)
    for word, values in outcomes.items():
        below = [low + (value or 0.0) for low, value in zip(below, values, strict=True)]
        sums.append(Mark(word, f"outcome {word}", tuple(below), filled=True, told=values))
    return tuple(reversed(sums))


def _windows(report: Report, plot: Plot) -> list[tuple[str, float, float]]:
    """The scenario's windows that lie in the picture, at most four."""
    timetable = report.manifest.scenario.timetable
    spans = [(name, timetable.at(window.first), timetable.at(window.last)) for name, window in report.manifest.scenario.windows.items()]
    return [span for span in spans if plot.along(span[1]) < plot.x.high and plot.along(span[2]) > plot.x.low][:4]


def _warm_up(report: Report, plot: Plot) -> list[ET.Element]:
    """A shade over the wall time that no finding looks at."""
    manifest = report.manifest
    left, right = plot.across(manifest.first), plot.across(manifest.pace.at(float(manifest.scenario.warm_up)))
    return [plot.band(left, right, "warm-up")] if right > left else []


def _hatch() -> ET.Element:
    lines = (h("rect", width=6, height=6, class_="hatch-ground"), h("line", y2=6, class_="hatch"))
    return h("pattern", *lines, id="hatch", width=6, height=6, patternUnits="userSpaceOnUse", patternTransform="rotate(45)")


def _taints(plot: Plot, columns: Columns, times: Sequence[float]) -> list[ET.Element]:
    """Hatched bands over tainted columns, at least two units wide so that a single one in a day is seen."""
    bands = [h("defs", _hatch())] if any(columns.tainted) else []
    begin = None
    for index, tainted in enumerate((*columns.tainted, False)):
        if tainted and begin is None:
            begin = index
        elif not tainted and begin is not None:
            left, right = plot.across(times[begin]), plot.across(times[index])
            bands.append(plot.band(left, right, "taint", least=2))
            begin = None
    return bands


def _bars(report: Report, plot: Plot) -> list[ET.Element]:
    bars = []
    for row, (name, first, last) in enumerate(_windows(report, plot)):
        left, right = plot.across(first), plot.across(last)
        y = 6 + row * _ROW
        bars.append(h("rect", x=f"{left:.1f}", y=y, width=f"{max(right - left, 2):.1f}", height=4, rx=2, class_="window"))
        beside = right + 190 < WIDTH
        x = right + 6 if beside else left - 6
        bars.append(h("text", name, x=f"{x:.1f}", y=y + 6, class_="name" if beside else "name up"))
    return bars


def _shape(plot: Plot, times: Sequence[float], mark: Mark) -> ET.Element:
    """A series as one path of steps, broken where nothing was; filled ones go down to the axis."""
    parts: list[str] = []
    open_at = None
    for index, value in enumerate((*mark.values, None)):
        if value is None:
            if mark.filled and open_at is not None:
                parts.append(f"V{plot.bottom:.1f}H{plot.across(open_at):.1f}Z")
            open_at = None
            continue
        left, right, y = plot.across(times[index]), plot.across(times[index + 1]), plot.down(value)
        if open_at is None:
            open_at = times[index]
            parts.append(f"M{left:.1f} {plot.bottom:.1f}V{y:.1f}" if mark.filled else f"M{left:.1f} {y:.1f}")
        else:
            parts.append(f"V{y:.1f}")
        parts.append(f"H{right:.1f}")
    return h("path", d="".join(parts), class_=mark.style)


def _tips(plot: Plot, columns: Columns, times: Sequence[float], marks: Sequence[Mark], unit: Unit) -> list[ET.Element]:
    """An unseen bar over each column that tells its time and figures when pointed at."""
    told = [(mark.name, mark.told or mark.values) for mark in marks]
    tips = []
    for index, text in enumerate(columns.clock):
        left, right = plot.across(times[index]), plot.across(times[index + 1])
        said = [text, *(f"{name} {amount(values[index], unit)}" for name, values in told)]
        tips.append(plot.band(left, right, "tip", h("title", " · ".join(said))))
    return tips
