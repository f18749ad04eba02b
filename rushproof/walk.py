"""One person's walk through every visit, before the load: how the scenario is cut down to it, and what was seen on the way."""

from collections.abc import Mapping

import msgspec

from rushproof.arrivals import Steady
from rushproof.foresight import Doubt
from rushproof.frame import Exchange
from rushproof.obstacle import Obstacle
from rushproof.quantity import Count, Duration, Share
from rushproof.scenario import CrowdSpec, GeneratorSpec, Scenario
from rushproof.timetable import Moment
from rushproof.verdict import Finding

DRAIN = Duration(20)
"""wall seconds that the one person gets at the most; a time-out longer than that is cut off"""
QUIET = Duration(2)
"""wall seconds in which the target has to be quiet after one person: at speed 1 it may have much to wait for"""
_WIDE = 1e6


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What the target showed of itself when it was asked whether it is ready."""

    url: str
    address: str
    """IP address and port that were connected to"""
    proxy: str = ""
    """the proxy in between, without its credentials"""
    tls: str = ""
    """`TLSv1.3`; empty in plain HTTP"""
    subject: str = ""
    """whom the certificate is for"""
    issuer: str = ""
    days: float | None = None
    """until the certificate ends; None where it was not looked at"""
    answered: str = ""
    """`HTTP/1.1 200`"""
    offset: float | None = None
    """seconds that its Date was ahead of this machine's clock; None where it told none"""
    resolution: float = 0.0
    """of the offset, to either side"""


class ClockShown(msgspec.Struct, frozen=True):
    """The target's clock after it was set."""

    path: str
    off: float | None
    """seconds that it was ahead of what it was set to; None where it does not say"""


class LedgerSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger as it was brought in."""

    name: str
    rows: int = 0
    columns: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    """columns without one value"""
    there: bool = True


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the person was promised, and what each ledger of persons says of it."""

    crowd: str
    step: str
    named: str
    """how it is looked for: `by sequence 42`, `by key`"""
    found: Mapping[str, str]
    """by ledger: `in it`, `not in it`, `in it, but another round`"""


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk came to."""

    scenario: Scenario
    """as it would be run"""
    people: Mapping[str, str]
    """by crowd, who walked"""
    at: float | None = None
    """scenario time at which they came"""
    greeting: Greeting | None = None
    clock: ClockShown | None = None
    exchanges: tuple[Exchange, ...] = ()
    counted: Mapping[str, Mapping[str, int]] = {}
    """by step, what its samples came to, of crowds of ordinary Locust users"""
    acknowledged: tuple[Acknowledged, ...] = ()
    ledgers: tuple[LedgerSeen, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    broken: tuple[Finding, ...] = ()
    """invariants that one person was enough to break"""
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()
    took: float = 0.0
    """wall seconds"""


def walked(scenario: Scenario, at: float) -> Scenario:
    """The scenario as one person of each crowd walks it, within a second from scenario time `at` on, at speed 1.

    The generator is believed whatever it does, the limits look at the whole walk, and no hook, rule that stops, probe or drill has a part
    in it.
    """
    first, last = _moment(at), _moment(at + 1.0)
    return msgspec.structs.replace(
        scenario,
        timetable=msgspec.structs.replace(scenario.timetable, first=first, last=last, stretches=()),
        crowds={name: _alone(crowd, first) for name, crowd in scenario.crowds.items()},
        budget=tuple(msgspec.structs.replace(limit, window=None) for limit in scenario.budget),
        generator=GeneratorSpec(
            lag=Duration(_WIDE), busy=Share(_WIDE), turn=Duration(_WIDE), unsent=Share(_WIDE), tainted=Share(1.0), peak=Count(0)
        ),
        target=msgspec.structs.replace(scenario.target, quiet_within=min(scenario.target.quiet_within, QUIET)),
        before=(),
        after=(),
        stop_when=(),
        probes={},
        drill=None,
        warm_up=Duration(0),
        resolution=Duration(1),
        drain=DRAIN,
        speed=1.0,
        scale=1.0,
    )


def _alone(crowd: CrowdSpec, first: Moment) -> CrowdSpec:
    if crowd.arrivals is None:
        return msgspec.structs.replace(crowd, users=Count(1))
    return msgspec.structs.replace(crowd, people=Count(1), share=None, arrivals=Steady(first=first, length=Duration(1)))


def _moment(at: float) -> Moment:
    return Moment.read(f"00:00 + {at:.6f}s")
