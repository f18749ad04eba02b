"""The search for a target's limit: one rung after another, each a complete run in a folder of its own, until the bracket is close."""

import contextlib
import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from rushproof import climb
from rushproof.arrivals import Spacing
from rushproof.capacity import Capacity, Rung
from rushproof.errors import FolderError, InputError, RushproofError
from rushproof.frame import Frame
from rushproof.journal import read
from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.run.lookout import Halt
from rushproof.run.options import Options
from rushproof.run.story import run
from rushproof.scenario import Scenario
from rushproof.seams import Progress
from rushproof.search import Search, Told
from rushproof.steadied import asked, left_out, shares, steadied, worst
from rushproof.trial import Ruled, Trial

_FIRST = (10.0, 250.0)
"""visits a second of the first rung: a quarter of the forecast, but not less nor more than these"""
_WARM_UP = 1.0
"""wall seconds of every rung that are not judged, where the scenario does not say more: connections open in them"""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How the limit is to be searched for."""

    first: float | None = None
    """visits a second of the first rung; None: a quarter of the forecast, from 10/s to 250/s"""
    rungs: int = 12
    within: float = 0.05
    """how wide the bracket may be, as a share of its lower end"""
    forecast: float | None = None
    """visits a second; None: the scenario's, or the timetable's worst second"""
    shortest: float = 6.0
    longest: float = 20.0
    """wall seconds of one rung, the warm-up left out"""
    spacing: Spacing = "poisson"
    again: tuple[str, ...] = ()
    """the command that asks the same again"""


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """A rung that has been made, for people who watch."""

    rung: Rung
    low: float | None
    high: float | None


async def capacity(
    scenario: Scenario, options: Options, folder: Path, wish: Asked, progress: Progress, told: Callable[[Stand], None]
) -> Capacity:
    """The target's capacity; each rung is a run in `folder` (new or empty), which is left as it was where nothing could be started.

    InputError where the scenario cannot be asked this: nothing steady to offer, nothing to keep, nobody left to come.
    """
    check(scenario, options, wish)
    refuse_filled(folder)
    return await _Climb(scenario, options, folder, wish, progress, told).through()


def check(scenario: Scenario, options: Options, wish: Asked) -> None:
    """InputError where this scenario has no limit that could be searched for, or the wish makes no sense."""
    try:
        shares(scenario)
        worst(scenario)
    except ValueError as problem:
        raise InputError(f"{options.document.file}: crowds: {problem}") from None
    if not asked(scenario.budget):
        said = "; it only bounds rates and counts" if scenario.budget else ""
        raise InputError(
            f"{options.document.file}: budget: expected a limit on a latency or a share, which a rate could break{said}; "
            "such as {measure: p99, step: reserve, at_most: 500ms}"
        )
    if not 1 <= wish.rungs <= 100:
        raise InputError(f"--rungs: expected a number from 1 to 100, found {wish.rungs}")
    if not 0 < wish.within < 1:
        raise InputError(f"--within: expected a share above 0 and below 100%, found {wish.within:g}")
    if not 1 <= wish.shortest <= wish.longest <= 3600:
        raise InputError(f"--least {wish.shortest:g}s --most {wish.longest:g}s: expected at least 1 s, and the second not below the first")


def refuse_filled(folder: Path) -> None:
    """FolderError for a folder that holds something: its runs would lie among what is there."""
    if folder.is_dir() and any(folder.iterdir()):
        raise FolderError(f"{folder} is not empty; give another folder, new or empty")


class _Climb:
    """One search between its first rung and its last."""

    def __init__(
        self, scenario: Scenario, options: Options, folder: Path, wish: Asked, progress: Progress, told: Callable[[Stand], None]
    ) -> None:
        self._scenario, self._options, self._folder, self._wish = scenario, options, folder, wish
        self._progress, self._told = progress, told
        self._given = wish.forecast is not None or scenario.forecast is not None
        self._forecast = float(wish.forecast or scenario.forecast or worst(scenario).rate)
        first = wish.first or min(max(self._forecast / 4, _FIRST[0]), _FIRST[1])
        self._search = Search(first=first, most=wish.rungs, within=wish.within)
        self._rungs: list[Rung] = []
        self._notes: list[str] = []
        self._began = time.time()
        self._people = 0.0

    async def through(self) -> Capacity:
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        while not self._notes and (rate := self._search.rate) is not None:
            try:
                self._enough_people(rate)
                await self._rung(rate)
            except RushproofError as problem:
                if not self._rungs:
                    raise
                self._notes.append(f"the search ended before its time: {problem}")
            # a run gives way to what it measures; what the next rung starts must not inherit that
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, nice)
        return self._found()

    async def _rung(self, rate: float) -> None:
        number, wish = len(self._rungs) + 1, self._wish
        warm_up = max(float(self._scenario.warm_up), _WARM_UP)
        scenario = steadied(self._scenario, rate, wish.longest, wish.spacing, warm_up)
        workers = self._options.workers + self._options.expect_workers
        watching = _Watching(Trial(scenario.budget, warm_up, wish.shortest, wish.longest, workers))
        name = f"rung-{number:02d}"
        options = msgspec.structs.replace(self._options, run=None, scale=None, speed=None, first=None, last=None)
        report = await run(scenario, options, self._folder / name, self._progress, watching)
        rung = climb.rung(number, name, rate, report, watching.ruled, watching.concurrency(report), highest_readings(self._folder / name))
        self._rungs.append(rung)
        self._search = self._search.tell(Told(rate, rung.status, rung.served or None))
        if report.manifest.ending is Ending.INTERRUPTED:
            self._notes.append(f"the search ended before its time: {report.manifest.why}")
        self._told(Stand(rung=rung, low=self._search.low, high=self._search.high))

    def _enough_people(self, rate: float) -> None:
        """InputError before a target that goes on from rung to rung would see derived people again: it would take them for doubles."""
        scenario, wish = self._scenario, self._wish
        ours = scenario.target.command is not None and self._options.target is None
        if ours or scenario.persons is not None:
            return
        self._people += rate * (wish.longest + max(float(scenario.warm_up), _WARM_UP)) * 1.05
        if self._people > scenario.population.registered:
            raise InputError(
                f"the {int(scenario.population.registered):,} people of population.registered do not do for another rung at {rate:,.0f}/s; "
                "expected more, so that nobody comes twice"
            )

    def _found(self) -> Capacity:
        scenario, wish, search, rungs = self._scenario, self._wish, self._search, tuple(self._rungs)
        bracket = climb.bracket(search, rungs, self._forecast, self._given, "; ".join(self._notes))
        first = climb.exhausted(rungs, scenario.probes)
        law, unfitted = climb.law(rungs)
        return Capacity(
            scenario=scenario.name,
            about=scenario.about,
            started=self._began,
            status=bracket.status,
            sentence=bracket.sentence,
            limit=search.low,
            beyond=search.high,
            found=search.found,
            blind=search.blind,
            forecast=self._forecast,
            headroom=search.low / self._forecast - 1 if search.low is not None and self._forecast > 0 else None,
            broken=climb.broken(rungs),
            given=self._given,
            budget=tuple(limit.name for limit in asked(scenario.budget)),
            left_out=left_out(scenario.budget),
            first=first,
            gave=climb.gave(rungs, first, scenario.probes),
            law=law,
            unfitted=unfitted,
            rungs=rungs,
            within=wish.within,
            shortest=wish.shortest,
            longest=wish.longest,
            spacing=wish.spacing,
            notes=(*self._notes, *_assumptions(scenario, search)),
            again=shlex.join(wish.again or ("rushproof", "capacity", scenario.name)),
        )


class _Watching:
    """A lookout that ends a rung when its trial has told enough."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.ruled: Ruled | None = None

    def add(self, frame: Frame) -> Halt | None:
        """Takes a frame in; also those of the drain, which tell how long the last ones took."""
        ruled = self._trial.add(frame)
        if ruled is None or self.ruled is not None:
            return None
        self.ruled = ruled
        return Halt(Ending.COMPLETE, ruled.why)

    def concurrency(self, report: Report) -> float | None:
        """Requests at the target at once in the mean."""
        return self._trial.concurrency(report.manifest.elapsed)


def highest_readings(folder: Path) -> dict[str, float]:
    """The highest reading of each probe; those that never answered are left out."""
    found = {}
    for name, rows in read(folder).probes.items():
        values = rows["value"][np.isfinite(rows["value"])]
        if len(values):
            found[name] = float(values.max())
    return found


def _assumptions(scenario: Scenario, search: Search) -> tuple[str, ...]:
    """What the figure rests on."""
    notes = ["every crowd keeps its share of the visits, and their rate is steady, from the timetable's worst second on, at speed 1"]
    if scenario.target.command is None:
        notes.append("the target ran before the search and through it: what one rung left behind, the next one found")
    if search.found and not search.close:
        notes.append("the rungs were used up before the bracket was as narrow as was asked for")
    return tuple(notes)
