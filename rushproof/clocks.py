"""A recovery as values: what a drill measured, from the injection to the last person made whole."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Time = Literal["wall", "scenario"]
"""machines need wall time; people and retry schedules go by the scenario's; no figure mixes them"""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """When one kind of thing was well again, as seconds since the last mend was confirmed."""

    status: Literal["recovered", "not recovered", "unknown", "not observed"]
    time: Time
    seconds: float | None = None
    """None where it is not `recovered`; 0 where it never was unwell after the mend"""
    low: float | None = None
    """it was not well before; also where it never was, and that is known"""
    high: float | None = None
    """it is proven to be well from then on; where it is `recovered` it has both ends of the bracket"""
    resolution: float | None = None
    """how near two moments can be told apart, seconds of the same time"""
    since_onset: float | None = None
    relapses: int = 0
    n: int = 0
    """on how much it looked"""
    why: str = ""
    """one sentence where it is not `recovered`, or a remark"""


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of the incident's timeline; `early` and `late` are the interval in which it lies, wall seconds since the start."""

    name: str
    """injected, onset, detected, mended, service, backlog, ledger, customer, or `mark`"""
    early: float
    late: float
    clock: str
    """the scenario's time then"""
    text: str = ""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What was lost over the whole of the observed time, above what the baseline loses by its noise."""

    service: float
    """seconds of outage: the shortfall of the share of good intents, summed over wall time"""
    service_low: float
    service_high: float
    requests: float
    """intents that would have been good"""
    resilience: float
    """1 where nothing was lost, 0 where everything was"""
    depth: float
    """how deep it fell, as a share of the baseline"""
    noise: float
    """seconds that the baseline's noise alone would come to in that time; already taken off"""


class Goodput(msgspec.Struct, frozen=True, kw_only=True):
    """One step while the fault lasted."""

    step: str
    apart: bool
    """it does not need what was broken"""
    before: float | None
    """share of good intents in the baseline"""
    during: float | None
    isolation: float | None
    """during ÷ before"""
    n: int


class Amplification(msgspec.Struct, frozen=True, kw_only=True):
    """Tries an intent: what retries make of the load."""

    before: float
    during: float
    after: float
    """in the time after the mend that is looked at"""


class Became(msgspec.Struct, frozen=True, kw_only=True):
    """Those affected at one moment; what they became adds up to them."""

    at: float
    """scenario time"""
    clock: str
    affected: int
    became: Mapping[str, int]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table expected, measured, happened; texts as they are shown."""

    name: str
    expected: str
    measured: str
    happened: str


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """A fault as it was switched, wall seconds since the start; None where it was not confirmed."""

    fault: str
    kind: str
    on: str
    injected: tuple[float, float | None]
    mended: tuple[float, float | None]
    mended_by: str
    late: float
    """by how much the confirmation of the injection came after it was due"""
    problem: str = ""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill measured."""

    faults: tuple[Switched, ...]
    milestones: tuple[Milestone, ...]
    baseline: float | None
    """share of good intents before; None where it was not steady enough to measure against"""
    baseline_n: int
    baseline_why: str
    """one sentence where there is none"""
    clocks: Mapping[str, Clock]
    """service, backlog, ledger, customer"""
    detection: Clock
    """since the onset, by the target's own alarm"""
    masking: float | None
    """wall seconds from the injection to the first harm that users could see"""
    stability: Literal["recovered", "slow", "metastable", "unknown"]
    stability_why: str = ""
    loss: Loss | None = None
    goodput: tuple[Goodput, ...] = ()
    amplification: Amplification | None = None
    drain: float | None = None
    """backlog: seconds needed ÷ seconds predicted from its rates at the mend"""
    people: tuple[Became, ...] = ()
    tries: float | None = None
    """the median person's tries while the fault lasted"""
    compared: tuple[Compared, ...] = ()
    compared_with: str = ""
    not_the_incident: str = ""
    """one sentence where what happened was not what the drill is about"""
