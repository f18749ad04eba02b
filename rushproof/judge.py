"""The judge: a run's summary against its budget, a pure function from what was recorded to findings and their worst."""

import math

import msgspec

from rushproof.budget import RECOVERY, UNITS, Limit
from rushproof.budget_check import unguarded
from rushproof.clocks import Recovery
from rushproof.fitness import fitness
from rushproof.health import Taint, generator, spoiled, taint
from rushproof.incident import rehearsal
from rushproof.manifest import Manifest
from rushproof.measures import MEASURES, Measured, Missing
from rushproof.quantity import Unit
from rushproof.recovery_measures import MEASURES as OF_RECOVERY
from rushproof.recovery_measures import in_wall_time, told_of_recovery
from rushproof.report import Report
from rushproof.sentence import told
from rushproof.steps import step_reports
from rushproof.summary import Span, Summary, total
from rushproof.timeline import timeline
from rushproof.verdict import Finding, Kind, Status, worst

_SEVERAL = "it is a rate over stretches of several speeds, and has one bound"


_NO_DRILL = Missing("nobody computed it")


def judge(manifest: Manifest, summary: Summary, invariants: tuple[Finding, ...] = (), recovery: Recovery | Missing = _NO_DRILL) -> Report:
    """The report of a run: limits of the manifest's budget, the invariants' findings as the audit made them, and the run's own health.

    `recovery`: what a drill came to, or why that is not known; it says nothing where the scenario has no drill.
    """
    tainted = taint(summary)
    summary.cut = summary.cut or bool(spoiled(tainted, summary, summary.whole))
    drill = manifest.scenario.drill
    limits = tuple(judged(limit, summary, tainted, recovery) for limit in manifest.scenario.budget)
    rehearsed = tuple(rehearsal(recovery, drill, manifest.scenario.budget)) if drill is not None else ()
    findings = (*limits, *invariants, *rehearsed, *fitness(summary, tainted, (*limits, *invariants)))
    return Report(
        verdict=worst(findings),
        manifest=msgspec.structs.replace(manifest, notes=(*manifest.notes, *summary.recorded.told)),
        counts=total(summary.visits),
        steps=step_reports(summary),
        findings=findings,
        timeline=timeline(summary, tainted),
        generator=generator(tainted, summary),
        recovery=recovery if isinstance(recovery, Recovery) else None,
    )


def judged(limit: Limit, summary: Summary, tainted: Taint, recovery: Recovery | Missing = _NO_DRILL) -> Finding:
    """One limit's finding; `unknown` where there is nothing to go by, and where judging it broke."""
    try:
        return _recovered(limit, summary, tainted, recovery) if limit.measure in RECOVERY else _judged(limit, summary, tainted)
    except Exception as problem:  # a broken measure must cost its own finding only, and never pass
        return _unknown(limit, _bound(limit, summary), f"This could not be judged: {type(problem).__name__}: {problem}.")


def _judged(limit: Limit, summary: Summary, tainted: Taint) -> Finding:
    found, bound = MEASURES[limit.measure](summary, limit), _bound(limit, summary)
    if bound is None:
        return _unknown(limit, None, f"There is nothing to judge it by: {_SEVERAL}.")
    if isinstance(found, Missing):
        return _unknown(limit, bound, f"There is nothing to judge: {found.why}.")
    status, doubts = _status(limit, found, bound), ""
    if unguarded(limit, summary.manifest.scenario.budget):
        doubts = "a target that fails fast would pass this: it needs a good_share or acknowledged limit of the same step beside it"
    elif _timed(limit) and not isinstance(span := summary.span(limit.window), str):
        doubts = spoiled(tainted, summary, span)
    return Finding(
        name=limit.name, kind=Kind.LIMIT, status=Status.UNKNOWN if doubts else status, measured=found.value, low=found.low, high=found.high,
        bound=bound, unit=UNITS[limit.measure], n=found.n, sentence=told(limit, found, bound, status, doubts, summary),
        compressed=summary.speed(limit.window) != 1.0 and (_timed(limit) or limit.outcome == "shed") and limit.bound.unit is not Unit.RATE,
    )  # fmt: skip


def _recovered(limit: Limit, summary: Summary, tainted: Taint, recovery: Recovery | Missing) -> Finding:
    bound = limit.bound.value
    found = recovery if isinstance(recovery, Missing) else OF_RECOVERY[limit.measure](recovery, limit)
    if isinstance(found, Missing) or isinstance(recovery, Missing):
        return _unknown(limit, bound, f"There is nothing to judge: {found.why if isinstance(found, Missing) else ''}.")
    status, span = _status(limit, found, bound), _felt(limit, recovery, summary)
    doubts = spoiled(tainted, summary, span)
    manifest, resolution = summary.manifest, summary.resolution
    speed = manifest.pace.speed(manifest.pace.at(span.first * resolution), manifest.pace.at(span.last * resolution))
    return Finding(
        name=limit.name, kind=Kind.LIMIT, status=Status.UNKNOWN if doubts else status, measured=found.value, low=found.low, high=found.high,
        bound=bound, unit=UNITS[limit.measure], n=found.n, sentence=told_of_recovery(limit, found, status, recovery, doubts),
        compressed=speed != 1.0 and in_wall_time(limit, recovery),
    )  # fmt: skip


def _felt(limit: Limit, recovery: Recovery, summary: Summary) -> Span:
    """From the first fault until the service had been well long enough, of relapses to the end: a starved generator is like harm."""
    drill, service = summary.manifest.scenario.drill, recovery.clocks.get("service")
    first = min((fault.injected[0] for fault in recovery.faults), default=0.0)
    last = max((fault.mended[1] or fault.mended[0] for fault in recovery.faults), default=0.0)
    looked = None if service is None or drill is None else service.low if service.high is None else service.high + float(drill.service.hold)
    end = summary.elapsed if looked is None or limit.measure == "recovery.relapses" else min(last + looked, summary.elapsed)
    return Span(
        math.floor(first / summary.resolution), max(math.ceil(end / summary.resolution), math.floor(first / summary.resolution) + 1)
    )


def _status(limit: Limit, found: Measured, bound: float) -> Status:
    """An interval fails when all of it is beyond the bound, and passes when none of it is."""
    worse, better = (found.low > bound, found.high <= bound) if limit.at_most is not None else (found.high < bound, found.low >= bound)
    if math.isnan(found.low) or math.isnan(found.high):
        return Status.UNKNOWN
    return Status.FAIL if worse else Status.PASS if better else Status.UNKNOWN


def _timed(limit: Limit) -> bool:
    """Whether a slow generator could have made the figure: latencies and rates, not counts and shares."""
    return UNITS[limit.measure] in (Unit.SECONDS, Unit.RATE) or limit.within is not None


def _bound(limit: Limit, summary: Summary) -> float | None:
    """The bound as it holds on the wall: rates are written at full size, in scenario time.  None where that goes by at several speeds."""
    if limit.bound.unit is not Unit.RATE:
        return limit.bound.value
    speed = summary.speed(limit.window)
    return None if speed is None else limit.bound.value * summary.manifest.people * speed


def _unknown(limit: Limit, bound: float | None, sentence: str) -> Finding:
    return Finding(name=limit.name, kind=Kind.LIMIT, status=Status.UNKNOWN, sentence=sentence, bound=bound, unit=limit.bound.unit)
