"""One person's walk through every visit, for `rushproof check`: a run like any other, cut down to it, in a folder that does not stay."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from rushproof.budget import RECOVERY
from rushproof.errors import InputError, RushproofError, SafetyError, TargetError
from rushproof.foresight import Doubt
from rushproof.frame import Exchange
from rushproof.manifest import Manifest
from rushproof.obstacle import Obstacle, obstacles
from rushproof.plan import Plan
from rushproof.report import Report
from rushproof.run.clock import clock_off
from rushproof.run.company import Company
from rushproof.run.greeting import greet
from rushproof.run.interrupt import Interrupt
from rushproof.run.load import Load
from rushproof.run.options import Options
from rushproof.run.people import Taken
from rushproof.run.preparation import Prepared, prepare
from rushproof.run.rehearsal import unreached
from rushproof.run.rush import Ended
from rushproof.run.story import Course, Noted
from rushproof.run.survey import foreseen
from rushproof.run.sweep import judged
from rushproof.run.traces import acknowledged, ledgers_seen
from rushproof.scenario import Scenario
from rushproof.schedule import Schedule, persons
from rushproof.unmet import missing, unmet
from rushproof.verdict import Kind, Status
from rushproof.walk import ClockShown, Greeting, Walk, walked

_ADVICE = "look at its words in `drill.faults`, and whether who it is on has it"


async def walk(scenario: Scenario, options: Options, row: int | None = None) -> Walk:
    """Lets one person of each crowd through every visit of the scenario, and looks at everything a run would look at.

    They are those from `row` on, where it is given, and otherwise the last of all, whom no run takes for long.  InputError where the
    scenario itself cannot be meant; whatever is met later is in the walk's `obstacles`.
    """
    begun = time.monotonic()
    with Interrupt() as interrupt:
        prepared = await interrupt.until(prepare(scenario, options))
        foreboded = (await asyncio.to_thread(foreseen, prepared, options)).doubts
        alone = cut_down(prepared)
        first = _first(alone, row)
        found = await _greeted(prepared)
        if isinstance(found, Obstacle):
            walk = Walk(scenario=prepared.scenario, people={}, obstacles=(found,), doubts=foreboded)
        else:
            with tempfile.TemporaryDirectory(prefix="rushproof-") as scratch:
                walk = await _walk(prepared, alone, options, first, Path(scratch) / "walk", interrupt, found)
            walk = msgspec.structs.replace(walk, doubts=_together(foreboded, walk.doubts))
    return msgspec.structs.replace(walk, took=time.monotonic() - begun)


def cut_down(prepared: Prepared) -> Prepared:
    """The run as one person of each crowd walks it, in the busiest second."""
    plan = prepared.plan
    scenario = walked(prepared.scenario, busiest(plan))
    crowds = tuple(
        crowd if crowd.arrivals is None else msgspec.structs.replace(crowd, people=1, arrivals=scenario.crowds[crowd.name].arrivals)
        for crowd in plan.crowds
    )
    crowds = tuple(crowd if crowd.users is None else msgspec.structs.replace(crowd, users=1) for crowd in crowds)
    alone = msgspec.structs.replace(
        plan,
        crowds=crowds,
        timetable=scenario.timetable,
        scale=1.0,
        speed=1.0,
        resolution=scenario.resolution,
        drain=scenario.drain,
        workers=1,
        trace=True,
    )
    workforce = msgspec.structs.replace(prepared.workforce, here=1, by_hand=0)
    return msgspec.structs.replace(prepared, scenario=scenario, plan=alone, workforce=workforce, standing=(), questions=())


def busiest(plan: Plan) -> float:
    """The scenario time at which the busiest wall second begins; the plan's first where nobody comes."""
    seconds = sum((Schedule(plan, crowd).by_second() for crowd in range(len(plan.crowds))), np.zeros(1, dtype=np.int64))
    return plan.pace.at(int(np.argmax(seconds)))


async def _greeted(prepared: Prepared) -> Greeting | Obstacle | None:
    """What a target that runs already shows; None where it has yet to be started."""
    return None if prepared.url is None else await _greet(prepared.url, prepared)


async def _greet(url: str, prepared: Prepared) -> Greeting | Obstacle:
    plan = prepared.plan
    try:
        return await greet(url.rstrip("/"), prepared.scenario.target.ready, plan.transport, plan.own_host, plan.addresses)
    except SafetyError:
        raise
    except TargetError as problem:
        return Obstacle(where="the way to the target", came=str(problem), expected="an address", advice="look at `target.url`")


class Walking(Course):
    """The course of a walk: it looks at more than a run does, and keeps what was said."""

    def __init__(self, prepared: Prepared, whole: Prepared, options: Options, folder: Path, first: int, greeting: Greeting | None) -> None:
        """`whole`: the run that `prepared` is cut down from."""
        super().__init__(prepared, options, folder, Noted(lambda glance: None), None)
        self._whole, self._first = whole, first
        self.greeting, self.obstacles = greeting, list[Obstacle]()
        self.clock: ClockShown | None = None
        self.exchanges: tuple[Exchange, ...] = ()

    async def _begin(self, manifest: Manifest, plan: Plan, load: Load, who: Company) -> tuple[Manifest, Plan]:
        target = who.target
        if self.greeting is None:
            found = await _greet(target.url, self._prepared)
            self.greeting = found if isinstance(found, Greeting) else None
            self.obstacles += [found] if isinstance(found, Obstacle) else []
        for name, problem in await unreached(self._whole, who, self._options, self._folder):
            self.obstacles.append(Obstacle(where=f"the drill · {name}", came=problem, expected="a fault that can be begun", advice=_ADVICE))
        manifest, plan = await super()._begin(manifest, plan, load, who)
        path = target.spec.clock
        if path is not None:
            self.clock = ClockShown(path, await clock_off(who.http, target.url + path, plan.timetable, plan.pace, manifest.start))
        return manifest, plan

    def _taken(self) -> Taken:
        return Taken(first=self._first, count=persons(self._prepared.plan))

    def _ended(self, manifest: Manifest, ended: Ended, who: Company) -> Manifest:
        self.exchanges = ended.exchanges
        return super()._ended(manifest, ended, who)


async def _walk(
    prepared: Prepared, alone: Prepared, options: Options, first: int, folder: Path, interrupt: Interrupt, met: Greeting | None
) -> Walk:
    course = Walking(alone, prepared, msgspec.structs.replace(options, run=None), folder, first, met)
    people, at = _who(alone, first), alone.plan.timetable.begin
    try:
        manifest = await course.through(interrupt)
    except RushproofError as problem:
        if interrupt.asked.is_set() or isinstance(problem, SafetyError):
            raise
        stopped = Obstacle(where="the start", came=str(problem), expected="a run that begins", advice="mend what it names")
        return Walk(scenario=prepared.scenario, people=people, at=at, greeting=course.greeting, obstacles=(*course.obstacles, stopped))
    report = await asyncio.to_thread(judged, folder, alone.directories, manifest)
    return await asyncio.to_thread(_seen, prepared, folder, course, report, people)


def _seen(prepared: Prepared, folder: Path, course: Walking, report: Report, people: Mapping[str, str]) -> Walk:
    scenario = prepared.scenario
    seen = ledgers_seen(folder, tuple(scenario.ledgers))
    users = {name for name, crowd in scenario.crowds.items() if crowd.users is not None}
    notes = report.manifest.notes
    return Walk(
        scenario=scenario,
        people=people,
        at=report.manifest.first,
        greeting=course.greeting,
        clock=course.clock,
        exchanges=course.exchanges,
        counted={step.step: step.counts for step in report.steps if step.crowd in users},
        acknowledged=acknowledged(folder, seen, {name: spec.kind for name, spec in scenario.ledgers.items()}),
        ledgers=seen,
        obstacles=(
            *course.obstacles,
            *obstacles(scenario, course.exchanges),
            *unmet(scenario, course.exchanges, report),
            *(missing(ledger.name, scenario.ledgers[ledger.name], notes) for ledger in seen if not ledger.there),
        ),
        broken=tuple(one for one in report.findings if one.kind is Kind.INVARIANT and one.status is Status.FAIL),
        doubts=tuple(_doubted(prepared, report)),
        notes=notes,
    )


def _doubted(prepared: Prepared, report: Report) -> list[Doubt]:
    """What was claimed and could not be told of one person: it may come out the same of many.  Nothing is broken, so nothing recovers."""
    limits = prepared.scenario.budget
    pairs = [(limit.name, finding) for limit, finding in zip(limits, report.findings, strict=False) if limit.measure not in RECOVERY]
    pairs += [(one.name, one) for one in report.findings[len(limits) :] if one.kind is Kind.INVARIANT]
    return [Doubt(name, "unknown", one.sentence.rstrip(".")) for name, one in pairs if one.status is Status.UNKNOWN]


def _together(foreboded: tuple[Doubt, ...], walked: tuple[Doubt, ...]) -> tuple[Doubt, ...]:
    known = {(doubt.finding, doubt.weight) for doubt in foreboded}
    return (*foreboded, *(doubt for doubt in walked if (doubt.finding, doubt.weight) not in known))


def _first(alone: Prepared, row: int | None) -> int:
    """Where among the people those who walk begin; InputError where they would go beyond the last."""
    last = max(_known(alone) - persons(alone.plan), 0)
    if row is not None and not 0 <= row <= last:
        raise InputError(f"--row: expected a number from 0 to {last:,}, found {row:,}")
    return last if row is None else row


def _known(alone: Prepared) -> int:
    return int(alone.plan.population.registered) if alone.rows is None else alone.rows


def _who(alone: Prepared, first: int) -> dict[str, str]:
    crowds = [crowd for crowd in alone.plan.crowds if crowd.arrivals is not None]
    come = [crowd.name for crowd in crowds if crowd.of is None]
    again = {crowd.name: f"the one of {crowd.of} again" for crowd in crowds if crowd.of is not None}
    spec, whole = alone.scenario.persons, _known(alone)
    if alone.rows is None or spec is None:
        return {name: f"person {first + nth:,} of the {whole:,} registered, from 0" for nth, name in enumerate(come)} | again
    return {name: f"row {first + nth:,} of the {whole:,} in {spec.file}, from 0" for nth, name in enumerate(come)}
