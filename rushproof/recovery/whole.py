"""Everything a drill measured, put together from what its run wrote down."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from numpy.typing import NDArray

from rushproof.clocks import Amplification, Clock, Goodput, Loss, Recovery
from rushproof.drill import ClockSpec, DrillSpec
from rushproof.injection import Injection, Mark
from rushproof.recovery.amplification import amplification
from rushproof.recovery.backlog import Drain
from rushproof.recovery.baseline import Baseline, Unsteady
from rushproof.recovery.compared import compared
from rushproof.recovery.counted import Counted, counted
from rushproof.recovery.detection import detection
from rushproof.recovery.goodput import goodput
from rushproof.recovery.ground import Ground, Rows, ground_of
from rushproof.recovery.loss import loss
from rushproof.recovery.milestones import milestones, wall
from rushproof.recovery.onset import Onset, onset
from rushproof.recovery.people import became, not_the_incident, shown, tries_of
from rushproof.recovery.points import of_readings
from rushproof.recovery.service import Served
from rushproof.recovery.stability import DRAINS, FAULTS, Stability, stability
from rushproof.summary import Summary

_DRY, _FEW = 0.25, 50.0
"""of those who usually come, so few that somebody held them back; where so many would have"""


def recovery_of(
    drill: DrillSpec,
    summary: Summary,
    injections: Sequence[Injection],
    marks: Sequence[Mark],
    readings: Mapping[str, NDArray[Any]],
    series: Mapping[str, Rows | str],
) -> Recovery:
    """What the drill of a run measured.

    `readings`: by probe, as `Recorded.probes` has them.  `series`: by the name of the query that a clock or the people of the drill
    name, its rows; or one sentence why there are none.
    """
    on = ground_of(drill, summary, injections, readings, series)
    of, base, pace = on.course, on.baseline, on.pace
    found, harm = on.served(), _harm(on)
    backlog = counted(on, drill.backlog, noisy=True)
    told = {
        "service": _service(on, found),
        "backlog": _clock(on, drill.backlog, backlog),
        "ledger": _clock(on, drill.ledger, counted(on, drill.ledger)),
        "customer": _clock(on, drill.customer, counted(on, drill.customer)),
    }
    clocks = {name: _since_onset(clock, on, harm) for name, clock in told.items()}
    draining = None if backlog is None else backlog.drain(clocks["backlog"])
    noticed = _noticed(on, harm)
    tries = _amplification(on, draining)
    called = _called(on, found, draining, tries)
    recovery = Recovery(
        faults=of.faults,
        milestones=milestones(of, harm, noticed, clocks, marks, pace),
        baseline=base.share if isinstance(base, Baseline) else None,
        baseline_n=base.asked,
        baseline_why=base.why if isinstance(base, Unsteady) else "",
        clocks=clocks,
        detection=noticed,
        masking=harm.at - of.injected.asked if harm is not None and of.injected is not None else None,
        stability=called.word,
        stability_why=called.why,
        loss=_loss(on),
        goodput=_goodput(on, harm),
        amplification=tries,
        drain=draining.ratio if draining is not None else None,
        compared_with=drill.compared_with,
    )
    recovery = _with_people(recovery, on)
    fault = None if of.injected is None or of.mended is None else pace.at(of.mended.confirmed) - pace.at(of.injected.asked)
    return msgspec.structs.replace(recovery, compared=compared(drill.compare, recovery, summary.manifest.scenario.timetable, fault))


def _harm(on: Ground) -> Onset | None:
    """When harm began; None where none was shown, or where the generator may have made it."""
    if isinstance(on.baseline, Unsteady) or on.course.injected is None:
        return None
    injected = on.course.injected.asked
    found = onset(on.cohort, on.baseline, injected, on.end)
    return None if found is None or on.doubts(injected, found.late) else found


def _service(on: Ground, found: Served | str) -> Clock:
    if isinstance(found, str) or on.course.mended is None:
        return Clock(status="unknown", time="wall", why=found if isinstance(found, str) else on.course.why)
    mended = on.course.mended.confirmed
    doubts = on.doubts(mended, found.held if found.held is not None else on.end)
    if not doubts and found.high is not None:
        doubts = on.faltered(mended, found.high)
    if doubts:
        return Clock(status="unknown", time="wall", n=found.n, why=doubts)
    at, low, high = (None if each is None else each - mended for each in (found.at, found.low, found.high))
    return Clock(
        status=found.status,
        time="wall",
        seconds=at,
        low=low,
        high=high,
        resolution=found.resolution,
        relapses=found.relapses,
        n=found.n,
        why="; ".join(filter(None, (found.why, _dried_up(on)))),
    )


def _dried_up(on: Ground) -> str:
    """A remark where hardly anybody came to the step while the fault lasted: then its own loss is not all that was lost."""
    of, base = on.course, on.baseline
    if of.injected is None or of.mended is None or isinstance(base, Unsteady):
        return ""
    during = on.span(of.injected.asked, of.mended.confirmed)
    usual = base.asked / (base.last - base.first) * (during.last - during.first)
    came = int(on.cohort.asked[during.first : during.last].sum())
    if usual < _FEW or came > _DRY * usual:
        return ""
    told = f"while the fault lasted {came:,} came to {on.drill.service.step}, where about {usual:,.0f} usually do"
    return f"{told}: if a step before it held them back, `visit` as the step counts them all"


def _clock(on: Ground, spec: ClockSpec | None, told_by: Counted | None) -> Clock:
    """One of the clocks that read how much is open."""
    if spec is None:
        return Clock(status="not observed", time="scenario")
    return Clock(status="unknown", time=spec.time, why=on.course.why) if told_by is None else told_by.clock()


def _since_onset(clock: Clock, on: Ground, harm: Onset | None) -> Clock:
    if harm is None or clock.seconds is None or on.course.mended is None:
        return clock
    mended = on.course.mended.confirmed
    before = mended - harm.at if clock.time == "wall" else on.pace.at(mended) - on.pace.at(harm.at)
    return msgspec.structs.replace(clock, since_onset=clock.seconds + before)


def _patience(on: Ground, draining: Drain | None) -> float:
    """Wall seconds that the predicted drain would take; 0 where there is none."""
    spec = on.drill.backlog
    if draining is None or spec is None or on.course.mended is None:
        return 0.0
    mended = on.course.mended.confirmed
    return wall(mended, draining.predicted, spec.time, on.pace) - mended


def _noticed(on: Ground, harm: Onset | None) -> Clock:
    if on.drill.alarm is None:
        return Clock(status="not observed", time="wall")
    if on.course.injected is None:
        return Clock(status="unknown", time="wall", why=on.course.why)
    if isinstance(on.baseline, Unsteady):
        return Clock(status="unknown", time="wall", why=on.baseline.why)
    readings = on.readings.get(on.drill.alarm)
    alarm = f"the probe {on.drill.alarm} has no readings" if readings is None else of_readings(readings, float)
    return detection(alarm, on.course.injected.asked, None if harm is None else harm.at, on.end)


def _amplification(on: Ground, draining: Drain | None) -> Amplification | None:
    of = on.course
    if of.injected is None or of.mended is None or of.length is None:
        return None
    mended = of.mended.confirmed
    after = min(on.end, mended + max(FAULTS * of.length, DRAINS * _patience(on, draining)))
    return amplification(on.tried(), on.span(*on.before), on.span(of.injected.asked, mended), on.span(mended, after))


def _called(on: Ground, found: Served | str, draining: Drain | None, tries: Amplification | None) -> Stability:
    of = on.course
    if of.mended is None or of.length is None:
        return Stability("unknown", of.why)
    held = found.held if isinstance(found, Served) and found.held is not None else on.end
    if doubts := on.doubts(of.mended.confirmed, held):
        return Stability("unknown", doubts)
    return stability(found, of.mended.confirmed, on.end, of.length, _patience(on, draining) or None, tries, on.drill.retries == "on")


def _loss(on: Ground) -> Loss | None:
    of = on.course
    if of.injected is None or of.mended is None or isinstance(on.baseline, Unsteady) or on.doubts(of.injected.asked, on.end):
        return None
    return loss(on.cohort, on.baseline, of.injected.asked, on.end, float(on.drill.service.window))


def _goodput(on: Ground, harm: Onset | None) -> tuple[Goodput, ...]:
    of = on.course
    if of.injected is None or of.mended is None:
        return ()
    begun = harm.at if harm is not None and harm.at < of.mended.confirmed else of.injected.asked
    during = on.span(begun, of.mended.confirmed)
    return goodput(on.summary, float(on.drill.service.within), on.drill.apart, on.span(*on.before), during)


def _with_people(recovery: Recovery, on: Ground) -> Recovery:
    """The same with what became of those affected, and whether it was the incident that the drill is about."""
    spec = on.drill.people
    if spec is None:
        return recovery
    rows, tried = (on.series.get(name, f"the query {name} was not asked") if name else [] for name in (spec.query, spec.tries))
    if isinstance(rows, str) or isinstance(tried, str):
        return msgspec.structs.replace(recovery, not_the_incident=rows if isinstance(rows, str) else str(tried))
    try:
        moments, tries = became(rows, on.summary.manifest.scenario.timetable.clock), tries_of(tried)
    except ValueError as problem:
        return msgspec.structs.replace(recovery, not_the_incident=str(problem))
    why = not_the_incident(spec, tries, moments[-1].affected if moments else 0)
    return msgspec.structs.replace(recovery, people=shown(moments), tries=tries, not_the_incident=why)
