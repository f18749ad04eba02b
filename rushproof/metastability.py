"""A metastability: loads that were held through a fault and past it, what became of each, and the frontier between them."""

from typing import Literal

import msgspec

from rushproof.verdict import Status

Fate = Literal["recovered", "slow", "metastable", "unknown"]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """One run of `rushproof metastable`: a steady load through one fault, and on until it came back or was let down."""

    number: int
    """from 1, in the order they were made"""
    folder: str
    """the run's own, in the whole's: `hold-01`"""
    rate: float
    """visits a second that were offered"""
    fault: float
    """wall seconds that the fault lasted"""
    fate: Fate
    """what became of it while the load was held"""
    why: str = ""
    seconds: float | None = None
    """from the mend until it was well, where it came back under the held load"""
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    """share of good intents before"""
    before: float | None = None
    """tries an intent, before the fault and after its mend"""
    after: float | None = None
    waited: float
    """wall seconds that the load was held after the mend, at the most"""
    released: float | None = None
    """visits a second at which it came back when the load was stepped down"""
    in_vain: float | None = None
    """the lowest load, visits a second, at which it had not come back; None where it was not stepped down"""

    hysteresis: float | None = None
    """the load at which it came back as a share of the one that brought it down; 1 where it came back by itself, None where it never did"""


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """Where the frontier is at one length of the fault: between two loads, visits a second."""

    fault: float
    held: float | None
    """the highest load that came back in time, as all below it did; None where not even the lowest did"""
    broke: float | None
    """the lowest load that did not; None where all did"""
    unknown: tuple[float, ...] = ()
    """loads of which it could not be told"""
    odd: bool = False
    """a load above the frontier came back: worth another look, since chance has its part in it"""


class Metastability(msgspec.Struct, frozen=True, kw_only=True):
    """What `rushproof metastable` found; `metastable.json` holds it."""

    scenario: str
    about: str
    started: float
    """unix time"""
    status: Status
    """pass: it was never metastable; fail: at least once it stayed down though what broke it was gone; unknown: that cannot be told"""
    sentence: str
    rate: float
    """visits a second that shares of the load are told of"""
    holds: tuple[Hold, ...]
    frontier: tuple[Edge, ...] = ()
    """one for each length of a grid's faults, the shortest first; none without a grid"""
    hold: float
    """wall seconds that it has to stay well"""
    step: float
    """the share of the load by which it is stepped down, once in each hold"""
    notes: tuple[str, ...] = ()
    again: str = ""
    """the command that asks the same again"""
