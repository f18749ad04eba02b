"""launch.html: the same page for a browser and for a sheet of A4; it needs nothing but itself."""

from collections.abc import Iterable
from importlib.resources import files
from xml.etree import ElementTree as ET

from rushproof.launch import Launch, Open
from rushproof.render import launch as page
from rushproof.render.html import SIGNS, badge, figure, named
from rushproof.render.markup import Node, add, h, table
from rushproof.render.markup import page as whole
from rushproof.verdict import Status


def render(launch: Launch) -> bytes:
    """The page as UTF-8."""
    style = "".join(files("rushproof.render").joinpath(name).read_text("utf-8") for name in ("page.css", "launch.css"))
    return whole(f"{launch.decision.value}: {page.identity(launch)}", style, h("main", _top(launch), *_sections(launch)))


def _top(launch: Launch) -> ET.Element:
    word, rest = launch.sentence.split(": ", 1)
    status = launch.decision.status
    mark = h("i", SIGNS[status], aria_hidden="true")
    top = h(
        "header",
        h("p", page.identity(launch), class_="eyebrow"),
        h("h1", h("span", mark, word, class_=f"verdict {named(status)}"), " ", rest[:1].upper() + rest[1:]),
        h("dl", *(figure(each.value, each.label, each.note) for each in page.figures(launch)), class_="headline"),
    )
    if page.gives(launch):
        top.append(h("p", page.gives(launch), class_="gives"))
    return top


def _sections(launch: Launch) -> Iterable[ET.Element]:
    if launch.against:
        yield h("section", h("h2", "What speaks against it"), _opens(launch.against, Status.FAIL))
    told = _opens(launch.untold, Status.UNKNOWN) if launch.untold else h("p", "Nothing that was claimed.")
    yield h("section", h("h2", "What could not be told"), told)
    yield _findings("The budget, line by line", "Each line of the budget, and what was measured", page.LINES, page.lines(launch))
    proof = _findings("Invariants", "What must never be, and how much was looked at", page.INVARIANTS, page.invariants(launch))
    if page.unclaimed(launch):
        add(proof, (h("p", page.unclaimed(launch), class_="muted"),))
    yield proof
    yield h("section", h("h2", "The generator's certificate"), _list(page.certificates(launch)))
    yield h("section", h("h2", "Assumptions and factors"), _list(page.assumptions(launch)))
    yield h("section", h("h2", "How to run it again"), h("pre", h("code", "\n".join(page.again(launch))), tabindex="0"))


def _list(sentences: Iterable[str]) -> ET.Element:
    return h("ul", *(h("li", sentence) for sentence in sentences))


def _opens(opens: Iterable[Open], status: Status) -> ET.Element:
    items = []
    for each in opens:
        where: list[Node] = [f" · {each.folder}"] if each.folder else []
        items.append(h("li", badge(status), h("b", each.name), *where, h("p", each.sentence), class_=named(status)))
    return h("ul", *items, class_="attention")


def _findings(title: str, caption: str, words: tuple[str, ...], rows: tuple[page.Row, ...]) -> ET.Element:
    section = h("section", h("h2", title))
    if not rows:
        add(section, (h("p", "None was claimed.", class_="muted"),))
        return section
    cells = [(badge(row.finding.status), row.finding.name, row.whose, *row.cells) for row in rows]
    section.append(table(caption, ("verdict", *words[1:], *page.FINDINGS), cells, len(words), "findings"))
    return section
