"""launch.md: one page for whoever decides whether to launch."""

from collections.abc import Iterable

from rushproof.launch import Launch, Open
from rushproof.render import launch as page
from rushproof.render.markdown import SIGNS
from rushproof.render.marked import escape, table
from rushproof.render.plain import visible


def render(launch: Launch) -> bytes:
    """The page, in GitHub's Markdown."""
    parts = [
        f"# {SIGNS[launch.decision.status]} {escape(launch.sentence)}",
        escape(page.identity(launch)),
        "\n".join(f"- **{escape(each.value)}** {escape(each.label)} ({escape(each.note)})" for each in page.figures(launch)),
        escape(page.gives(launch)),
        _section("What speaks against it", _opens(launch.against)),
        _section("What could not be told", _opens(launch.untold) or "Nothing that was claimed."),
        _section("The budget, line by line", _findings(page.LINES, page.lines(launch))),
        _section("Invariants", _findings(page.INVARIANTS, page.invariants(launch)), escape(page.unclaimed(launch))),
        _section("The generator's certificate", _list(page.certificates(launch))),
        _section("Assumptions and factors", _list(page.assumptions(launch))),
        _section("How to run it again", "```\n" + "\n".join(visible(command) for command in page.again(launch)) + "\n```"),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def _section(title: str, *bodies: str) -> str:
    body = "\n\n".join(body for body in bodies if body)
    return f"## {title}\n\n{body}" if body else ""


def _list(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {escape(sentence)}" for sentence in sentences)


def _opens(opens: Iterable[Open]) -> str:
    return "\n".join(
        f"- **{escape(each.name)}**{f' ({escape(each.folder)})' if each.folder else ''}: {escape(each.sentence)}" for each in opens
    )


def _findings(words: tuple[str, ...], rows: tuple[page.Row, ...]) -> str:
    if not rows:
        return "None was claimed."
    cells = [
        (f"{SIGNS[row.finding.status]} {row.finding.status.value}", *map(escape, (row.finding.name, row.whose, *row.cells))) for row in rows
    ]
    return table(words, page.FINDINGS, cells)
