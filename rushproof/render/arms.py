"""The arms of a scenario side by side, as `rushproof run --arms` shows them when the last is over."""

from collections.abc import Iterator, Mapping, Sequence

from rushproof.arm import Arm, sentence
from rushproof.render import sheet
from rushproof.render.arms_recovery import drilled
from rushproof.render.headline import NOTHING, amount, figures, measured
from rushproof.render.sheet import Sheet
from rushproof.render.steps import Grid
from rushproof.report import Report
from rushproof.verdict import Finding, Kind, Status

_NEVER = "not run"
_COMPRESSED = "Compare the arms with each other only: their times were taken at speeds other than 1."


def sheets(arms: Sequence[Arm]) -> Iterator[Sheet]:
    """What every form of the page shows: verdicts, main figures, limits and invariants; and the recoveries, where there were drills."""
    names = tuple(arm.name for arm in arms)
    reports = {arm.name: arm.report for arm in arms if arm.report is not None}
    rows = [("verdict", *(_NEVER if arm.report is None else arm.report.verdict.value for arm in arms))]
    if any(arm.stated for arm in arms):
        rows.append(("expected", *(arm.expected for arm in arms)))
    rows += _figures(reports, names)
    rows += _findings(reports, names)
    compressed = (_COMPRESSED,) if any(_compressed(report) for report in reports.values()) else ()
    notes = (sentence(arms), *_meanings(reports), *compressed)
    yield Sheet("Arms, with the same people at the same due times", Grid(("",), names, tuple(rows)), notes)
    yield from drilled(reports, names)


def render(arms: Sequence[Arm]) -> bytes:
    """The page as plain text, UTF-8: a row a figure and a column an arm."""
    return ("\n\n".join(map(sheet.text, sheets(arms))) + "\n").encode()


def _meanings(reports: Mapping[str, Report]) -> tuple[str, ...]:
    """What each arm is, where they say so themselves."""
    about = {arm: report.manifest.scenario.about for arm, report in reports.items()}
    return tuple(f"{arm}: {said}" for arm, said in about.items()) if len(set(about.values())) > 1 else ()


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
    if finding.kind is not Kind.LIMIT or measured(finding) == NOTHING:
        return finding.status.value
    if finding.status is Status.PASS and finding.measured is not None and finding.unit is not None:
        return amount(finding.measured, finding.unit)  # as narrow as can be: its bracket stands in its own report
    return measured(finding) if finding.status is Status.PASS else f"{measured(finding)} ({finding.status.value})"


def _compressed(report: Report) -> bool:
    return any(finding.compressed for finding in report.findings)
