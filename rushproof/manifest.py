"""What run.json holds: everything needed to know what was run, and to judge it again without the target."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from rushproof.pace import Pace
from rushproof.scenario import Scenario


class Ending(StrEnum):
    """How the load ended."""

    RUNNING = "running"
    """the harness died before it could say; what it journalled can be judged"""
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    WORKER_LOST = "worker lost"
    DISK = "disk"
    STOPPED = "stopped"
    """a `stop_when` of the scenario or of the target's owner ended the load"""
    TARGET_LOST = "target lost"
    """a target that we started is gone at the end"""


class Machine(msgspec.Struct, frozen=True):
    """Where the generator ran."""

    system: str
    python: str
    cores: int
    memory: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One run; written before the load and again when it ended."""

    run: str
    """its id: a stamp and four hex digits"""
    scenario: Scenario
    """as run: with `--set`, `--budget` and the factors applied, secrets unresolved"""
    asked: str = ""
    """the scenario as it was asked for: a name of the catalogue, or a path; empty where no command asked"""
    arm: str | None = None
    seed: int
    people: float
    """scale: the share of the people"""
    speed: float
    first: float
    last: float
    """the part of the timetable that was run, scenario time"""
    workers: int = 1
    first_person: int = 0
    persons: int = 0
    """people taken from the population, or rows of the persons' file, beginning at `first_person`"""
    offered: Mapping[str, int] = msgspec.field(default_factory=dict)
    """arrivals due by crowd until the load ended; known from the plan, whatever workers reported"""
    start: float
    """unix time of `first`"""
    elapsed: float = 0.0
    """wall seconds from `start` until the last arrival was due"""
    drained: float = 0.0
    """wall seconds from `start` until the last report"""
    ending: Ending = Ending.RUNNING
    why: str = ""
    """one sentence where the ending is not `complete`"""
    unquiet: str = ""
    """what the target, or a process beside it, answered instead of being quiet when the ledgers were read"""
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = msgspec.field(default_factory=dict)
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)
    machine: Machine

    @property
    def pace(self) -> Pace:
        """How its scenario time went on the wall."""
        return self.scenario.timetable.pace(self.speed, self.first)
