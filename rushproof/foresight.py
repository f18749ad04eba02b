"""Which limits will be unknown, or say little, whatever the target does: told by arithmetic from the plan alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from rushproof.budget import MEASURES, RECOVERY, Limit
from rushproof.drill_foresight import drill_doubts
from rushproof.frame import Visits
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.needs import Needs
from rushproof.plan import Plan
from rushproof.quantity import Unit, show
from rushproof.recorded import COUNTED, HEALTH, Recorded
from rushproof.sample import VISIT
from rushproof.scenario import Scenario
from rushproof.schedule import Schedule
from rushproof.summary import Summary

BEYOND = 10
"""samples that ought to lie beyond a percentile for it to be more than an anecdote"""
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


class Doubt(msgspec.Struct, frozen=True):
    """A finding that is settled, or worth little, before anything is sent."""

    finding: str
    weight: Literal["unknown", "thin", "broken"]
    """`unknown`: it cannot be judged; `thin`: it will be, on too little; `broken`: it cannot be kept"""
    why: str


def doubts(scenario: Scenario, plan: Plan, steps: Mapping[str, Sequence[str]], taken: Needs) -> Iterator[Doubt]:
    """What can be said of the budget; `steps` by crowd, without crowds of ordinary Locust users, who come as often as they are answered."""
    summary = _unrecorded(scenario, plan)
    if taken.load is not None and taken.load > plan.workers and scenario.budget:
        why = (
            f"the busiest second takes {taken.load:.1f} workers' cores by docs/figures.md, and there {_are(plan.workers)}; "
            "a generator that falls behind makes them unknown"
        )
        yield Doubt("every latency and rate", "unknown", why)
    yield from _of_drill(scenario, plan, steps)
    for limit in scenario.budget:
        if limit.measure in RECOVERY:
            continue  # how soon a target is well again no arithmetic foresees
        span = summary.span(limit.window)
        if isinstance(span, str):
            yield Doubt(limit.name, "unknown", span)
        elif _whole_known(limit, plan, steps):
            first, last = span.first * summary.resolution, span.last * summary.resolution
            yield from _of(limit, _came(limit, plan, steps, last), _came(limit, plan, steps, last) - _came(limit, plan, steps, first),
                           last - first, plan.scale * (summary.speed(limit.window) or 0.0))  # fmt: skip


def _of_drill(scenario: Scenario, plan: Plan, steps: Mapping[str, Sequence[str]]) -> Iterator[Doubt]:
    if scenario.drill is None:
        return
    intents = Limit(measure="count", step=scenario.drill.service.step, crowd=scenario.drill.service.crowd)
    if _whole_known(intents, plan, steps):
        told = drill_doubts(
            scenario.drill, plan.timetable, plan.pace, float(scenario.warm_up), lambda until: _came(intents, plan, steps, until)
        )
        yield from (Doubt(finding, "unknown", why) for finding, why in told)


def _unrecorded(scenario: Scenario, plan: Plan) -> Summary:
    """The summary of this run as if nothing had come of it: windows are then cut by the same rule as when it is judged."""
    first, last = plan.timetable.begin, plan.timetable.end
    manifest = Manifest(
        run="", scenario=scenario, seed=plan.seed, people=plan.scale, speed=plan.speed, first=first, last=last, workers=plan.workers,
        start=0.0, elapsed=plan.pace.wall(last), ending=Ending.COMPLETE, machine=Machine("", "", 0, 0),
    )  # fmt: skip
    visits = {crowd.name: Visits() for crowd in plan.crowds}
    return Summary(manifest, Recorded(steps=(), cells=np.empty(0, COUNTED), health=np.empty(0, HEALTH), visits=visits))


def _whole_known(limit: Limit, plan: Plan, steps: Mapping[str, Sequence[str]]) -> bool:
    """Whether nobody but planned arrivals can add to this limit."""
    return all(crowd.name in steps for crowd in plan.crowds if limit.crowd in (None, crowd.name))


def _came(limit: Limit, plan: Plan, steps: Mapping[str, Sequence[str]], until: float) -> int:
    """Visits until a wall second that may take the limit's step."""
    whole = msgspec.structs.replace(plan, worker=0, workers=1)
    return sum(
        Schedule(whole, number).offered(until)
        for number, crowd in enumerate(plan.crowds)
        if limit.crowd in (None, crowd.name) and (limit.step in (None, VISIT) or limit.step in steps[crowd.name])
    )


def _of(limit: Limit, until: int, n: int, wall: float, factor: float) -> Iterator[Doubt]:
    """`factor`: what a rate of the scenario is multiplied by on the wall."""
    when = f" in the window {limit.window}" if limit.window else ""
    if not until:
        yield Doubt(limit.name, "unknown", f"nobody comes before the end of the window {limit.window}" if limit.window else "nobody comes")
    elif limit.measure in QUANTILES:
        beyond = n * (1.0 - QUANTILES[limit.measure])
        if beyond < BEYOND:
            why = f"about {n:,} visits come{when}, so {beyond:.2g} of their samples lie beyond a {limit.measure}; {BEYOND} ought to"
            yield Doubt(limit.name, "thin", why)
    elif MEASURES[limit.measure] is Unit.SHARE:
        yield from _share(limit, n, when)
    elif limit.at_least is not None:
        yield from _rate(limit, n, wall, when, factor)


def _share(limit: Limit, n: int, when: str) -> Iterator[Doubt]:
    allowed = limit.bound.value if limit.at_most is not None else 1.0 - limit.bound.value
    if allowed > 1e-12 and allowed * n < 1:
        yield Doubt(
            limit.name, "thin", f"about {n:,} visits come{when}: {show(allowed, Unit.SHARE)} of that is less than one, so it means none"
        )


def _rate(limit: Limit, n: int, wall: float, when: str, factor: float) -> Iterator[Doubt]:
    """Rates and counts that ask for more than comes, unless visits do a thing several times."""
    per_second = limit.bound.unit is Unit.RATE
    asked = limit.bound.value * (factor * wall if per_second else 1.0)
    if asked <= n:
        return
    bound = f"{show(asked / wall, Unit.RATE)} on the wall" if per_second else f"{asked:,.0f}"
    if limit.step == VISIT or not n:
        yield Doubt(limit.name, "broken", f"it asks for {bound}, and {n:,} visits come{when}, {show(n / wall, Unit.RATE)}")
        return
    why = f"it asks for {bound}, and {show(n / wall, Unit.RATE)} visits come{when}: each must make {asked / n:.2g} of these or more"
    yield Doubt(limit.name, "thin", why)


def _are(workers: int) -> str:
    return "is 1" if workers == 1 else f"are {workers}"
