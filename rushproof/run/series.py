"""Runs that are made one after the other to answer one question, each in a numbered folder of its own."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from rushproof.errors import FolderError, InputError, RushproofError
from rushproof.frame import Frame
from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.run.lookout import Halt
from rushproof.run.options import Options
from rushproof.run.story import run
from rushproof.scenario import Scenario
from rushproof.seams import Progress

_MORE = 1.05
"""times as many people as are expected may come"""


class Made(msgspec.Struct, frozen=True):
    """One of the runs."""

    number: int
    """from 1"""
    folder: Path
    report: Report


class Series:
    """The runs of one question, `rung-01`, `rung-02` … in `folder`; FolderError where that holds something they would lie among."""

    def __init__(self, folder: Path, word: str, options: Options, progress: Progress) -> None:
        if folder.is_dir() and any(folder.iterdir()):
            raise FolderError(f"{folder} is not empty; give another folder, new or empty")
        self._folder, self._word, self._progress = folder, word, progress
        self._options = msgspec.structs.replace(options, run=None, scale=None, speed=None, first=None, last=None)
        self.workers = options.workers + options.expect_workers
        """processes that make the load of each"""
        self._made = self._turns = 0
        self._people = 0.0
        self.cut = ""
        """why it ended before its time, in one sentence; empty while it goes on"""

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Around a run and what is made of it: what goes wrong with a later one ends the series, with the first it is the caller's."""
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        try:
            yield
            self._turns += 1
        except RushproofError as problem:
            if not self._turns:
                raise
            self.cut = self.cut or f"it ended before its time: {problem}"
        finally:  # a run gives way to what it measures; what the next one starts must not inherit that
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, nice)

    async def run(self, scenario: Scenario, enough: Callable[[Frame], str]) -> Made:
        """The next run, until its time is over or `enough` says of a frame why no more has to be seen; asked to end, it is the last."""
        folder = self._folder / f"{self._word}-{self._made + 1:02d}"
        self._enough_people(scenario, folder.name)
        report = await run(scenario, self._options, folder, self._progress, _Watching(enough))
        self._made += 1
        if report.manifest.ending is Ending.INTERRUPTED:
            self.cut = f"it ended before its time: {report.manifest.why}"
        return Made(self._made, folder, report)

    def notes(self, scenario: Scenario) -> Iterator[str]:
        """Why it ended before its time, and what the runs had to do with each other."""
        if self.cut:
            yield self.cut
        if not self._ours(scenario):
            yield f"the target ran before and all through it: what one {self._word} left behind, the next one found"

    def _enough_people(self, scenario: Scenario, name: str) -> None:
        """InputError before a target that goes on from run to run would see derived people again: it would take them for doubles."""
        if self._ours(scenario) or scenario.persons is not None:
            return
        self._people += sum(float(crowd.people or 0.0) for crowd in scenario.crowds.values()) * _MORE
        registered = int(scenario.population.registered)
        if self._people > registered:
            raise InputError(
                f"the {registered:,} people of population.registered do not do for {name}, too; expected more, so that nobody comes twice"
            )

    def _ours(self, scenario: Scenario) -> bool:
        """Whether each run begins with a target of its own."""
        return scenario.target.command is not None and self._options.target is None


class _Watching:
    """A lookout that ends the load when enough was seen."""

    def __init__(self, enough: Callable[[Frame], str]) -> None:
        self._enough = enough

    def add(self, frame: Frame) -> Halt | None:
        """Takes a frame in; also those of the drain, which tell how long the last ones took."""
        why = self._enough(frame)
        return Halt(Ending.COMPLETE, why) if why else None
