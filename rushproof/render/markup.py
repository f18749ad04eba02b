"""Elements of a page, built as a tree and written once, so that nothing a scenario says can become markup."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from xml.etree import ElementTree as ET

from rushproof.render.plain import visible

Node = ET.Element | str


def h(tag: str, *children: Node, **attributes: object) -> ET.Element:
    """An element; `class_` and `aria_label` become `class` and `aria-label`, and an attribute that is None is left out."""
    named = {name.rstrip("_").replace("_", "-"): visible(str(value)) for name, value in attributes.items() if value is not None}
    element = ET.Element(tag, named)
    add(element, children)
    return element


def add(element: ET.Element, children: Iterable[Node]) -> None:
    """Children at the end of an element; text is escaped when the page is written."""
    for child in children:
        if isinstance(child, ET.Element):
            element.append(child)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + visible(child)
        else:
            element.text = (element.text or "") + visible(child)


def page(title: str, style: str, *body: Node) -> bytes:
    """A whole page that needs nothing but itself."""
    sheet = ET.Element("style")
    sheet.text = style
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("title", title),
        sheet,
    )
    text = ET.tostring(h("html", head, h("body", *body), lang="en"), encoding="unicode", method="html")
    return f"<!doctype html>\n{text}\n".encode("utf-8", "replace")


def table(caption: str, headings: Iterable[Node], rows: Iterable[Iterable[Node]], words: int, class_: str = "") -> ET.Element:
    """A real table, which scrolls sideways where it must: `words` columns of text, the others of figures, to the right.

    A row that begins with an empty cell goes on under the heading above.
    """
    heads = [h("th", heading, scope="col", class_=_side(index, words)) for index, heading in enumerate(headings)]
    body = h("tbody", *_rows([tuple(row) for row in rows], words))
    whole = h("table", h("caption", caption), h("thead", h("tr", *heads)), body, class_=class_ or None)
    return h("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _rows(rows: Sequence[tuple[Node, ...]], words: int) -> Iterator[ET.Element]:
    for index, (first, *rest) in enumerate(rows):
        cells = [h("td", cell, class_=_side(column, words)) for column, cell in enumerate(rest, 1)]
        if first == "":
            yield h("tr", *cells)
            continue
        span = 1 + sum(1 for _ in takewhile(lambda row: row[0] == "", rows[index + 1 :]))
        heading = h("th", first, scope="row") if span == 1 else h("th", first, scope="rowgroup", rowspan=span)
        yield h("tr", heading, *cells)


def _side(column: int, words: int) -> str | None:
    return "figure" if column >= words else None
