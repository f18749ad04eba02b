"""Aligned text: tables and paragraphs in a hundred columns, wide characters counted as two."""

import io
import textwrap
from collections.abc import Iterable, Sequence
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rushproof.render.plain import visible

WIDTH = 100

Heading = tuple[str, Literal["left", "right"]]
"""a column's name, and the side its cells lean to"""


def table(headings: Sequence[Heading], rows: Iterable[Sequence[str]], wrap: int = -1) -> str:
    """Rows under their headings, indented by two; the column numbered `wrap` folds where the line would be too long."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, (heading, side) in enumerate(headings):
        grid.add_column(Text(heading), justify=side, no_wrap=position != wrap, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    out = io.StringIO()
    console = Console(file=out, width=WIDTH - 2, color_system=None, force_terminal=False, legacy_windows=False, emoji=False)
    console.print(grid)
    head, *body = (line.rstrip() for line in out.getvalue().splitlines())
    rule = "─" * max(map(cell_len, (head, *body)))
    return textwrap.indent("\n".join([head, rule, *body]), "  ")


def paragraph(text: str, indent: str = "  ", hang: str = "") -> str:
    """Wrapped prose; later lines are indented by `hang` more."""
    return textwrap.fill(visible(text), WIDTH, initial_indent=indent, subsequent_indent=indent + hang, break_on_hyphens=False)
