"""The drill in report.txt: its timeline, its clocks, what became of people, what was done."""

from rushproof.render import sheet
from rushproof.render.grid import paragraph
from rushproof.render.recovered import sheets, summary
from rushproof.report import Report

_ROWS = 12
"""moments of the table of people"""


def drill(report: Report) -> str:
    """The section; empty where there was no drill."""
    recovery = report.recovery
    if recovery is None:
        return ""
    told = "\n".join(["The drill", *(paragraph(line, hang="  ") for line in summary(report, recovery))])
    return "\n\n".join([told, *(sheet.text(one, indent="  ") for one in sheets(recovery, _ROWS))])
