"""The search for a target's limit: one rung after another, each a complete run in a folder of its own, until the bracket is close."""

import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from rushproof import climb
from rushproof.arrivals import Spacing
from rushproof.capacity import Capacity, Rung
from rushproof.errors import InputError
from rushproof.journal import read
from rushproof.run.options import Options
from rushproof.run.series import Series
from rushproof.scenario import Scenario
from rushproof.seams import Progress
from rushproof.search import Search, Told
from rushproof.steadied import asked, left_out, shares, steadied, worst
from rushproof.trial import Trial

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


class _Climb:
    """One search between its first rung and its last."""

    def __init__(
        self, scenario: Scenario, options: Options, folder: Path, wish: Asked, progress: Progress, told: Callable[[Stand], None]
    ) -> None:
        self._scenario, self._wish, self._told = scenario, wish, told
        self._series = Series(folder, "rung", options, progress)
        self._given = wish.forecast is not None or scenario.forecast is not None
        self._forecast = float(wish.forecast or scenario.forecast or worst(scenario).rate)
        first = wish.first or min(max(self._forecast / 4, _FIRST[0]), _FIRST[1])
        self._search = Search(first=first, most=wish.rungs, within=wish.within)
        self._rungs: list[Rung] = []
        self._began = time.time()

    async def through(self) -> Capacity:
        while not self._series.cut and (rate := self._search.rate) is not None:
            with self._series.turn():
                await self._rung(rate)
        return self._found()

    async def _rung(self, rate: float) -> None:
        wish, warm_up = self._wish, max(float(self._scenario.warm_up), _WARM_UP)
        scenario = steadied(self._scenario, rate, wish.longest, wish.spacing, warm_up)
        trial = Trial(scenario.budget, warm_up, wish.shortest, wish.longest, self._series.workers)
        made = await self._series.run(scenario, lambda frame: ruled.why if (ruled := trial.add(frame)) is not None else "")
        at_once = trial.concurrency(made.report.manifest.elapsed)
        rung = climb.rung(made.number, made.folder.name, rate, made.report, trial.ruled, at_once, highest_readings(made.folder))
        self._rungs.append(rung)
        self._search = self._search.tell(Told(rate, rung.status, rung.served or None))
        self._told(Stand(rung=rung, low=self._search.low, high=self._search.high))

    def _found(self) -> Capacity:
        scenario, wish, search, rungs = self._scenario, self._wish, self._search, tuple(self._rungs)
        bracket = climb.bracket(search, rungs, self._forecast, self._given, self._series.cut)
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
            notes=tuple(self._notes()),
            again=shlex.join(wish.again or ("rushproof", "capacity", scenario.name)),
        )

    def _notes(self) -> Iterator[str]:
        """What stood in the way, and what the figure rests on."""
        yield from self._series.notes(self._scenario)
        if self._search.found and not self._search.close and not self._series.cut:
            yield "the rungs were used up before the bracket was as narrow as was asked for"
        yield "every crowd keeps its share of the visits, and their rate is steady, from the timetable's worst second on, at speed 1"


def highest_readings(folder: Path) -> dict[str, float]:
    """The highest reading of each probe; those that never answered are left out."""
    found = {}
    for name, rows in read(folder).probes.items():
        values = rows["value"][np.isfinite(rows["value"])]
        if len(values):
            found[name] = float(values.max())
    return found
