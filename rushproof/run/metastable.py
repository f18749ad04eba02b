"""The procedure that tells a metastable failure: a load held through a fault and past it, then let down; once, or over a grid.

Each hold is a run of its own.  What is held, what is waited for and what is called what: `rushproof.held`, `rushproof.fate`.
"""

import shlex
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import msgspec

from rushproof import fate
from rushproof.errors import InputError
from rushproof.held import Ordeal, held, length_of
from rushproof.journal import read, read_actions
from rushproof.metastability import Hold, Metastability
from rushproof.recovery.frontier import frontier
from rushproof.relief import Relief
from rushproof.run.options import Options
from rushproof.run.series import Series
from rushproof.scenario import Scenario
from rushproof.seams import Progress
from rushproof.steadied import shares, worst
from rushproof.summary import Summary
from rushproof.verdict import Status

LOADS = (0.5, 0.65, 0.8, 0.95)
"""of a grid, as shares of the load"""
LENGTHS = (0.25, 0.5, 1.0, 2.0)
"""of a grid's faults, as shares of the drill's own length"""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How it is to be told."""

    rate: float | None = None
    """visits a second, of which a grid's loads are shares; None: the scenario's forecast, or the timetable's worst second"""
    fault: float | None = None
    """wall seconds; None: as long as the drill is at speed 1"""
    baseline: float = 60.0
    hold: float = 30.0
    step: float = 0.1
    grid: bool = False
    """whether each of the loads is held through faults of each length; a grid is not stepped down"""
    loads: tuple[float, ...] = ()
    """shares of the rate; none: LOADS of a grid, otherwise the whole rate"""
    lengths: tuple[float, ...] = ()
    """wall seconds of the faults; none: LENGTHS of a grid, otherwise `fault`"""
    again: tuple[str, ...] = ()
    """the command that asks the same again"""


async def metastable(
    scenario: Scenario, options: Options, folder: Path, wish: Asked, progress: Progress, told: Callable[[Hold], None]
) -> Metastability:
    """Whether the target comes back by itself; each hold is a run in `folder` (new or empty).

    InputError where the scenario cannot be asked this: no drill, nothing steady to offer, nobody who tries again.
    """
    check(scenario, options, wish)
    return await _Procedure(scenario, options, folder, wish, progress, told).through()


def check(scenario: Scenario, options: Options, wish: Asked) -> None:
    """InputError where there is nothing to break, nothing to hold, or the wish makes no sense."""
    file = options.document.file
    if scenario.drill is None:
        raise InputError(f"{file}: drill: this scenario breaks nothing; expected a drill, with the faults to be come back from")
    if scenario.drill.retries == "off":
        raise InputError(f"{file}: drill.retries: a metastable failure is kept up by those who try again; expected on, found off")
    try:
        shares(scenario)
        worst(scenario)
    except ValueError as problem:
        raise InputError(f"{file}: crowds: {problem}") from None
    loads, lengths = _points(scenario, wish)
    for name, value, least, most in (
        ("--baseline", wish.baseline, 1.0, 3600.0), ("--hold", wish.hold, 1.0, 3600.0), ("--step", wish.step, 0.02, 0.9),
        *(("--loads", load, 0.01, 10.0) for load in loads),
        *(("--lengths" if len(lengths) > 1 else "--for", length, 0.1, 3600.0) for length in lengths),
    ):  # fmt: skip
        if not least <= value <= most:
            raise InputError(f"{name}: expected {least:g} to {most:g}, found {value:g}")


def _points(scenario: Scenario, wish: Asked) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The loads, as shares of the rate, and the lengths of the faults, wall seconds; the least first."""
    own = wish.fault or length_of(scenario)
    loads, lengths = (LOADS, tuple(share * own for share in LENGTHS)) if wish.grid else ((1.0,), (own,))
    return tuple(sorted(wish.loads or loads)), tuple(sorted(wish.lengths or lengths))


class _Procedure:
    """All holds, one after the other."""

    def __init__(
        self, scenario: Scenario, options: Options, folder: Path, wish: Asked, progress: Progress, told: Callable[[Hold], None]
    ) -> None:
        self._scenario, self._wish, self._told = scenario, wish, told
        self._series = Series(folder, "hold", options, progress)
        self._rate = float(wish.rate or scenario.forecast or worst(scenario).rate)
        self._points = tuple(product(*_points(scenario, wish)))
        self._step = wish.step if len(self._points) == 1 else 0.0
        self._holds: list[Hold] = []
        self._began = time.time()

    async def through(self) -> Metastability:
        for load, length in self._points:
            with self._series.turn():
                await self._held(self._rate * load, length)
            if self._series.cut:
                break
        return self._found()

    async def _held(self, rate: float, fault: float) -> None:
        warm_up = max(float(self._scenario.warm_up), 1.0)
        ordeal = Ordeal(rate=rate, fault=fault, baseline=self._wish.baseline, hold=self._wish.hold, step=self._step, warm_up=warm_up)
        scenario = held(self._scenario, ordeal)
        assert scenario.drill is not None, "checked before"
        made = await self._series.run(scenario, Relief(scenario.drill.service, ordeal, self._series.workers).add)
        injections, _ = read_actions(made.folder)
        summary = Summary.of(made.report.manifest, read(made.folder))
        self._holds.append(fate.hold_of(made.number, made.folder.name, ordeal, summary, injections))
        self._told(self._holds[-1])

    def _found(self) -> Metastability:
        wish, holds = self._wish, tuple(self._holds)
        status = fate.verdict(holds)
        return Metastability(
            scenario=self._scenario.name, about=self._scenario.about, started=self._began,
            status=Status.UNKNOWN if self._series.cut and status is Status.PASS else status, sentence=fate.sentence(holds), rate=self._rate,
            holds=holds, frontier=frontier(holds) if len(self._points) > 1 else (), hold=wish.hold, step=self._step,
            notes=(*self._series.notes(self._scenario), *_ASSUMED),
            again=shlex.join(wish.again or ("rushproof", "metastable", self._scenario.name)),
        )  # fmt: skip


_ASSUMED = (
    "every crowd keeps its share of the visits, and their rate is steady at speed 1, through the fault and after it; people try again",
    "tries are counted where the people are: what the target's own parts try again among themselves shows only in their metrics",
)
