"""The arms of a scenario side by side as files: for a terminal, a browser, a comment and programs."""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from xml.etree import ElementTree as ET

import msgspec

from rushproof.render import arms as text
from rushproof.render import markup
from rushproof.render.json import document
from rushproof.render.markdown import SIGNS
from rushproof.render.marked import escape, table
from rushproof.render.markup import add, h
from rushproof.render.sheet import Sheet
from rushproof.report import Report

SideBySide = Callable[[Mapping[str, Report], Sequence[str]], bytes]


def html(reports: Mapping[str, Report], arms: Sequence[str]) -> bytes:
    """One page that needs nothing but itself."""
    style = "".join(files("rushproof.render").joinpath(sheet).read_text("utf-8") for sheet in ("page.css", "drill.css"))
    name = _named(reports)
    top = h("header", h("p", h("b", name), class_="eyebrow"), h("h1", "Arms side by side"))
    return markup.page(f"arms: {name}", style, h("main", top, *(_section(sheet) for sheet in text.sheets(reports, arms))))


def _section(sheet: Sheet) -> ET.Element:
    section = h("section", h("h2", sheet.title))
    section.append(markup.table(sheet.title, (*sheet.grid.words, *sheet.grid.figures), sheet.grid.rows, len(sheet.grid.words)))
    add(section, (h("p", note) for note in sheet.notes))
    return section


def markdown(reports: Mapping[str, Report], arms: Sequence[str]) -> bytes:
    """A comment, in GitHub's Markdown."""
    name = _named(reports)
    verdicts = " · ".join(f"{SIGNS[reports[arm].verdict]} {escape(arm)}" for arm in arms if arm in reports)
    parts = [f"### {escape(name)}: arms side by side", verdicts]
    for sheet in text.sheets(reports, arms):
        rows = [tuple(map(escape, row)) for row in sheet.grid.rows]
        shown = table(tuple(map(escape, sheet.grid.words)), tuple(map(escape, sheet.grid.figures)), rows)
        parts += [f"**{escape(sheet.title)}**", shown, "\n".join(f"- {escape(note)}" for note in sheet.notes)]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def json(reports: Mapping[str, Report], arms: Sequence[str]) -> bytes:
    """By arm, in the order that was asked for, its verdict.json; null for one that never ran."""
    told = {arm: document(reports[arm]) if arm in reports else None for arm in arms}
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _named(reports: Mapping[str, Report]) -> str:
    return next((report.manifest.scenario.name for report in reports.values()), "nothing ran")


ARMS: Mapping[str, SideBySide] = {"arms.txt": text.render, "arms.html": html, "arms.md": markdown, "arms.json": json}
"""By file name, as written beside the arms' folders."""
