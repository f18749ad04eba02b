"""The verdict in one sentence, what to look at first, and the three figures that matter most: said alike by every renderer for people."""

from collections.abc import Iterable, Mapping

import msgspec

from rushproof.manifest import Ending
from rushproof.quantity import Unit, show
from rushproof.report import Report, StepReport, principal, quantiles
from rushproof.verdict import Finding, Kind, Status

NOTHING = "–"
"""Written where there is no figure; never 0, which would be one."""

_URGENCY = {Status.FAIL: 0, Status.UNKNOWN: 1, Status.PASS: 2, Status.NOT_CLAIMED: 3}
_KINDS: Mapping[Kind, int] = {Kind.INVARIANT: 0, Kind.LIMIT: 1, Kind.HEALTH: 2}
_PLURALS: Mapping[Kind, str] = {Kind.INVARIANT: "invariants", Kind.LIMIT: "limits", Kind.HEALTH: "health checks"}


class Figure(msgspec.Struct, frozen=True):
    """One of the three: a value with its unit, what it is of, and what it is to be held against."""

    value: str
    label: str
    note: str


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings as a reader wants them: fail, unknown, pass, not claimed; invariants before limits before health."""
    return tuple(sorted(findings, key=lambda finding: (_URGENCY[finding.status], _KINDS[finding.kind])))


def attention(report: Report) -> tuple[Finding, ...]:
    """The findings that made the verdict what it is, where it is not `pass`."""
    return tuple(finding for finding in ordered(report.findings) if finding.status in (Status.FAIL, Status.UNKNOWN))


def headline(report: Report) -> str:
    """One sentence, for the reader who has only this line."""
    if report.verdict is Status.FAIL:
        return f"Fail: {_tally(report.findings, Status.FAIL)} failed."
    if report.verdict is Status.PASS:
        return f"Pass: {_tally(report.findings, Status.PASS)} held."
    if report.counts.offered == 0:
        return "Unknown: nobody came, so there is nothing to judge."
    if not attention(report):
        return "Unknown: nothing was claimed, so nothing was judged."
    return f"Unknown: {_tally(report.findings, Status.UNKNOWN)} could not be judged."


def _tally(findings: Iterable[Finding], status: Status) -> str:
    """`1 of 5 limits and all 4 invariants`: how many of each kind have the status; kinds that have none are left out."""
    claimed = [finding for finding in findings if finding.status is not Status.NOT_CLAIMED]
    parts = []
    for kind in sorted(_KINDS, key=_KINDS.__getitem__):
        of_kind = [finding for finding in claimed if finding.kind is kind]
        hits = sum(finding.status is status for finding in of_kind)
        if hits:
            parts.append(_share(hits, len(of_kind), _PLURALS[kind]))
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts) or "nothing"


def _share(hits: int, total: int, plural: str) -> str:
    if hits < total:
        return f"{hits} of {total} {plural}"
    return {1: f"the one {plural.removesuffix('s')}", 2: f"both {plural}"}.get(total, f"all {total} {plural}")


def ending(report: Report) -> str:
    """What to say of how the load ended; empty where it ended as planned."""
    manifest = report.manifest
    if manifest.ending is Ending.COMPLETE:
        return ""
    return f"The load did not end as planned ({manifest.ending.value})" + (f": {manifest.why}" if manifest.why else ".")


def figures(report: Report) -> tuple[Figure, Figure, Figure]:
    """Who was served, how long they waited, and how fast the target answered."""
    return _finished(report), _slowest(report), _peak(report)


def _finished(report: Report) -> Figure:
    counts = report.counts
    if counts.offered == 0:
        return Figure(NOTHING, "visits finished", "none were offered")
    share = amount(counts.finished / counts.offered, Unit.SHARE)
    return Figure(share, "of visits finished", f"{counts.finished:,} of {counts.offered:,}")


def _slowest(report: Report) -> Figure:
    step = principal(report)
    ok = quantiles(step, "response") if step else None
    if step is None or ok is None:
        return Figure(NOTHING, "p99 response", "no sample came out ok")
    return Figure(show(ok.p99, Unit.SECONDS), f"p99 response of {step.step}, ok", f"half within {show(ok.p50, Unit.SECONDS)}; n = {ok.n:,}")


def _peak(report: Report) -> Figure:
    timeline = report.timeline
    if not any(timeline.served):
        return Figure(NOTHING, "served at the peak", "nothing was served")
    length = show(float(report.manifest.scenario.resolution), Unit.SECONDS)
    best = max(range(len(timeline.served)), key=timeline.served.__getitem__)
    return Figure(
        f"{timeline.served[best]:,.0f}/s",
        "served at the peak",
        f"samples ok per wall second, the best {length} at {timeline.clock[best]}; "
        f"at most {max(timeline.due, default=0.0):,.0f}/s were due",
    )


def step_key(report: Report, step: StepReport) -> str:
    """How a step is called in reports: by itself, or `crowd/step` where the run has several crowds."""
    return step.step if len({each.crowd for each in report.steps}) < 2 else f"{step.crowd}/{step.step}"


def measured(finding: Finding) -> str:
    """The measured figure with its unit, as an interval where it is one."""
    if finding.unit is None:
        return NOTHING if finding.measured is None else f"{finding.measured:g}"
    if finding.low is not None and finding.high is not None and finding.low != finding.high:
        return f"{amount(finding.low, finding.unit)} … {amount(finding.high, finding.unit)}"
    return amount(finding.measured, finding.unit)


def bound(finding: Finding) -> str:
    """The bound in the unit of the measured figure."""
    if finding.unit is None:
        return NOTHING if finding.bound is None else f"{finding.bound:g}"
    return amount(finding.bound, finding.unit)


def amount(value: float | None, unit: Unit) -> str:
    """A value with its unit; `–` for none, `∞` for what never came; no share but the whole is written `100 %`."""
    if value is None:
        return NOTHING
    if unit is Unit.SHARE and 0.99995 <= value < 1:
        return "> 99.99 %"
    return "∞" if value == float("inf") else show(value, unit)
