"""A capacity: the highest offered rate at which a target keeps its budget, as an interval, and the rungs it was read from."""

from collections.abc import Mapping

import msgspec

from rushproof.verdict import Status


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One run of `rushproof capacity` at one offered rate."""

    number: int
    """from 1, in the order they were made"""
    folder: str
    """the run's own, in the capacity's: `rung-01`"""
    rate: float
    """visits a second that were offered"""
    status: Status
    """pass: the budget was kept; fail: it was not; unknown: the generator, or the run itself, could not vouch for it"""
    sure: bool
    """False: the longest time was not enough for the sequential test, so that the figure itself decided"""
    why: str
    """one sentence: what decided"""
    seconds: float
    """wall seconds in which visits were due, the warm-up left out"""
    served: float
    """visits a second that the target served while load lasted"""
    p50: float | None
    p99: float | None
    """response of the samples of the budget's own step that came out ok; None where none did"""
    concurrency: float | None
    """requests at the target at once in the mean, by Little's law: rate × response"""
    busy: float
    """share of the generator's core that its busiest second took"""
    tainted: int
    """wall seconds that the generator does not vouch for"""
    limit: str | None = None
    """the line of the budget that was broken furthest"""
    broken: tuple[str, ...] = ()
    """invariants that failed"""
    unproven: tuple[str, ...] = ()
    """claimed invariants that could not be told"""
    acknowledged: int = 0
    """the most things that an invariant looked at"""
    probes: Mapping[str, float] = {}
    """the highest value of each of the target's probes"""


class Exhausted(msgspec.Struct, frozen=True):
    """The first thing of the target to give: a probe that reached its `full` at the lowest rate."""

    probe: str
    rate: float
    """visits a second of the rung"""
    value: float
    full: float


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """The Universal Scalability Law through the rungs."""

    gamma: float
    """visits a second of one at a time"""
    alpha: float
    """contention"""
    beta: float
    """coherency"""
    best: float | None
    """the concurrency with the highest rate; None where the rate only ever rises"""
    highest: float | None
    """that rate, or the one it tends to; None where there is none, or it is too far from the rungs to be told (`far`)"""
    far: bool = False
    """whether the law has a highest rate, but no rung came near it"""
    residual: float
    """how far the rungs lie from it, in the mean, as a share"""
    rungs: int


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What `rushproof capacity` found; `capacity.json` holds it."""

    scenario: str
    about: str
    started: float
    """unix time"""
    status: Status
    """pass: a limit was found and is not below a forecast that was given; fail: it is below, or a promise was broken; unknown: no limit"""
    sentence: str
    """what was found, for a reader who has only this line"""
    broken: tuple[str, ...] = ()
    """invariants that failed at any rung: capacity with broken promises is no capacity"""
    limit: float | None
    """the highest rate that held, visits a wall second at speed 1 and full size; None where none did"""
    beyond: float | None
    """the lowest rate that did not hold; None where all did"""
    found: bool
    """whether the limit is the target's: it lies between the two"""
    blind: float | None = None
    """the rate at which the generator, not the target, came to its end"""
    forecast: float
    """visits a second that are expected at the worst"""
    headroom: float | None
    """how much more than the forecast held: limit ÷ forecast − 1"""
    given: bool
    """whether the forecast was given, and not read off the timetable"""
    budget: tuple[str, ...]
    """the lines of the budget that were asked of every rung"""
    left_out: tuple[str, ...]
    """the lines that were not: they bound a rate or a count, or had been said of a window before"""
    first: Exhausted | None = None
    gave: str
    """what gave first, in one sentence"""
    law: Law | None = None
    unfitted: str = ""
    """why the law could not be fitted, where it was not"""
    rungs: tuple[Rung, ...]
    within: float
    """how wide the bracket was allowed to be"""
    shortest: float
    longest: float
    """wall seconds that a rung took, at least and at most"""
    spacing: str
    """`poisson` or `even`"""
    notes: tuple[str, ...] = ()
    """assumptions, and what stood in the way"""
    again: str
    """the command that asks the same again"""


def per_second(rate: float) -> str:
    """A rate of visits as a person would say it: `3,150/s`, `12.5/s`."""
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"


def percent(share: float) -> str:
    """A share in whole per cent: `57 %`."""
    return f"{share * 100:,.0f} %"
