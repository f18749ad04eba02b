"""Whether to launch: runs and capacities put together into one decision, with what speaks for it and what could not be told."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from rushproof.capacity import Capacity, per_second, percent
from rushproof.report import Report
from rushproof.steadied import worst
from rushproof.verdict import Finding, Kind, Status

_NEARLY = 0.99
"""share of the forecast that counts as all of it: arrivals are counted by whole seconds"""

BELOW, UNFOUND, UNREACHED = "the limit is below the forecast", "the limit was not found", "the forecast was not reached"
_WHOLE = (BELOW, UNFOUND, UNREACHED)
"""what is said of everything together, beside the findings that have names of their own"""


class Decision(StrEnum):
    """What a page for the boss says."""

    GO = "go"
    NO_GO = "no-go"
    CANNOT_TELL = "cannot tell"

    @property
    def status(self) -> Status:
        """The verdict it corresponds to, for the exit code."""
        return {Decision.GO: Status.PASS, Decision.NO_GO: Status.FAIL, Decision.CANNOT_TELL: Status.UNKNOWN}[self]


class Evidence(msgspec.Struct, frozen=True):
    """A run, or a capacity with the run of its highest rung that held."""

    folder: str
    """how the page calls it"""
    report: Report | None
    capacity: Capacity | None = None


class Open(msgspec.Struct, frozen=True):
    """Something that could not be told, or speaks against."""

    folder: str
    name: str
    sentence: str


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """The decision and what it rests on."""

    decision: Decision
    sentence: str
    forecast: float
    """visits a second, the highest of what was given"""
    given: bool
    """whether somebody gave it, rather than a timetable"""
    capacity: Capacity | None
    """the one with the lowest limit"""
    ran: float
    """visits a second of the wall that came in the busiest second of any run"""
    against: tuple[Open, ...]
    untold: tuple[Open, ...]
    evidence: tuple[Evidence, ...]
    checked: int
    """acknowledgements that invariants looked at, all runs together"""


def launch(evidence: Sequence[Evidence]) -> Launch:
    """The decision: no-go where anything failed or the limit is below the forecast, cannot tell where something claimed is unknown."""
    ordered = tuple(sorted(evidence, key=lambda each: (each.capacity is None, each.folder)))
    forecast, given = _forecast(ordered)
    capacity = min((each.capacity for each in ordered if each.capacity), key=lambda one: one.limit or 0.0, default=None)
    ran = max((max(each.report.timeline.offered, default=0.0) for each in ordered if each.report and not each.capacity), default=0.0)
    against = (*_failed(ordered), *_short(ordered, forecast))
    untold = (*_unknown(ordered), *_unsearched(ordered, capacity, forecast, ran))
    decision = Decision.NO_GO if against else Decision.CANNOT_TELL if untold else Decision.GO
    checked = sum(_checked(each) for each in ordered)
    return Launch(
        decision=decision,
        sentence=_sentence(decision, _Figures(forecast, capacity, ran), against, untold, (_held(ordered), checked)),
        forecast=forecast,
        given=given,
        capacity=capacity,
        ran=ran,
        against=against,
        untold=untold,
        evidence=ordered,
        checked=checked,
    )


class _Figures(msgspec.Struct, frozen=True):
    forecast: float
    capacity: Capacity | None
    ran: float


def _forecast(evidence: Sequence[Evidence]) -> tuple[float, bool]:
    """The highest forecast that somebody gave; where nobody did, the highest of the timetables."""
    told: list[tuple[bool, float]] = []
    for each in evidence:
        if each.capacity is not None:
            told.append((each.capacity.given, each.capacity.forecast))
        elif each.report is not None:
            scenario = each.report.manifest.scenario
            told.append((scenario.forecast is not None, float(scenario.forecast or _busiest(each.report))))
    given, rate = max(told, default=(False, 0.0))
    return rate, given


def _busiest(report: Report) -> float:
    try:
        return worst(report.manifest.scenario).rate
    except ValueError:  # a crowd of ordinary Locust users comes at no rate of its own
        return 0.0


def _failed(evidence: Sequence[Evidence]) -> tuple[Open, ...]:
    found = []
    for each in evidence:
        if each.capacity is not None:
            for rung in each.capacity.rungs:
                found += [Open(each.folder, name, f"It failed at {per_second(rung.rate)} ({rung.folder}).") for name in rung.broken]
        elif each.report is not None:
            found += [Open(each.folder, one.name, one.sentence) for one in each.report.findings if one.status is Status.FAIL]
    return tuple({(one.folder, one.name): one for one in reversed(found)}.values())[::-1]


def _short(evidence: Sequence[Evidence], forecast: float) -> tuple[Open, ...]:
    found = []
    for each in evidence:
        one = each.capacity
        if one is None or forecast <= 0 or one.beyond is None:
            continue
        if one.beyond <= forecast or (one.found and (one.limit or 0.0) < forecast):
            held = "nothing that was tried" if one.limit is None else per_second(one.limit)
            sentence = f"{held} held the budget and {per_second(one.beyond)} did not; {per_second(forecast)} are forecast."
            found.append(Open(each.folder, BELOW, sentence[0].upper() + sentence[1:]))
    return tuple(found)


def _unknown(evidence: Sequence[Evidence]) -> tuple[Open, ...]:
    """Findings of runs that could not be judged, and invariants that no rung of a capacity could tell and no run did."""
    proven = {one.name for each in evidence if each.report for one in each.report.findings if one.status is Status.PASS}
    found = []
    for each in evidence:
        if each.capacity is not None:
            names = dict.fromkeys(name for rung in each.capacity.rungs for name in rung.unproven)
            found += [Open(each.folder, name, "No run could tell.") for name in names if name not in proven]
        elif each.report is not None:
            found += [Open(each.folder, one.name, one.sentence) for one in each.report.findings if one.status is Status.UNKNOWN]
    return tuple(found)


def _unsearched(evidence: Sequence[Evidence], capacity: Capacity | None, forecast: float, ran: float) -> tuple[Open, ...]:
    """A forecast that nothing was shown to hold."""
    if capacity is not None and capacity.limit is not None and capacity.limit >= forecast:
        return ()
    if capacity is None and ran >= forecast * _NEARLY:
        return ()
    if capacity is not None and capacity.found:
        return ()  # it was found, and is below: that speaks against it
    if capacity is not None:
        name = next(each.folder for each in evidence if each.capacity is capacity)
        return (Open(name, UNFOUND, capacity.sentence),)
    came = f"{per_second(ran)} came at the most, {per_second(forecast)} are forecast"
    return (Open("", UNREACHED, f"{came}; `rushproof capacity` would say what holds."),)


def _checked(each: Evidence) -> int:
    if each.capacity is not None:
        return sum(rung.acknowledged for rung in each.capacity.rungs)
    return max((one.n for one in _invariants(each)), default=0)


def _invariants(each: Evidence) -> tuple[Finding, ...]:
    claimed = each.report.findings if each.report else ()
    return tuple(one for one in claimed if one.kind is Kind.INVARIANT and one.status is not Status.NOT_CLAIMED)


def _held(evidence: Sequence[Evidence]) -> int:
    """How many invariants were proven anywhere."""
    return len({one.name for each in evidence for one in _invariants(each) if one.status is Status.PASS})


def _sentence(decision: Decision, figures: _Figures, against: tuple[Open, ...], untold: tuple[Open, ...], proof: tuple[int, int]) -> str:
    """`Go: 2,000.0/s are forecast, …`"""
    held, checked = proof
    word = {Decision.GO: "Go", Decision.NO_GO: "No-go", Decision.CANNOT_TELL: "Cannot tell"}[decision]
    if decision is Decision.GO:
        proven = {0: "no invariant is claimed", 1: "the one invariant held"}.get(held, f"all {held} invariants held")
        return f"{word}: {_rates(figures)}; {proven}{f' on {checked:,} acknowledgements' if held else ''}."
    parts = against if decision is Decision.NO_GO else untold
    names = [name for name in dict.fromkeys(one.name for one in parts) if name not in _WHOLE]
    said = [f"{_several(names)} {'failed' if decision is Decision.NO_GO else 'could not be judged'}"] if names else []
    said += [name for name in _WHOLE if name in {one.name for one in parts}]
    return f"{word}: {'; '.join(said)}. {_rates(figures)}."


def _several(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"


def _rates(figures: _Figures) -> str:
    forecast, capacity = figures.forecast, figures.capacity
    said = f"{per_second(forecast)} visits are forecast"
    if capacity is None or capacity.limit is None:
        return f"{said}, {per_second(figures.ran)} came" if figures.ran else said
    room = capacity.limit / forecast - 1 if forecast else 0.0
    least = "" if capacity.found else "at least "
    return f"{said}, {least}{per_second(capacity.limit)} held the budget, {_room(room)}"


def _room(room: float) -> str:
    return f"{percent(room)} headroom" if room >= 0 else f"{percent(-room)} short"
