"""A table with what stands over it and what has to be said under it, in each form that people read."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import msgspec

from rushproof.render import grid, marked, markup
from rushproof.render.steps import Grid


class Sheet(msgspec.Struct, frozen=True):
    """One table of a page."""

    title: str
    grid: Grid
    notes: tuple[str, ...] = ()


def text(sheet: Sheet, indent: str = "") -> str:
    """For a terminal; the last column of words folds where a line would be too long."""
    headings: list[grid.Heading] = [*((word, "left") for word in sheet.grid.words), *((figure, "right") for figure in sheet.grid.figures)]
    shown = grid.table(headings, sheet.grid.rows, wrap=len(sheet.grid.words) - 1)
    return "\n".join([grid.paragraph(sheet.title, indent), shown, *(grid.paragraph(note, hang="  ") for note in sheet.notes)])


def markdown(sheet: Sheet) -> str:
    """For a comment; whatever the cells say, they stay cells."""
    words, figures = (tuple(map(marked.escape, heads)) for heads in (sheet.grid.words, sheet.grid.figures))
    shown = marked.table(words, figures, [tuple(map(marked.escape, row)) for row in sheet.grid.rows])
    said = "\n".join(f"- {marked.escape(note)}" for note in sheet.notes)
    return "\n\n".join(part for part in (f"**{marked.escape(sheet.title)}**", shown, said) if part)


def html(sheet: Sheet) -> Iterator[ET.Element]:
    """For a page: the table, and what is said under it."""
    words = len(sheet.grid.words)
    heads = (*sheet.grid.words, *sheet.grid.figures)
    yield markup.table(sheet.title, heads, sheet.grid.rows, words, "grouped" if words > 1 else "")
    yield from (markup.h("p", note, class_="muted") for note in sheet.notes)
