"""From a scenario and the command line to what is run: the factors settled, the people taken, the plan that workers are given."""

import math
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from rushproof import compression
from rushproof.document import Document
from rushproof.errors import InputError, nearest
from rushproof.plan import CrowdPlan, Plan
from rushproof.quantity import Count
from rushproof.run.options import Options
from rushproof.run.secret import resolved
from rushproof.scenario import Scenario
from rushproof.schedule import Schedule
from rushproof.timetable import Moment, Timetable


def settled(scenario: Scenario, options: Options, document: Document) -> Scenario:
    """The scenario with the command line's factors and seed in it; InputError where they cannot be meant."""
    given = {"scale": options.scale, "speed": options.speed, "seed": options.seed}
    for name, value in given.items():
        if isinstance(value, float) and (not math.isfinite(value) or value < 0 or (name == "speed" and value == 0)):
            raise InputError(f"--{name}: expected a number above 0, found {value:g}")
    settled = msgspec.structs.replace(scenario, **{name: value for name, value in given.items() if value is not None})
    if options.target is not None:
        settled = msgspec.structs.replace(
            settled, target=msgspec.structs.replace(scenario.target, url=options.target, command=None, beside={})
        )
    wrong = list(compression.mistakes(settled, settled.speed))
    if wrong:
        raise document.errors(wrong)
    return settled


def cut(timetable: Timetable, first: Moment | None, last: Moment | None) -> Timetable:
    """The part of the timetable between `--from` and `--to`; InputError where it is no part of it."""
    part = msgspec.structs.replace(timetable, first=first or timetable.first, last=last or timetable.last)
    for flag, moment in (("--from", first), ("--to", last)):
        if moment is None:
            continue
        try:
            at = timetable.at(moment)
        except ValueError as problem:
            raise InputError(f"{flag} {moment}: {problem}") from None
        if not timetable.begin <= at <= timetable.end:
            whole = f"from {timetable.clock(timetable.begin)} to {timetable.clock(timetable.end)}"
            raise InputError(f"{flag} {moment}: off the timetable, which runs {whole}")
    if part.begin >= part.end:
        raise InputError(f"--from {part.first} --to {part.last}: expected the second to be later than the first")
    return part


def crowd_plans(scenario: Scenario, locustfiles: Mapping[str, Path], beside: Path) -> tuple[CrowdPlan, ...]:
    """The crowds with their people counted out: at full size times the scale, rounded to whole persons."""
    plans = []
    for name, crowd in scenario.crowds.items():
        people = scenario.people(name) * scenario.scale
        plans.append(
            CrowdPlan(
                name=name,
                persona=str(locustfiles[name]),
                people=round(people),
                arrivals=crowd.arrivals,
                settings=resolved(crowd.settings, beside),
                connections=crowd.connections,
                steps=crowd.steps,
                of=crowd.of,
                users=None if crowd.users is None else int(crowd.users),
            )
        )
    return tuple(plans)


def check_population(scenario: Scenario, document: Document, persons: int, rows: int | None) -> None:
    """ScenarioError where more people come than are registered, or than their file has rows."""
    if rows is not None and persons > rows:
        problem = f"{persons:,} people come, but the file has {rows:,} rows: expected more rows, or fewer people (--scale)"
        raise document.error(("persons", "file"), problem)
    if rows is None and persons > scenario.population.registered:
        problem = f"{persons:,} people come, but only {int(scenario.population.registered):,} are registered"
        raise document.error(("population", "registered"), problem)


def check_workers(options: Options) -> None:
    """InputError for a number of workers that makes no sense."""
    if options.workers < 0 or options.expect_workers < 0 or options.workers + options.expect_workers < 1:
        raise InputError("--workers: expected at least one worker, here or by hand (--expect-workers)")


def plan_of(scenario: Scenario, crowds: tuple[CrowdPlan, ...], part: Timetable, workers: int, own_host: str | None) -> Plan:
    """What every worker is told, but for the run's id, salt, URL and first person."""
    return Plan(
        run="",
        salt="",
        seed=scenario.seed,
        url="",
        crowds=crowds,
        population=scenario.population,
        timetable=part,
        scale=scenario.scale,
        speed=scenario.speed,
        resolution=scenario.resolution,
        in_flight=Count(scenario.in_flight),
        drain=scenario.drain,
        workers=workers,
        own_host=own_host or "",
        transport=scenario.target.transport,
        persons=scenario.persons,
    )


def peak(plan: Plan) -> int:
    """The most visits that begin in one wall second, all crowds together."""
    seconds = sum((Schedule(plan, crowd).by_second() for crowd in range(len(plan.crowds))), np.zeros(1, dtype=np.int64))
    return int(seconds.max())


def claimed(scenario: Scenario, directories: tuple[Path, ...], document: Document) -> None:
    """ScenarioError for a claimed invariant that no directory holds."""
    known = {file.stem for directory in directories for file in directory.glob("*.sql")}
    wrong: list[tuple[tuple[str, ...], str]] = [
        (("audit", str(nth)), f"no invariant {name!r}{nearest(name, known)}")
        for nth, name in enumerate(scenario.audit)
        if name not in known
    ]
    if wrong:
        raise document.errors(wrong)
