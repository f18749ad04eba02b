"""Everything a drill measured, put together from what its run wrote down."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from rushproof.clocks import Clock, Recovery
from rushproof.drill import DrillSpec
from rushproof.health import Taint, spoiled, taint
from rushproof.injection import Injection, Mark
from rushproof.manifest import Manifest
from rushproof.recovery.baseline import Baseline, Unsteady, baseline
from rushproof.recovery.cohort import cohorts
from rushproof.recovery.course import Course, course
from rushproof.recovery.service import Rule, Served, served
from rushproof.summary import Span, Summary

Rows = Sequence[Mapping[str, Any]]
"""What a query came to: each row by its columns' names"""

_UNSEEN = Clock(status="not observed", time="scenario")


def recovery_of(
    drill: DrillSpec,
    manifest: Manifest,
    summary: Summary,
    injections: Sequence[Injection],
    marks: Sequence[Mark] = (),
    readings: Mapping[str, NDArray[Any]] | None = None,
    series: Mapping[str, Rows | str] | None = None,
) -> Recovery:
    """What the drill of a run measured.

    `readings`: by probe, as `Recorded.probes` has them.  `series`: by the name of the query that a clock or the people of the drill
    name, its rows; or one sentence why there are none.
    """
    what_happened = course(drill.faults, injections, summary.elapsed)
    tainted = taint(summary)
    cohort = cohorts(summary, drill.service.step, float(drill.service.within), drill.service.crowd)
    begin, end = _baseline_window(drill, manifest, summary, what_happened)
    base = baseline(cohort, begin, end, float(drill.service.drop))
    if isinstance(base, Baseline) and (doubts := spoiled(tainted, summary, Span(base.first, base.last))):
        base = Unsteady(f"in the baseline {doubts}", base.asked)
    found = _served(drill, manifest, summary, cohort, base, what_happened)
    return Recovery(
        faults=what_happened.faults,
        milestones=(),
        baseline=base.share if isinstance(base, Baseline) else None,
        baseline_n=base.asked,
        baseline_why=base.why if isinstance(base, Unsteady) else "",
        clocks={
            "service": _service_clock(found, what_happened, summary, tainted),
            "backlog": _UNSEEN, "ledger": _UNSEEN, "customer": _UNSEEN,
        },
        detection=Clock(status="not observed", time="wall"),
        masking=None,
        stability="unknown",
    )  # fmt: skip


def _baseline_window(drill: DrillSpec, manifest: Manifest, summary: Summary, of: Course) -> tuple[float, float]:
    """From which wall second to which all was as it should be."""
    injected = of.injected.asked if of.injected is not None else summary.elapsed
    warm = summary.warm * summary.resolution
    if drill.baseline is None:
        return warm, injected
    timetable, pace = manifest.scenario.timetable, manifest.pace
    first, last = (pace.wall(timetable.at(moment)) for moment in (drill.baseline.first, drill.baseline.last))
    return max(first, warm), min(last, injected)


def _looked_until(manifest: Manifest, summary: Summary, mended: float) -> float:
    """Up to which wall second it is looked at: while arrivals come, and scenario time goes as fast as it went when all was mended."""
    pace = manifest.pace
    pieces = pace.pieces(pace.at(mended), math.inf)
    return min(summary.elapsed, pace.wall(pieces[0].last)) if pieces and math.isfinite(pieces[0].last) else summary.elapsed


def _served(drill: DrillSpec, manifest: Manifest, summary: Summary, cohort: Any, base: Baseline | Unsteady, of: Course) -> Served | str:
    """What the service clock found, or one sentence why it could not look."""
    if of.injected is None or of.mended is None:
        return of.why
    if isinstance(base, Unsteady):
        return base.why
    spec = drill.service
    rule = Rule(
        drop=float(spec.drop), window=float(spec.window), hold=float(spec.hold),
        slowest=None if spec.slowest is None else float(spec.slowest),
    )  # fmt: skip
    return served(cohort, base, rule, of.mended.confirmed, _looked_until(manifest, summary, of.mended.confirmed))


def _service_clock(found: Served | str, of: Course, summary: Summary, tainted: Taint) -> Clock:
    if isinstance(found, str) or of.mended is None:
        return Clock(status="unknown", time="wall", why=found if isinstance(found, str) else of.why)
    fixed = of.mended.confirmed
    at, low, high = (None if each is None else each - fixed for each in (found.at, found.low, found.high))
    until = found.held if found.held is not None else summary.elapsed
    span = Span(math.floor(fixed / summary.resolution), math.ceil(until / summary.resolution - 1e-6))
    doubts = spoiled(tainted, summary, span)
    return Clock(
        status="unknown" if doubts else found.status,
        time="wall",
        seconds=None if doubts else at,
        low=low,
        high=high,
        resolution=found.resolution,
        relapses=found.relapses,
        n=found.n,
        why=doubts or found.why,
    )
