"""A drill: what breaks and when, by what one tells that all is well again, and what it is compared with."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from rushproof.faults import ChaosToolkitFault, CommandFault, NetworkFault, ProcessFault, SwitchFault
from rushproof.quantity import Count, Duration, Share
from rushproof.timetable import Moment, Window

AnyFault = SwitchFault | ProcessFault | NetworkFault | CommandFault | ChaosToolkitFault


class ServiceSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which intents the service clock is told, and when one of them is good."""

    step: str
    """a step that comes first, or is due whatever became of the one before; or `visit`: whole visits, by the moment they came"""
    crowd: str | None = None
    within: Duration = Duration(3)
    """wall seconds from due to done"""
    drop: Share = Share(0.01)
    """how far below the baseline's share of good ones it may stay and count as well"""
    window: Duration = Duration(5)
    """wall seconds that are looked at together, at the least"""
    hold: Duration = Duration(30)
    """wall seconds that it has to stay well"""
    slowest: Duration | None = None
    """a p99 that is good enough, a tenth of `within` where nothing is said; 1.25 times the baseline's is, too"""


class ClockSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By what the backlog, the ledger or the customers are seen to be well: something that says how much is open, and when."""

    query: str | None = None
    """an SQL file of the audit's folders; its rows are `at` (scenario time) and `open`"""
    probe: str | None = None
    """a probe of the scenario, whose readings are how much is open"""
    rest: float = 0.0
    """how much may be open when all is well; of a backlog the baseline's own noise counts as rest, too"""
    hold: Duration | None = None
    """how long it has to stay so, in the clock's own time; where nothing is said, a backlog as long as the service, others not at all"""
    time: Literal["wall", "scenario"] = "scenario"
    """in which time it is told: machines need wall time, people and retry schedules scenario time"""


class PeopleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query whose rows count those affected at each moment; what they became must add up to them at every one."""

    query: str
    """an SQL file of the audit's folders; rows `at` (scenario time), `affected`, and one column for each thing that can become of them"""
    tries: str | None = None
    """an SQL file whose rows are `tries`, one a person affected: how often they tried while the fault lasted"""
    fewest: Count | None = None
    """the median person affected tried at least so often, or it was not this incident"""
    most: Count | None = None


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table of what was expected, what was measured, and what once really happened."""

    of: str
    """a figure of the recovery (`service`, `people.paid`, `loss.requests`…)"""
    name: str
    expected: str = ""
    happened: str = ""
    """as it was written down of the incident that is rehearsed"""


class DrillSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rehearsal of an incident."""

    service: ServiceSpec
    faults: Mapping[str, AnyFault] = {}
    experiment: str | None = None
    """a Chaos Toolkit experiment beside the scenario, JSON or YAML, whose actions are faults, too, and its probes probes"""
    begins: Moment | None = None
    """when the experiment's method begins; None: 60 s after the timetable's `from`"""
    baseline: Window | None = None
    """when all was as it should be; None: from the start (after the warm-up) until the first fault"""
    backlog: ClockSpec | None = None
    ledger: ClockSpec | None = None
    customer: ClockSpec | None = None
    alarm: str | None = None
    """a probe that is above 0 while the target's own alarm rings"""
    apart: tuple[str, ...] = ()
    """steps that do not need what is broken, and should not feel it"""
    people: PeopleSpec | None = None
    compare: tuple[Row, ...] = ()
    compared_with: str = ""
    """what stands over the column of what really happened, such as `9 May 2022`"""
    tell: tuple[str, ...] = ()
    """webhooks that start, abort, mend and end are posted to, as URLs of apprise, `${env:…}`"""
    retries: Literal["on", "off"] = "on"
    """whether people try again; said in the report, and needed to tell a metastable failure"""

    @property
    def queries(self) -> tuple[str, ...]:
        """The SQL files that it names."""
        clocks = (spec.query for spec in (self.backlog, self.ledger, self.customer) if spec is not None)
        people = (self.people.query, self.people.tries) if self.people is not None else ()
        return tuple(dict.fromkeys(name for name in (*clocks, *people) if name))
