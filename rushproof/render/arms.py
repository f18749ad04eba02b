"""The arms of a scenario side by side, as `rushproof run --arms` prints them when the last is over."""

from collections.abc import Mapping, Sequence

from rushproof.render.arms_recovery import recovery
from rushproof.render.grid import Heading, paragraph, table
from rushproof.render.headline import NOTHING, bound, figures, measured
from rushproof.report import Report
from rushproof.verdict import Finding, Kind, Status

_NEVER = "not run"


def render(reports: Mapping[str, Report], arms: Sequence[str]) -> bytes:
    """A row a figure and a column an arm: verdicts, main figures, limits and invariants; UTF-8."""
    headings: list[Heading] = [("", "left"), *((arm, "right") for arm in arms)]
    rows = [("verdict", *(reports[arm].verdict.value if arm in reports else _NEVER for arm in arms))]
    rows += _figures(reports, arms)
    rows += _findings(reports, arms)
    lines = ["Arms, with the same people at the same due times", table(headings, rows, wrap=0)]
    if any(_compressed(report) for report in reports.values()):
        lines.append(paragraph("Compare the arms with each other only: their times were taken at speeds other than 1."))
    drilled = recovery(reports, arms)
    return ("\n".join([*lines, *(["", drilled] if drilled else [])]) + "\n").encode()


def _figures(reports: Mapping[str, Report], arms: Sequence[str]) -> list[tuple[str, ...]]:
    by_arm = {arm: figures(report) for arm, report in reports.items()}
    labels = [each.label for each in next(iter(by_arm.values()))] if by_arm else []
    return [(label, *(by_arm[arm][place].value if arm in by_arm else NOTHING for arm in arms)) for place, label in enumerate(labels)]


def _findings(reports: Mapping[str, Report], arms: Sequence[str]) -> list[tuple[str, ...]]:
    """Limits with what was measured, invariants with what they came to, and whatever made a run unfit."""
    by_arm = {arm: {one.name: one for one in report.findings if _shown(one)} for arm, report in reports.items()}
    names = dict.fromkeys(name for found in by_arm.values() for name in found)
    return [(name, *(_cell(by_arm.get(arm, {}).get(name)) for arm in arms)) for name in names]


def _shown(finding: Finding) -> bool:
    if finding.status is Status.NOT_CLAIMED:
        return False
    return finding.kind is not Kind.HEALTH or finding.status is not Status.PASS


def _cell(finding: Finding | None) -> str:
    if finding is None:
        return NOTHING
    told = measured(finding)
    if finding.kind is not Kind.LIMIT or told == NOTHING:
        return finding.status.value
    beyond = "" if finding.status is Status.PASS else f" ({finding.status.value}, {bound(finding)})"
    return f"{told}{beyond}"


def _compressed(report: Report) -> bool:
    return any(finding.compressed for finding in report.findings)
