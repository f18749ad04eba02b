"""A scenario: the target, the crowds, the timetable, the budget and the invariants claimed, as read from one YAML file."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from rushproof.arrivals import Shape, has_rates, people_of
from rushproof.budget import Budget
from rushproof.drill import DrillSpec
from rushproof.persons import PersonsSpec
from rushproof.plan import Connections, StepSpec, Transport
from rushproof.population import PopulationSpec
from rushproof.probe import ProbeSpec
from rushproof.quantity import Count, Duration, Rate, Share
from rushproof.stop_rule import StopRule
from rushproof.timetable import Timetable, Window
from rushproof.verdict import Expected


class BesideSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A process that the target needs: started before it, ended after it, with a log of its own (`beside-NAME.log`).

    `{port}`, `{folder}`, `{speed}`, `{scale}` and the names of those before it, for their URLs, are filled in.
    """

    command: str
    url: str = "http://127.0.0.1:{port}"
    ready: str = "/health"
    """a path that answers 200 when others may come"""
    ready_within: Duration = Duration(30)
    clock: str | None = None
    """a path that takes what the target's clock takes"""
    quiet: str | None = None
    """a path that answers 200 while nothing is left to do"""


class TargetSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the load goes, and how to start it where it is ours to start.

    `{port}`, `{folder}`, `{speed}` and `{scale}` in `command` and `url` are filled in: a free loopback port, a scratch folder of the run,
    the factors; and `{NAME}` for the URL of a process beside it.
    """

    url: str
    command: str | None = None
    ready: str = "/health"
    """a path that answers 200 when load may begin"""
    ready_within: Duration = Duration(30)
    clock: str | None = None
    """a path that takes `PUT {"now": "2022-04-01T08:59:50", "speed": 40}`; without it only speed 1 is possible"""
    beside: Mapping[str, BesideSpec] = msgspec.field(default_factory=dict)
    """processes that it needs, in the order in which they are started"""
    quiet: str | None = None
    """a path that answers 200 while nothing is left to do; asked after the drain, before the ledgers are read"""
    quiet_within: Duration = Duration(60)
    """wall seconds in which it has to; after that the ledgers are read all the same, and what is found in them is unknown"""
    transport: Transport = Transport()
    prometheus: str | None = None
    """the URL of the Prometheus that scrapes it, for `probes` and `stop_when`"""


class CrowdSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A persona, how many people, how they arrive, and its settings."""

    persona: str
    """a name of the catalogue, or a path of a locustfile"""
    arrivals: Shape | None = None
    """needed, unless the persona is an ordinary Locust user"""
    people: Count | None = None
    """at full size; None where the shape's rates say how many"""
    of: str | None = None
    """a crowd whose people come again, in another order; without `people`, `share` and rates all of them"""
    share: Share | None = None
    """of the people of the crowd that `of` names, instead of `people`"""
    users: Count | None = None
    """for an ordinary Locust user: how many run at once; it is not open loop, and the report says so"""
    settings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    connections: Connections = Connections()
    steps: Mapping[str, StepSpec] = msgspec.field(default_factory=dict)
    """what the answers of this target mean, step by step, where the persona does not say it"""


class LedgerSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the audit, fetched when the load is over from one of five sources.

    The named columns are hashed on the way in (`person`, `key`; the `content` columns into one), those of `keep` are kept as they are, and
    whatever else the source tells stays out of the run folder.  A table with persons holds `sequence`, `person`, `round`, `key`, `content`
    and `at`, NULL where the source has no such column.
    """

    export: str | None = None
    """a path of the target that gives CSV with a header, a page at a time: `export?after=N&limit=M` by `sequence`; `{NAME}/path`: of a
    process beside it"""
    sql: str | None = None
    """a query for `dsn`, read-only; `:begin` and `:end` are the run's time in unix seconds"""
    dsn: str | None = None
    """`${env:NAME}` with `postgresql://…` or `mysql://…`"""
    file: str | None = None
    """a Parquet or CSV file beside the scenario"""
    http: str | None = None
    """a path (of a process beside the target: `{NAME}/path`) or URL that gives all of it as CSV with a header"""
    command: str | None = None
    """a command that writes CSV with a header to its standard output"""
    person: str | None = "person"
    """the column of the person's id; null for a table without persons, which is taken whole"""
    round: str = "round"
    key: str | None = "key"
    sequence: str = "sequence"
    at: str = "at"
    """the column of when it was written: unix seconds, or a timestamp"""
    content: tuple[str, ...] = ()
    keep: tuple[str, ...] = ("sequence", "round", "at", "open", "close")
    kind: str | None = None
    """the kind of promise that its rows keep; of the one named `ledger` also what `attempts` and `acknowledged` are in the audit.
    None: every kind"""
    people: Literal["run", "all"] = "run"
    """`run`: rows of persons who took part in this run, written in its time; `all`: every row the source gives"""


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
    persons: PersonsSpec | None = None
    """None: the population is derived"""
    crowds: Mapping[str, CrowdSpec]
    drill: DrillSpec | None = None
    """what is broken while the load runs, and by what its recovery is told"""
    arms: Mapping[str, Mapping[str, Any]] = msgspec.field(default_factory=dict)
    """by name, what is other in this arm: an overlay of the scenario, merged key by key; run with the same people, and put side by side"""
    expect: Expected | None = None
    """in an arm: the verdict with which it is as it should be (`fail` for the one without a defence); None: pass"""
    before: tuple[str, ...] = ()
    """commands that are run before the load, such as one that resets the data"""
    after: tuple[str, ...] = ()
    """commands that are run when all is over, however it ended"""
    warm_up: Duration = Duration(0)
    """wall time at the beginning that is recorded and not judged"""
    stop_when: tuple[StopRule, ...] = ()
    probes: Mapping[str, ProbeSpec] = msgspec.field(default_factory=dict)
    forecast: Rate | None = None
    """visits a second at full size that are expected at the worst, for the headroom; None: the timetable's own peak"""
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

    def people(self, crowd: str) -> float:
        """How many come of a crowd at full size; ValueError where neither it nor its shape says so."""
        spec = self.crowds[crowd]
        if spec.people is not None or spec.arrivals is None:
            return float(spec.people or 0)
        if spec.share is not None and spec.of is not None:
            return spec.share * self.people(spec.of)
        if spec.of is not None and not has_rates(spec.arrivals):
            return self.people(spec.of)
        return people_of(spec.arrivals, self.timetable)
