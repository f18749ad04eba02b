"""A scenario: the target, the crowds, the timetable, the budget and the invariants claimed, as read from one YAML file."""

from collections.abc import Mapping
from typing import Any

import msgspec

from rushproof.arrivals import Shape
from rushproof.budget import Budget
from rushproof.plan import Connections
from rushproof.population import PopulationSpec
from rushproof.quantity import Count, Duration, Share
from rushproof.timetable import Timetable, Window


class TargetSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the load goes, and how to start it where it is ours to start.

    `{port}`, `{folder}` and `{speed}` in `command` and `url` are filled in: a free loopback port, a scratch folder of the run, the speed.
    """

    url: str
    command: str | None = None
    ready: str = "/health"
    """a path that answers 200 when load may begin"""
    ready_within: Duration = Duration(30)
    clock: str | None = None
    """a path that takes `PUT {"now": "2022-04-01T08:59:50", "speed": 40}`; without it only speed 1 is possible"""


class CrowdSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A persona, how many people, how they arrive, and its settings."""

    persona: str
    """a name of the catalogue, or a path of a locustfile"""
    arrivals: Shape | None = None
    """needed, unless the persona is an ordinary Locust user"""
    people: Count | None = None
    """at full size; None where the shape's rates say how many"""
    users: Count | None = None
    """for an ordinary Locust user: how many run at once; it is not open loop, and the report says so"""
    settings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    connections: Connections = Connections()


class LedgerSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the audit, fetched from the target as CSV with a header, a page at a time: `export?after=N&limit=M` by `sequence`.

    The named columns are hashed on the way in (`person`, `key`; the `content` columns into one), those of `keep` are kept as they are, and
    whatever else the target tells stays out of the run folder.
    """

    export: str
    person: str | None = "person"
    key: str | None = "key"
    content: tuple[str, ...] = ()
    keep: tuple[str, ...] = ("sequence", "round", "at", "open", "close")


class GeneratorSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From where on a wall second of the generator is tainted, and how much taint a finding bears."""

    lag: Duration = Duration(0.005)
    """lag p99, where 5 % of the tightest latency bound judged is not more"""
    busy: Share = Share(0.85)
    turn: Duration = Duration(0.05)
    unsent: Share = Share(0.01)
    tainted: Share = Share(0.01)
    """share of a window's seconds; any tainted second among its ten busiest is too many"""
    peak: Count = Count(10)
    """how many of a window's busiest seconds must all be clean"""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happens: one YAML file; no code."""

    name: str
    """the file's stem"""
    about: str
    """one sentence for the listing"""
    target: TargetSpec
    timetable: Timetable
    windows: Mapping[str, Window] = msgspec.field(default_factory=dict)
    population: PopulationSpec = PopulationSpec()
    crowds: Mapping[str, CrowdSpec]
    ledgers: Mapping[str, LedgerSpec] = msgspec.field(default_factory=dict)
    audit: tuple[str, ...] = ()
    budget: Budget = ()
    generator: GeneratorSpec = GeneratorSpec()
    resolution: Duration = Duration(1)
    in_flight: Count = Count(1_000_000)
    drain: Duration = Duration(30)
    speed: float = 1.0
    """the speed it runs at unless the command says otherwise"""
    scale: float = 1.0
    """the share of the people unless the command says otherwise"""
    seed: int = 1
