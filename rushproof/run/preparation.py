"""Everything that can be found wrong before anything is started."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from rushproof import catalogue
from rushproof.budget_check import check_budget
from rushproof.errors import SafetyError
from rushproof.plan import Plan
from rushproof.run.hosts import TARGETS, check_host
from rushproof.run.inspection import Inspected, check_crowds, inspect
from rushproof.run.load import Workforce
from rushproof.run.options import Options
from rushproof.run.planning import check_population, check_workers, claimed, crowd_plans, cut, peak, plan_of, settled
from rushproof.run.secret import resolved
from rushproof.run.target import filled
from rushproof.scenario import Scenario
from rushproof.schedule import persons


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


async def prepare(scenario: Scenario, options: Options) -> Prepared:
    """The run, checked from the words to the personas; InputError where something cannot be meant."""
    document = options.document
    check_workers(options)
    scenario = settled(scenario, options, document)
    part = cut(scenario.timetable, options.first, options.last)
    directories = catalogue.audits(options.beside)
    claimed(scenario, directories, document)
    locustfiles = {name: catalogue.persona(crowd.persona, options.beside).resolve() for name, crowd in scenario.crowds.items()}
    url = resolved(scenario.target.url, options.beside)
    host = check_host(filled(url, {"port": "1", "folder": "", "speed": "", "python": ""}), options.own_host, Path.cwd())
    crowds = crowd_plans(scenario, locustfiles, options.beside)
    found = await _inspected(scenario, {crowd.name: (locustfiles[crowd.name], crowd.settings) for crowd in crowds}, options)
    check_steps(scenario, options, found)
    workforce = Workforce(
        driver=options.driver,
        locustfiles=tuple(dict.fromkeys(locustfiles.values())),
        here=options.workers,
        by_hand=options.expect_workers,
    )
    plan = plan_of(scenario, crowds, part, workforce.workers, options.own_host)
    check_population(scenario, document, persons(plan))
    if host is not None and host.highest_rate is not None and peak(plan) > host.highest_rate:
        raise SafetyError(
            f"{url}: {peak(plan):,} visits come in the worst second, but its owner allows {host.highest_rate:g}/s ({TARGETS})"
        )
    return Prepared(
        scenario=scenario,
        plan=plan,
        url=None if scenario.target.command else url,
        workforce=workforce,
        directories=directories,
    )


async def _inspected(scenario: Scenario, crowds: Mapping[str, tuple[Path, Mapping[str, object]]], options: Options) -> dict[str, Inspected]:
    answers = await inspect(list(crowds.values()), options.inspector)
    found = dict(zip(crowds, answers, strict=True))
    check_crowds(scenario, options.document, found)
    return found


def check_steps(scenario: Scenario, options: Options, found: Mapping[str, Inspected]) -> None:
    """ScenarioError where the budget asks for what cannot be measured; the steps of an ordinary Locust user are known only when it ran."""
    users = {name for name, one in found.items() if one.kind == "user"}
    wrong = []
    for path, problem in check_budget(scenario.budget, {name: one.steps for name, one in found.items()}, scenario.windows):
        limit = scenario.budget[int(path[1])]
        if path[-1] != "step" or not (limit.crowd in users or (limit.crowd is None and users)):
            wrong.append((path, problem))
    if wrong:
        raise options.document.errors(wrong)
