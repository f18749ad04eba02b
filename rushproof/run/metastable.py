"""The procedure that tells a metastable failure: a load held through a fault and past it, then let down; once, or over a grid.

Each hold is a run of its own.  What is held, what is waited for and what is called what: `rushproof.held`, `rushproof.fate`.
"""

import contextlib
import os
import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from rushproof import fate
from rushproof.errors import InputError, RushproofError
from rushproof.frame import Frame
from rushproof.held import Ordeal, held, length_of
from rushproof.journal import read, read_actions
from rushproof.manifest import Ending
from rushproof.metastability import Hold, Metastability
from rushproof.relief import Relief
from rushproof.run.capacity import refuse_filled
from rushproof.run.lookout import Halt
from rushproof.run.options import Options
from rushproof.run.story import run
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
    loads: tuple[float, ...] = ()
    """shares of the rate; more than one, or more than one length, make a grid, which is not stepped down"""
    lengths: tuple[float, ...] = ()
    """wall seconds of the faults"""
    again: tuple[str, ...] = ()
    """the command that asks the same again"""

    @property
    def grid(self) -> bool:
        """Whether there is more than one hold to make."""
        return len(self.loads) > 1 or len(self.lengths) > 1


async def metastable(
    scenario: Scenario, options: Options, folder: Path, wish: Asked, progress: Progress, told: Callable[[Hold], None]
) -> Metastability:
    """Whether the target comes back by itself; each hold is a run in `folder` (new or empty).

    InputError where the scenario cannot be asked this: no drill, nothing steady to offer, nobody who tries again.
    """
    check(scenario, options, wish)
    refuse_filled(folder)
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
    for name, value, least, most in (
        ("--baseline", wish.baseline, 1.0, 3600.0), ("--hold", wish.hold, 1.0, 3600.0), ("--step", wish.step, 0.02, 0.9),
        *(("--loads", load, 0.01, 10.0) for load in wish.loads),
        *(("--lengths", length, 0.1, 3600.0) for length in (*wish.lengths, *([wish.fault] if wish.fault is not None else []))),
    ):  # fmt: skip
        if not least <= value <= most:
            raise InputError(f"{name}: expected {least:g} to {most:g}, found {value:g}")


class _Procedure:
    """All holds, one after the other."""

    def __init__(
        self, scenario: Scenario, options: Options, folder: Path, wish: Asked, progress: Progress, told: Callable[[Hold], None]
    ) -> None:
        self._scenario, self._options, self._folder, self._wish = scenario, options, folder, wish
        self._progress, self._told = progress, told
        self._rate = float(wish.rate or scenario.forecast or worst(scenario).rate)
        self._holds: list[Hold] = []
        self._notes: list[str] = []
        self._began = time.time()

    async def through(self) -> Metastability:
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        for ordeal in self._ordeals():
            try:
                await self._held(ordeal)
            except RushproofError as problem:
                if not self._holds:
                    raise
                self._notes.append(f"it ended before its time: {problem}")
            # a run gives way to what it measures; what the next one starts must not inherit that
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, nice)
            if self._notes:
                break
        return self._found()

    def _ordeals(self) -> Sequence[Ordeal]:
        wish, own = self._wish, self._wish.fault or length_of(self._scenario)
        return [
            Ordeal(
                rate=self._rate * load, fault=length, baseline=wish.baseline, hold=wish.hold, step=0.0 if wish.grid else wish.step,
                warm_up=max(float(self._scenario.warm_up), 1.0),
            )
            for load in sorted(wish.loads or (1.0,))
            for length in sorted(wish.lengths or (own,))
        ]  # fmt: skip

    async def _held(self, ordeal: Ordeal) -> None:
        number = len(self._holds) + 1
        name = f"hold-{number:02d}"
        scenario = held(self._scenario, ordeal)
        drill = scenario.drill
        assert drill is not None
        watching = _Watching(Relief(drill.service, ordeal, self._options.workers + self._options.expect_workers))
        options = msgspec.structs.replace(self._options, run=None, scale=None, speed=None, first=None, last=None)
        report = await run(scenario, options, self._folder / name, self._progress, watching)
        injections, _ = read_actions(self._folder / name)
        summary = Summary.of(report.manifest, read(self._folder / name))
        self._holds.append(fate.hold_of(number, name, ordeal, summary, injections))
        self._told(self._holds[-1])
        if report.manifest.ending is Ending.INTERRUPTED:
            self._notes.append(f"it ended before its time: {report.manifest.why}")

    def _found(self) -> Metastability:
        wish, holds = self._wish, tuple(self._holds)
        status = fate.verdict(holds)
        if self._notes and status is Status.PASS:
            status = Status.UNKNOWN
        return Metastability(
            scenario=self._scenario.name, about=self._scenario.about, started=self._began, status=status, sentence=fate.sentence(holds),
            rate=self._rate, holds=holds, frontier=fate.edges(holds) if wish.grid else (), hold=wish.hold,
            step=0.0 if wish.grid else wish.step, notes=(*self._notes, *_ASSUMED),
            again=shlex.join(wish.again or ("rushproof", "metastable", self._scenario.name)),
        )  # fmt: skip


_ASSUMED = (
    "every crowd keeps its share of the visits, and their rate is steady at speed 1, through the fault and after it; people try again",
    "tries are counted where the people are: what the target's own parts try again among themselves shows only in their metrics",
)


class _Watching:
    """A lookout that ends a hold when nothing more has to be seen."""

    def __init__(self, relief: Relief) -> None:
        self._relief, self._said = relief, False

    def add(self, frame: Frame) -> Halt | None:
        """Takes a frame in; also those of the drain, which come too late to end anything."""
        why = self._relief.add(frame)
        if not why or self._said:
            return None
        self._said = True
        return Halt(Ending.COMPLETE, why)
