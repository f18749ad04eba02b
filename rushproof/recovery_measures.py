"""What a limit can be put on of a drill: each measure of a recovery a pure function, and the sentence that its finding says.

A clock that has not stopped when the run ended has no end; one that was never looked at, or could not be told, gives no figure.
"""

import math
from collections.abc import Callable, Mapping

from rushproof.budget import UNITS, Limit
from rushproof.clocks import Clock, Loss, Recovery
from rushproof.measures import Measured, Missing
from rushproof.quantity import Unit, show
from rushproof.recovery.wilson import wilson
from rushproof.verdict import Status

Measure = Callable[[Recovery, Limit], Measured | Missing]

CLOCKS: Mapping[str, str] = {
    "service": "the service was well",
    "backlog": "the backlog was drained",
    "ledger": "the ledger was whole",
    "customer": "the last customer was made whole",
}
"""The four clocks in the order in which they stop, and what each of them stops at."""


def clock_of(recovery: Recovery, name: str) -> Clock:
    """One of the four clocks, or `detection`; one that the recovery does not have was not observed."""
    if name == "detection":
        return recovery.detection
    return recovery.clocks.get(name, Clock(status="not observed", time="wall"))


def relapsed(clock: Clock) -> str:
    """`it went bad again 3 times`; empty where it did not."""
    if not clock.relapses:
        return ""
    return f"it went bad again {'once' if clock.relapses == 1 else f'{clock.relapses:,} times'}"


def told_of_recovery(limit: Limit, found: Measured, status: Status, recovery: Recovery, doubts: str) -> str:
    """`Until the service was well it took 4.1 s of wall time after the mend, 4 s … 5 s; at most 60 s was allowed (n = 9,120).`"""
    unit, bound = UNITS[limit.measure], limit.bound
    allowed = f"at most {bound} was allowed" if limit.at_most is not None else f"at least {bound} was asked for"
    remark = f"; {found.remark}" if found.remark else ""
    n = f" (n = {found.n:,})" if found.n else ""
    sentence = f"{_subject(limit, recovery)} {_figure(found, unit)}; {allowed}{remark}{n}."
    if doubts:
        return f"{sentence} It is not judged, because {doubts}."
    return f"{sentence} The bound lies within the bracket, so this cannot be told." if status is Status.UNKNOWN else sentence


def in_wall_time(limit: Limit, recovery: Recovery) -> bool:
    """Whether the figure is one of wall time, which goes by faster or slower than it would at another speed."""
    name = limit.measure.removeprefix("recovery.")
    if name in CLOCKS or name == "detection":
        return clock_of(recovery, name).time == "wall"
    return UNITS[limit.measure] is Unit.SECONDS


def _clock(name: str) -> Measure:
    def measure(recovery: Recovery, limit: Limit) -> Measured | Missing:
        clock = clock_of(recovery, name)
        if clock.status == "not recovered":
            low = clock.low or 0.0
            return Measured(math.inf, low, math.inf, clock.n, clock.why.rstrip("."))
        if clock.status != "recovered" or clock.seconds is None:
            return Missing(clock.why.rstrip(".") or f"the {name} clock was {clock.status}")
        low, high = clock.low or 0.0, math.inf if clock.high is None else clock.high
        return Measured(clock.seconds, low, high, clock.n, relapsed(clock))

    return measure


def _loss(pick: Callable[[Loss], tuple[float, float, float]]) -> Measure:
    def measure(recovery: Recovery, limit: Limit) -> Measured | Missing:
        if recovery.loss is None:
            return Missing(recovery.baseline_why.rstrip(".") or "what was lost is not known")
        return Measured(*pick(recovery.loss), recovery.baseline_n)

    return measure


def _goodput(recovery: Recovery, limit: Limit) -> Measured | Missing:
    found = next((each for each in recovery.goodput if each.step == limit.step), None)
    if found is None or found.during is None:
        return Missing(f"nothing of {limit.step} was due while the fault lasted")
    return _sure(found.during, found.n)


def _isolation(recovery: Recovery, limit: Limit) -> Measured | Missing:
    asked = [each for each in recovery.goodput if (each.apart if limit.step is None else each.step == limit.step)]
    known = {each.step: _sure(each.during, each.n, each.before) for each in asked if each.during is not None and each.before}
    if len(known) < len(asked) or not known:
        untold = ", ".join(each.step for each in asked if each.step not in known) or limit.step or "the steps that are apart"
        return Missing(f"of {untold} too little came before the fault or during it")
    lowest, found = min(known.items(), key=lambda pair: pair[1].value)
    low, high = (min(getattr(each, end) for each in known.values()) for end in ("low", "high"))
    return Measured(found.value, low, high, found.n, f"the lowest is {lowest}" if len(known) > 1 else "")


def _sure(during: float, n: int, before: float = 1.0) -> Measured:
    """A share of so many intents, as a share of the baseline's, between its bounds: of a few who came not much is known."""
    low, high = (float(bound) / before for bound in wilson(during * n, n))
    return Measured(during / before, low, high, n)


def _relapses(recovery: Recovery, limit: Limit) -> Measured | Missing:
    clock = clock_of(recovery, "service")
    if clock.status in ("unknown", "not observed"):
        return Missing(clock.why.rstrip(".") or f"the service clock was {clock.status}")
    return Measured(clock.relapses, clock.relapses, clock.relapses, clock.n)


def _amplification(recovery: Recovery, limit: Limit) -> Measured | Missing:
    if recovery.amplification is None:
        return Missing("how often an intent was tried is not known")
    worst = max(recovery.amplification.during, recovery.amplification.after)
    return Measured(worst, worst, worst, recovery.baseline_n)


def _subject(limit: Limit, recovery: Recovery) -> str:
    name = limit.measure.removeprefix("recovery.")
    if name in CLOCKS:
        return f"From the last mend until {CLOCKS[name]} it took, in {clock_of(recovery, name).time} time,"
    match name:
        case "detection":
            return f"From the onset of harm until the target's own alarm rang it took, in {recovery.detection.time} time,"
        case "loss":
            return "The outage that users felt came to"
        case "requests":
            return "The number of intents that would have been good was"
        case "resilience":
            return "What was left of the service over the whole of the observed time was"
        case "depth":
            return "The deepest fall was"
        case "goodput":
            return f"While the fault lasted the share of good {limit.step} intents was"
        case "isolation":
            of = limit.step or "the steps that do not need what was broken"
            return f"While the fault lasted {of} kept, of the share of good intents in the baseline,"
        case "relapses":
            return "The number of times the service went bad again was"
        case _:
            return "The number of tries an intent was"


def _figure(found: Measured, unit: Unit) -> str:
    if not math.isfinite(found.value):
        return f"longer than the {show(found.low, unit)} that were looked at"
    if found.low == found.high:
        return show(found.value, unit)
    return f"{show(found.value, unit)}, between {show(found.low, unit)} and {show(found.high, unit)}"


MEASURES: Mapping[str, Measure] = {
    **{f"recovery.{name}": _clock(name) for name in (*CLOCKS, "detection")},
    "recovery.loss": _loss(lambda loss: (loss.service, loss.service_low, loss.service_high)),
    "recovery.requests": _loss(lambda loss: (loss.requests, loss.requests, loss.requests)),
    "recovery.resilience": _loss(lambda loss: (loss.resilience, loss.resilience, loss.resilience)),
    "recovery.depth": _loss(lambda loss: (loss.depth, loss.depth, loss.depth)),
    "recovery.goodput": _goodput,
    "recovery.isolation": _isolation,
    "recovery.relapses": _relapses,
    "recovery.amplification": _amplification,
}
"""Every measure of `budget.RECOVERY`, computed."""
