"""What became of those affected, as areas on top of each other: at every moment they are as high as the number of those affected."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from rushproof.clocks import Became
from rushproof.render.axis import straight
from rushproof.render.markup import h
from rushproof.render.plot import BOTTOM, RIGHT, WIDTH, Plot, faults
from rushproof.render.recovered import spread
from rushproof.report import Report

_MOST = 320
_SHADES = 6


def people(report: Report) -> Iterator[ET.Element]:
    """The figure, as wide in time as the pictures of the load; none where nobody was counted at two moments."""
    rows = spread(report.recovery.people, _MOST) if report.recovery is not None else ()
    if len(rows) < 2 or not report.timeline.at:
        return
    words = tuple(dict.fromkeys(word for row in rows for word in row.became))
    keys = [h("span", h("i", class_=f"key became became-{place % _SHADES}"), word) for place, word in enumerate(words)]
    caption = h("figcaption", h("strong", "What became of those affected, by the scenario's clock"), h("span", *keys, class_="keys"))
    yield h("figure", caption, h("div", _picture(report, rows, words), class_="plot"))


def _picture(report: Report, rows: Sequence[Became], words: Sequence[str]) -> ET.Element:
    at = report.timeline.at
    last = at[-1] + (at[1] - at[0] if len(at) > 1 else 1.0)
    y = straight([*(float(row.affected) for row in rows), *(float(sum(row.became.values())) for row in rows)], "")
    plot = Plot.of(report, last, y, 170.0)
    signs = list(faults(report, plot))
    shapes = [*(sign.shape for sign in signs), *plot.scales()]
    for place in reversed(range(len(words))):
        heights = [sum(row.became.get(word, 0) for word in words[: place + 1]) for row in rows]
        shapes.append(h("path", d=_area(plot, rows, heights), class_=f"became became-{place % _SHADES}"))
    shapes += plot.names(signs)
    label = "What became of those affected, stacked, over the scenario's time"
    return h("svg", *shapes, viewBox=f"0 0 {WIDTH:g} {plot.bottom + BOTTOM:g}", role="img", aria_label=label)


def _area(plot: Plot, rows: Sequence[Became], heights: Sequence[int]) -> str:
    """Steps: what was counted at a moment holds until the next, and at the last to the end."""
    across, down = [plot.across(row.at) for row in rows], [plot.down(height) for height in heights]
    parts = [f"M{across[0]:.1f} {plot.bottom:.1f}V{down[0]:.1f}"]
    parts += [f"H{x:.1f}V{y:.1f}" for x, y in zip(across[1:], down[1:], strict=True)]
    return "".join([*parts, f"H{WIDTH - RIGHT:.1f}V{plot.bottom:.1f}Z"])
