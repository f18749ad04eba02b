"""Markdown that nothing a scenario says can break out of: text, tables, folds."""

import re
from collections.abc import Iterable, Sequence

from rushproof.render.plain import visible

_MARKUP = re.compile(r"[\\`*{}\[\]<>|~&!$]|_(?<![^\W_]_)|_(?![^\W_])|#(?=\d)|^[#+-]|(?<=^\d)[.)]")
"""what Markdown could take for its own; an underscore between letters it leaves alone"""
_MENTION = re.compile(r"@(?=\w)")


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no emphasis, table cell or HTML can begin in it, and nobody is called by an `@`."""
    return _MENTION.sub("@\u200b", _MARKUP.sub(lambda found: "\\" + found[0], visible(text)))


def table(words: Sequence[str], figures_: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows under their headings: columns of words to the left, of figures to the right; the cells are Markdown already."""
    heads = [" | ".join((*words, *figures_)), " | ".join([*[":--"] * len(words), *["--:"] * len(figures_)])]
    return "\n".join(f"| {line} |" for line in (*heads, *(" | ".join(row) for row in rows)))


def fold(title: str, body: str) -> str:
    """A part that is shut until somebody opens it."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"
