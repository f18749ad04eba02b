"""report.md: what a reader of Markdown shows is what was said."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rushproof.render.markdown import render
from rushproof.render.marked import escape
from rushproof.report import Report

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(markdown: str) -> str:
    """The text that a reader of the Markdown sees; nothing but text may come of it."""
    tokens = [child for token in READER.parse(markdown) for child in token.children or ()]
    assert {token.type for token in tokens} <= {"text", "text_special"}
    return "".join(token.content for token in tokens)


@pytest.mark.parametrize(
    "text",
    ["a_b_c", "_a_", "__x__", "*a*", "<b>x</b>", "a|b", "`code`", "[a](b)", "&amp;", "~~no~~", "\\", "# a", "1. a", "- a", "#12"],
)
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    assert shown(escape(text)) == text


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1).filter(lambda text: "@" not in text))
def test_any_text_is_shown_as_it_is_in_a_table(text: str) -> None:
    tokens = READER.parse(f"| {escape(text)} |\n| :-- |\n| {escape(text)} |")
    cells = [token for token in tokens if token.type == "inline"]

    assert [token.type for token in tokens][:1] == ["table_open"]
    assert ["".join(child.content for child in cell.children or ()) for cell in cells] == [text, text]
    assert {child.type for cell in cells for child in cell.children or ()} <= {"text", "text_special"}


def test_nobody_is_called() -> None:
    assert escape("@somebody") == "@\u200bsomebody"


def test_the_verdict_is_the_first_line_and_details_are_folded(case: tuple[str, Report]) -> None:
    lines = render(case[1]).decode().splitlines()

    assert lines[0].startswith("### ")
    assert case[1].verdict.value.capitalize() in lines[0]
    assert lines.count("<details>") == lines.count("</details>") == (3 if case[1].recovery is None else 4)


def test_every_table_is_taken_for_a_table(reports: Mapping[str, Report]) -> None:
    markdown = render(reports["many_steps"]).decode()
    tables = [token for token in READER.parse(markdown) if token.type == "table_open"]

    assert len(tables) == sum(line.startswith("| :--") for line in markdown.splitlines())
    assert len(tables) >= 4


def test_the_findings_stand_before_anything_folded(reports: Mapping[str, Report]) -> None:
    markdown = render(reports["fail"]).decode()

    assert markdown.index("| ❌ fail | nothing_lost") < markdown.index("<details>")
