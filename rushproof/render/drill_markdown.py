"""The drill in report.md: its clocks and the comparison at once, the rest behind a fold."""

from rushproof.clocks import Recovery
from rushproof.render.marked import escape, fold, table
from rushproof.render.recovered import CAPTIONS, grids, problems, remarks, summary
from rushproof.render.steps import Grid
from rushproof.report import Report

_ROWS = 12
_AT_ONCE = ("clocks", "compared")


def drill(report: Report) -> str:
    """The part of the comment; empty where there was no drill."""
    recovery = report.recovery
    if recovery is None:
        return ""
    tables = dict(grids(report, recovery, _ROWS))
    first = [_part(caption, tables.pop(caption), recovery) for caption in (CAPTIONS[name] for name in _AT_ONCE) if caption in tables]
    rest = [_part(caption, grid, recovery) for caption, grid in tables.items()]
    said = "\n".join(f"- {escape(line)}" for line in summary(report, recovery))
    folded = [fold("The drill's timeline, people and actions", "\n\n".join(rest))] if rest else []
    return "\n\n".join(["#### The drill", *first, said, *folded])


def _part(caption: str, grid: Grid, recovery: Recovery) -> str:
    notes = {CAPTIONS["clocks"]: remarks(recovery), CAPTIONS["actions"]: problems(recovery)}.get(caption, ())
    rows = [tuple(map(escape, row)) for row in grid.rows]
    said = "\n".join(f"- {escape(note)}" for note in notes)
    shown = table(tuple(map(escape, grid.words)), tuple(map(escape, grid.figures)), rows)
    return "\n\n".join(part for part in (f"**{escape(caption)}**", shown, said) if part)
