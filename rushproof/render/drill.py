"""The drill in report.txt: its timeline, its clocks, what became of people, what was done."""

from rushproof.clocks import Recovery
from rushproof.render.grid import Heading, paragraph, table
from rushproof.render.recovered import CAPTIONS, grids, problems, remarks, summary
from rushproof.render.steps import Grid
from rushproof.report import Report

_ROWS = 12
"""moments of the table of people"""


def drill(report: Report) -> str:
    """The section; empty where there was no drill."""
    recovery = report.recovery
    if recovery is None:
        return ""
    parts = ["\n".join(["The drill", *(paragraph(line, hang="  ") for line in summary(report, recovery))])]
    parts += [_part(caption, grid, recovery) for caption, grid in grids(report, recovery, _ROWS)]
    return "\n\n".join(part for part in parts if part)


def _part(caption: str, grid: Grid, recovery: Recovery) -> str:
    headings: list[Heading] = [*((word, "left") for word in grid.words), *((figure, "right") for figure in grid.figures)]
    notes = {CAPTIONS["clocks"]: remarks(recovery), CAPTIONS["actions"]: problems(recovery)}.get(caption, ())
    said = [paragraph(note, hang="  ") for note in notes]
    return "\n".join([paragraph(f"{caption}", indent="  "), table(headings, grid.rows, wrap=len(grid.words) - 1), *said])
