"""A drill's recovery as tables and sentences, said alike by every renderer for people."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rushproof.clocks import Became, Clock, Milestone, Recovery, Switched
from rushproof.quantity import Unit, lasting, show
from rushproof.recovery_measures import CLOCKS, clock_of, relapsed
from rushproof.render.headline import NOTHING, amount
from rushproof.render.sheet import Sheet
from rushproof.render.steps import Grid
from rushproof.report import Report
from rushproof.sentence import sentence

_T = TypeVar("_T")

MOMENTS = "From the injection to the last customer"
CLOCKED = "The clocks; machines go by wall time, people and retry schedules by the scenario's"
COMPARED = "What was expected, what was measured, what once happened"
PEOPLE = "What became of those affected; at every moment it adds up to them"

_MOMENTS = {
    "injected": "the fault was on",
    "onset": "users began to feel it",
    "detected": "the target's own alarm rang",
    "mended": "the fault was mended",
    "mark": "noted",
    **CLOCKS,
}


def sheets(recovery: Recovery, most: int) -> Iterator[Sheet]:
    """Each table that has a row, in the order of a reader's interest; of the people at most so many moments."""
    all_of_them = (
        Sheet(MOMENTS, _moments(recovery)),
        Sheet(CLOCKED, _clocks(recovery), _remarks(recovery)),
        Sheet(COMPARED, _compared(recovery)),
        Sheet(PEOPLE, _people(recovery, most)),
        Sheet("Intents while the fault lasted, against the baseline", _goodput(recovery)),
        Sheet("What was switched, and when that was confirmed; wall time since the start", _actions(recovery), _problems(recovery)),
    )
    yield from (one for one in all_of_them if one.grid.rows)


def summary(report: Report, recovery: Recovery) -> tuple[str, ...]:
    """What has no table: one sentence each, the most important first."""
    return tuple(filter(None, (
        sentence(recovery.not_the_incident),
        _stability(recovery),
        _baseline(recovery),
        _loss(recovery),
        _tried(report, recovery),
        "" if recovery.masking is None else f"Users felt it {lasting(recovery.masking)} of wall time after the injection.",
        "" if recovery.drain is None else f"The backlog took {recovery.drain:.3g} × the time that its rates at the mend had promised.",
    )))  # fmt: skip


def clock_figures(recovery: Recovery) -> Iterator[tuple[str, Clock]]:
    """The four clocks and the detection, by the name that pages give them."""
    for name in CLOCKS:
        yield name, clock_of(recovery, name)
    yield "detection", recovery.detection


def stopped(clock: Clock) -> str:
    """When a clock stopped, or why there is no figure: `4.1 s`, `not within 60 s`, `not observed`."""
    if clock.status == "recovered" and clock.seconds is not None:
        return lasting(clock.seconds)
    return f"not within {lasting(clock.low)}" if clock.status == "not recovered" and clock.low is not None else clock.status


def bracketed(clock: Clock) -> tuple[str, ...]:
    """From when to when it may have stopped; one text where both are told alike, none where the bracket is not known."""
    if clock.low is None or clock.high is None:
        return ()
    return tuple(dict.fromkeys((lasting(clock.low), lasting(clock.high))))


def spread(rows: Sequence[_T], most: int) -> tuple[_T, ...]:
    """At most so many of them, evenly, the first and the last among them."""
    if len(rows) <= most:
        return tuple(rows)
    return tuple(rows[round(place * (len(rows) - 1) / (most - 1))] for place in range(most))


def _moments(recovery: Recovery) -> Grid:
    rank = {name: place for place, name in enumerate(_MOMENTS)}  # what may have been at one time is told as one follows from the other
    ordered = sorted(recovery.milestones, key=lambda moment: (round(moment.early, 2), rank.get(moment.name, len(rank)), moment.late))
    return Grid(("scenario", "what"), ("wall time",), tuple((one.clock, _said(one), _between(one.early, one.late)) for one in ordered))


def _said(one: Milestone) -> str:
    what = _MOMENTS.get(one.name, one.name)
    return f"{what}: {one.text}" if one.text else what


def _between(early: float, late: float | None) -> str:
    if late is None:
        return f"{early:,.2f} s, not confirmed"
    return f"{early:,.2f} s" if f"{early:.2f}" == f"{late:.2f}" else f"{early:,.2f} … {late:,.2f} s"


def _clocks(recovery: Recovery) -> Grid:
    figures = ("after the mend", "bracket", "resolution", "after onset")
    rows = []
    for name, clock in clock_figures(recovery):
        after, onset = (NOTHING, stopped(clock)) if name == "detection" else (stopped(clock), _maybe(clock.since_onset))
        bracket = " … ".join(bracketed(clock)) or NOTHING
        time = NOTHING if clock.status == "not observed" else clock.time
        rows.append((name, time, after, bracket, _maybe(clock.resolution or None), onset))  # what is stamped has none
    return Grid(("clock", "time"), figures, tuple(rows))


def _remarks(recovery: Recovery) -> tuple[str, ...]:
    """What the clocks have to say of themselves; why there is no baseline is said for itself."""
    whys = ((name, clock, "" if clock.why == recovery.baseline_why else clock.why) for name, clock in clock_figures(recovery))
    said = ((name, f"{sentence(relapsed(clock))} {sentence(why)}".strip()) for name, clock, why in whys)
    return tuple(f"{name}: {remark}" for name, remark in said if remark)


def _maybe(seconds: float | None) -> str:
    return NOTHING if seconds is None else lasting(seconds)


def _compared(recovery: Recovery) -> Grid:
    rows = tuple((row.name, row.expected or NOTHING, row.measured or NOTHING, row.happened or NOTHING) for row in recovery.compared)
    return Grid(("",), ("expected", "measured", recovery.compared_with or "happened"), rows)


def _people(recovery: Recovery, most: int) -> Grid:
    names = tuple(dict.fromkeys(name for row in recovery.people for name in row.became))
    changed: list[Became] = []
    for place, row in enumerate(recovery.people):
        last = place == len(recovery.people) - 1
        if not changed or last or (row.affected, row.became) != (changed[-1].affected, changed[-1].became):
            changed.append(row)
    rows = tuple(
        (row.clock, f"{row.affected:,}", *(f"{row.became.get(name, 0):,}" for name in names), _sum(row)) for row in spread(changed, most)
    )
    return Grid(("scenario",), ("affected", *(f"{'+' if place else '='} {name}" for place, name in enumerate(names)), ""), rows)


def _sum(row: Became) -> str:
    return "" if sum(row.became.values()) == row.affected else "≠"


def _goodput(recovery: Recovery) -> Grid:
    rows = tuple(
        (each.step, "no" if each.apart else "yes", amount(each.before, Unit.SHARE), amount(each.during, Unit.SHARE),
         amount(each.isolation, Unit.SHARE), f"{each.n:,}")
        for each in recovery.goodput
        if each.n or each.apart
    )  # fmt: skip
    return Grid(("step", "needs what broke"), ("good before", "good during", "kept", "n"), rows)


def _actions(recovery: Recovery) -> Grid:
    return Grid(("fault", "on whom"), ("on", "mended", "by", "late"), tuple(map(_switched, recovery.faults)))


def _switched(fault: Switched) -> tuple[str, ...]:
    late = show(fault.late, Unit.SECONDS) if fault.injected[1] is not None else NOTHING
    return (f"{fault.fault} ({fault.kind})", fault.on, _between(*fault.injected), _between(*fault.mended), fault.mended_by, late)


def _problems(recovery: Recovery) -> tuple[str, ...]:
    """What went wrong when a fault was switched."""
    return tuple(f"{fault.fault}: {fault.problem}" for fault in recovery.faults if fault.problem)


def _stability(recovery: Recovery) -> str:
    called = {
        "recovered": "The service came back by itself.",
        "slow": "Slow, and not metastable.",
        "metastable": "Metastable: the fault was gone, and the service stayed down under the load that it had borne before.",
        "unknown": "Whether the service came back by itself is not known.",
    }[recovery.stability]
    why = "" if recovery.stability_why == recovery.baseline_why else sentence(recovery.stability_why)  # which is told for itself
    return f"{called} {why}".strip()


def _baseline(recovery: Recovery) -> str:
    if recovery.baseline is None:
        return f"There is no baseline to measure against. {sentence(recovery.baseline_why)}".strip()
    return f"In the baseline {amount(recovery.baseline, Unit.SHARE)} of {recovery.baseline_n:,} intents were good."


def _loss(recovery: Recovery) -> str:
    loss = recovery.loss
    if loss is None:
        return ""
    return (
        f"Lost: {lasting(loss.service)} of outage in wall time ({lasting(loss.service_low)} … {lasting(loss.service_high)}; the baseline's "
        f"noise, {lasting(loss.noise)}, is taken off), which is {loss.requests:,.0f} intents that would have been good; "
        f"{amount(loss.resilience, Unit.SHARE)} of the service was left over the whole of the time, and at its deepest it had lost "
        f"{amount(loss.depth, Unit.SHARE)}."
    )


def _tried(report: Report, recovery: Recovery) -> str:
    drill = report.manifest.scenario.drill
    said = []
    if recovery.amplification is not None:
        a = recovery.amplification
        said.append(f"Tries an intent: {a.before:.3g} before, {a.during:.3g} while the fault lasted, {a.after:.3g} after it.")
    if recovery.tries is not None:
        said.append(f"The median person affected tried {recovery.tries:g} times while it lasted.")
    if drill is not None and drill.retries == "off":
        said.append("People did not try again: retries were off.")
    return " ".join(said)
