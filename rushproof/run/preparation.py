"""Everything that can be found wrong before anything is started."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from rushproof import catalogue, surroundings
from rushproof.budget_check import check_budget
from rushproof.document import Document
from rushproof.errors import InputError, SafetyError
from rushproof.ledgers import Span
from rushproof.plan import Plan
from rushproof.run.drill_fit import check_allowed, check_place, check_words
from rushproof.run.hosts import TARGETS, check_host
from rushproof.run.inspection import Inspected, check_crowds, inspect, overlaid
from rushproof.run.ledgers import Reach, check_sources
from rushproof.run.load import Workforce
from rushproof.run.options import Options
from rushproof.run.people import check_persons, located
from rushproof.run.planning import check_population, check_workers, claimed, crowd_plans, cut, peak, plan_of, settled
from rushproof.run.probes import Question, questions
from rushproof.run.secret import resolved
from rushproof.run.stopping import Standing, standing
from rushproof.run.target import filled
from rushproof.run.transport import check_transport
from rushproof.scenario import Scenario
from rushproof.schedule import persons
from rushproof.stretch_check import mixed
from rushproof.targets import Host
from rushproof.timetable import Timetable


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A run that nothing speaks against any more."""

    scenario: Scenario
    """with the command line's factors in it"""
    plan: Plan
    url: str | None
    """where the target is; None where it is started"""
    workforce: Workforce
    directories: tuple[Path, ...]
    """where invariants are looked up"""
    host: Host | None = None
    """the target's entry in `targets.yaml`, with what its owner will not bear"""
    standing: tuple[Standing, ...] = ()
    """the stop rules of both"""
    questions: tuple[Question, ...] = ()
    """what a Prometheus is asked every second"""
    steps: Mapping[str, Mapping[str, str | None]] = {}
    """by crowd, the steps its persona declares and what each promises; none of an ordinary Locust user"""
    rows: int | None = None
    """how many persons their file has; None where they are derived"""


async def prepare(scenario: Scenario, options: Options) -> Prepared:
    """The run, checked from the words to the personas; InputError where something cannot be meant."""
    document = options.document
    check_workers(options)
    scenario = settled(scenario, options, document)
    part = cut(scenario.timetable, options.first, options.last)
    check_pace(scenario, part, document)
    check_place(scenario, part, document)
    directories = catalogue.audits(options.beside)
    claimed(scenario, directories, document)
    await check_sources(Reach(scenario, options.beside, "", Span(now := time.time(), now)), document)
    locustfiles = {name: catalogue.persona(crowd.persona, options.beside).resolve() for name, crowd in scenario.crowds.items()}
    url = resolved(scenario.target.url, options.beside)
    transport = check_transport(scenario, options.beside, document, here=not options.expect_workers)
    host = check_host(filled(url, {"port": "1", "folder": "", "speed": "", "python": ""}), options.own_host, Path.cwd(), transport)
    for beside in scenario.target.beside.values():  # we start them, so they are here
        check_host(filled(beside.url, {"port": "1", "folder": "", "speed": "", "python": ""}), None, Path.cwd())
    crowds = crowd_plans(scenario, locustfiles, options.beside)
    found = await _inspected(scenario, {crowd.name: (locustfiles[crowd.name], crowd.settings) for crowd in crowds}, options)
    check_steps(scenario, options, found)
    check_stop_rules(scenario, document, host, found)
    check_words(scenario, document, directories, found)
    check_allowed(scenario, host)
    workforce = Workforce(
        driver=options.driver,
        locustfiles=tuple(dict.fromkeys(locustfiles.values())),
        here=options.workers,
        by_hand=options.expect_workers,
    )
    plan = plan_of(scenario, crowds, part, workforce.workers, options.own_host)
    plan = msgspec.structs.replace(
        plan, transport=transport, addresses=() if host is None else host.addresses, persons=located(scenario.persons, options.beside)
    )
    rows = await check_persons(scenario, options)
    check_population(scenario, document, persons(plan), rows)
    check_warm_up(scenario, plan, document)
    _check_rate(url, plan, host)
    return Prepared(
        scenario=scenario,
        plan=plan,
        url=None if scenario.target.command else url,
        workforce=workforce,
        directories=directories,
        host=host,
        standing=(rules := standing(scenario, host)),
        questions=questions(scenario, rules, options.beside, Path.cwd()),
        steps={name: one.steps for name, one in found.items()},
        rows=rows,
    )


def _check_rate(url: str, plan: Plan, host: Host | None) -> None:
    if host is not None and host.highest_rate is not None and peak(plan) > host.highest_rate:
        allowed = f"its owner allows {host.highest_rate:g}/s ({TARGETS})"
        raise SafetyError(f"{url}: {peak(plan):,} visits come in the worst second, but {allowed}")


async def _inspected(scenario: Scenario, crowds: Mapping[str, tuple[Path, Mapping[str, object]]], options: Options) -> dict[str, Inspected]:
    answers = await inspect(list(crowds.values()), options.inspector)
    found = dict(zip(crowds, answers, strict=True))
    check_crowds(scenario, options.document, found)
    return overlaid(scenario, found)


def check_steps(scenario: Scenario, options: Options, found: Mapping[str, Inspected]) -> None:
    """ScenarioError where the budget asks for what cannot be measured; the steps of an ordinary Locust user are known only when it ran."""
    users = {name for name, one in found.items() if one.kind == "user"}
    wrong = []
    for path, problem in check_budget(scenario.budget, {name: one.steps for name, one in found.items()}, scenario.windows, scenario.drill):
        limit = scenario.budget[int(path[1])]
        if path[-1] != "step" or not (limit.crowd in users or (limit.crowd is None and users)):
            wrong.append((path, problem))
    if wrong:
        raise options.document.errors(wrong)


def check_stop_rules(scenario: Scenario, document: Document, host: Host | None, found: Mapping[str, Inspected]) -> None:
    """ScenarioError for a rule of a step that nobody takes, SafetyError for an owner's: it would watch nothing."""
    if any(one.kind == "user" for one in found.values()):
        return  # the steps of an ordinary Locust user are known only when it ran
    steps = {step for one in found.values() for step in one.steps}
    if wrong := list(surroundings.unknown_steps(scenario.stop_when, ("stop_when",), steps)):
        raise document.errors(wrong)
    for path, problem in surroundings.unknown_steps(host.stop_when if host else (), ("stop_when",), steps):
        raise SafetyError(f"{TARGETS}: {'.'.join(path)} of this host: {problem}; its owner's rule would watch nothing")


def check_pace(scenario: Scenario, part: Timetable, document: Document) -> None:
    """InputError where a jump leaves out all that is to be run, ScenarioError where a rate is asked of several speeds in it."""
    if part.pace(scenario.speed).wall(part.end) <= 0:
        raise InputError(f"--from {part.first} --to {part.last}: the timetable jumps over all of it; expected a part that takes wall time")
    if wrong := list(mixed(scenario, scenario.speed, part.begin, part.end)):
        raise document.errors(wrong)


def check_warm_up(scenario: Scenario, plan: Plan, document: Document) -> None:
    """ScenarioError where nothing would be left to judge: a warm-up ends with the journal bucket it ends in."""
    wall, bucket = plan.pace.wall(plan.timetable.end), float(scenario.resolution)
    warm = math.ceil(scenario.warm_up / bucket - 1e-6) * bucket
    if scenario.warm_up and warm >= wall:
        found = f"found {scenario.warm_up:g} s" + (f", which ends with its journal bucket at {warm:g} s" if warm > scenario.warm_up else "")
        raise document.error(("warm_up",), f"expected less than the {wall:g} s of wall time that this run takes, {found}")
