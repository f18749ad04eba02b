"""What a series of runs found, for a terminal and as Markdown: the answer, its tables, what it rests on, and how to ask again."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from rushproof.capacity import Capacity
from rushproof.metastability import Metastability
from rushproof.render import sheet
from rushproof.render.grid import paragraph
from rushproof.render.markdown import SIGNS
from rushproof.render.marked import escape
from rushproof.render.plain import visible
from rushproof.render.sheet import Sheet

Found = TypeVar("Found", Capacity, Metastability)


class SeriesPage(msgspec.Struct, frozen=True):
    """What both forms show."""

    found: Capacity | Metastability
    said: tuple[str, ...]
    """the answer, in sentences"""
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...]
    """what it rests on, and what stood in the way"""


def text(page: SeriesPage) -> bytes:
    """For a terminal."""
    parts = [
        "\n".join([paragraph(headline(page), indent=""), visible(f"{page.found.scenario} · {started(page)}")]),
        "\n".join(paragraph(line, hang="  ") for line in page.said),
        *map(sheet.text, page.sheets),
        "\n".join(["What it rests on", *(paragraph(note, hang="  ") for note in page.notes)]),
        f"The same again\n  {visible(page.found.again)}",
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def markdown(page: SeriesPage) -> bytes:
    """For a page or a comment."""
    parts = [
        f"### {SIGNS[page.found.status]} {escape(headline(page))}",
        f"**{escape(page.found.scenario)}** · {started(page)}",
        "\n".join(f"- {escape(line)}" for line in page.said),
        *map(sheet.markdown, page.sheets),
        "\n".join(["**What it rests on**\n", *(f"- {escape(note)}" for note in page.notes)]),
        f"```\n{visible(page.found.again)}\n```",
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def headline(page: SeriesPage) -> str:
    """`Pass: …`, for the reader who has only this line."""
    return f"{page.found.status.value.capitalize()}: {page.found.sentence}"


def started(page: SeriesPage) -> str:
    """When the first run began."""
    return dt.datetime.fromtimestamp(page.found.started, dt.UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")


def renderers(verb: str, page: Callable[[Found], SeriesPage]) -> Mapping[str, Callable[[Found], bytes]]:
    """Both forms by file name, as written into the folder of the runs."""
    return {f"{verb}.txt": lambda found: text(page(found)), f"{verb}.md": lambda found: markdown(page(found))}
