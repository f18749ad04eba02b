"""The arms of a scenario side by side as files: for a terminal, a browser, a comment and programs."""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from xml.etree import ElementTree as ET

from rushproof.arm import Arm, together
from rushproof.render import arms as text
from rushproof.render import arms_json, markup, sheet
from rushproof.render.markdown import SIGNS
from rushproof.render.marked import escape
from rushproof.render.markup import add, h
from rushproof.render.sheet import Sheet

SideBySide = Callable[[Sequence[Arm]], bytes]


def html(arms: Sequence[Arm]) -> bytes:
    """One page that needs nothing but itself."""
    style = "".join(files("rushproof.render").joinpath(name).read_text("utf-8") for name in ("page.css", "drill.css"))
    name = _named(arms)
    top = h("header", h("p", h("b", name), class_="eyebrow"), h("h1", f"Arms side by side: {together(arms).value}"))
    return markup.page(f"arms: {name}", style, h("main", top, *map(_section, text.sheets(arms))))


def _section(one: Sheet) -> ET.Element:
    section = h("section", h("h2", one.title))
    section.append(markup.table(one.title, (*one.grid.words, *one.grid.figures), one.grid.rows, len(one.grid.words)))
    add(section, (h("p", note) for note in one.notes))
    return section


def markdown(arms: Sequence[Arm]) -> bytes:
    """A comment, in GitHub's Markdown; each arm has the sign of how it stood beside what was expected of it."""
    stood = (f"{SIGNS[arm.stood]} {escape(arm.name)}{f' ({arm.told})' if arm.stated else ''}" for arm in arms)
    parts = [
        f"### {SIGNS[together(arms)]} {escape(_named(arms))}: arms side by side",
        " · ".join(stood),
        *map(sheet.markdown, text.sheets(arms)),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def _named(arms: Sequence[Arm]) -> str:
    return next((arm.report.manifest.scenario.name for arm in arms if arm.report is not None), "nothing ran")


ARMS: Mapping[str, SideBySide] = {"arms.txt": text.render, "arms.html": html, "arms.md": markdown, "arms.json": arms_json.render}
"""By file name, as written beside the arms' folders."""
