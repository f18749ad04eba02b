"""How a scenario is to be run: what the command line says beyond the file."""

import sys
from pathlib import Path

import msgspec

from rushproof.document import Document
from rushproof.timetable import Moment


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """None stands for the scenario's own."""

    beside: Path
    """the scenario's folder: paths in it are relative to it"""
    document: Document = Document("scenario", {}, {})
    """what the scenario was read from, so that mistakes found late are shown in their place"""
    asked: str = ""
    """the scenario as the command line has it"""
    arm: str | None = None
    """which arm of the scenario it is; then the harness gives way to nobody, because what a later arm starts would inherit it"""
    run: str | None = None
    """the run's id; None makes one"""
    target: str | None = None
    """the URL of a target that runs already, instead of the scenario's"""
    own_host: str | None = None
    """the host, not of this machine, that the user says is theirs"""
    scale: float | None = None
    speed: float | None = None
    first: Moment | None = None
    last: Moment | None = None
    seed: int | None = None
    first_person: int | None = None
    """where in the population, or in the persons' file, its people begin; None: behind those of earlier runs"""
    same_people: bool = False
    """the people of every other run with this seed, even of one recorded today"""
    workers: int = 1
    """Locust workers started on this machine; 1 is one process without a master"""
    expect_workers: int = 0
    """further workers that somebody starts by hand, wherever"""
    accept_unguarded: bool = False
    """faults that nobody would mend, if the harness were gone, are begun all the same"""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    driver: tuple[str, ...] = (sys.executable, "-m", "rushproof.driver")
    inspector: tuple[str, ...] = (sys.executable, "-m", "rushproof.driver.inspect")
    ready_within: float = 30.0
    """wall seconds in which the generator has to be ready"""
