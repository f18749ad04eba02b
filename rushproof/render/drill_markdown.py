"""The drill in report.md: its clocks and the comparison at once, the rest behind a fold."""

from rushproof.render import sheet
from rushproof.render.marked import escape, fold
from rushproof.render.recovered import CLOCKED, COMPARED, sheets, summary
from rushproof.report import Report

_ROWS = 12
"""moments of the table of people"""
_AT_ONCE = (CLOCKED, COMPARED)


def drill(report: Report) -> str:
    """The part of the comment; empty where there was no drill."""
    recovery = report.recovery
    if recovery is None:
        return ""
    shown = list(sheets(recovery, _ROWS))
    said = "\n".join(f"- {escape(line)}" for line in summary(report, recovery))
    rest = "\n\n".join(sheet.markdown(one) for one in shown if one.title not in _AT_ONCE)
    folded = [fold("The drill's timeline, people and actions", rest)] if rest else []
    return "\n\n".join(["#### The drill", said, *(sheet.markdown(one) for one in shown if one.title in _AT_ONCE), *folded])
