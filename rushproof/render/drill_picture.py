"""What became of those affected, as areas on top of each other: at every moment they are as high as the number of those affected."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from rushproof.clocks import Became, Recovery
from rushproof.render.axis import straight
from rushproof.render.chart import BOTTOM, LEFT, RIGHT, WIDTH
from rushproof.render.markup import h
from rushproof.render.recovered import spread

_HEIGHT, _TOP = 170.0, 14.0
_MOST = 320
_MARKS = 6
_SHADES = 6


def people(recovery: Recovery) -> Iterator[ET.Element]:
    """The figure; none where nobody was counted at two moments."""
    rows = spread(recovery.people, _MOST)
    if len(rows) < 2 or rows[-1].at <= rows[0].at:
        return
    names = tuple(dict.fromkeys(name for row in rows for name in row.became))
    keys = [h("span", h("i", class_=f"key became became-{place % _SHADES}"), name) for place, name in enumerate(names)]
    caption = h("figcaption", h("strong", "What became of those affected, by the scenario's clock"), h("span", *keys, class_="keys"))
    yield h("figure", caption, h("div", _picture(rows, names), class_="plot"))


def _picture(rows: Sequence[Became], names: Sequence[str]) -> ET.Element:
    y = straight([*(float(row.affected) for row in rows), *(float(sum(row.became.values())) for row in rows)], "")
    shapes: list[ET.Element] = []
    for value, text in y.marks:
        down = _TOP + (1 - y.place(value)) * _HEIGHT
        shapes.append(h("line", x1=LEFT, x2=WIDTH - RIGHT, y1=f"{down:.1f}", y2=f"{down:.1f}", class_="grid"))
        shapes.append(h("text", text, x=LEFT - 8, y=f"{down:.1f}", class_="tick up"))
    below = _TOP + _HEIGHT + 18
    shapes += [h("text", row.clock, x=f"{_across(rows, row.at):.1f}", y=below, class_="tick") for row in spread(rows, _MARKS)]
    for place in reversed(range(len(names))):
        heights = [sum(row.became.get(name, 0) for name in names[: place + 1]) for row in rows]
        style = f"became became-{place % _SHADES}"
        shapes.append(h("path", d=_area(rows, [_TOP + (1 - y.place(height)) * _HEIGHT for height in heights]), class_=style))
    label = "What became of those affected, stacked, over the scenario's time"
    return h("svg", *shapes, viewBox=f"0 0 {WIDTH:g} {_TOP + _HEIGHT + BOTTOM:g}", role="img", aria_label=label)


def _across(rows: Sequence[Became], at: float) -> float:
    return LEFT + (at - rows[0].at) / (rows[-1].at - rows[0].at) * (WIDTH - LEFT - RIGHT)


def _area(rows: Sequence[Became], downs: Sequence[float]) -> str:
    """Steps: what was counted at a moment holds until the next."""
    bottom = _TOP + _HEIGHT
    parts = [f"M{LEFT:.1f} {bottom:.1f}V{downs[0]:.1f}"]
    parts += [f"H{_across(rows, row.at):.1f}V{down:.1f}" for row, down in zip(rows[1:], downs[1:], strict=True)]
    return "".join([*parts, f"V{bottom:.1f}Z"])
