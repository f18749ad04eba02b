"""A run from its beginning to its report: prepare, start, rush, fetch the ledgers, stop, judge."""

import asyncio
import contextlib
import datetime as dt
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from rushproof.errors import FolderError, LoadError
from rushproof.glance import Glance
from rushproof.journal import Journal, write_manifest
from rushproof.manifest import Ending, Manifest
from rushproof.plan import Plan
from rushproof.report import Report
from rushproof.run.company import Company, company, together
from rushproof.run.escort import Escort
from rushproof.run.interrupt import Interrupt
from rushproof.run.ledgers import Reach, bring_all, keep_marks, marks, span_of
from rushproof.run.load import Load, start_load
from rushproof.run.lookout import Lookout
from rushproof.run.machine import machine, run_id, versions
from rushproof.run.options import Options
from rushproof.run.people import Taken, take
from rushproof.run.preparation import Prepared, prepare
from rushproof.run.rush import Ended, Rush
from rushproof.run.sweep import judged, keep_queries, unwritten, write_reports
from rushproof.run.watch import Watch
from rushproof.scenario import Scenario
from rushproof.seams import Progress

LEAD = 0.3
"""wall seconds between telling a generator when to begin and that moment: the clock is set and the workers are told in it"""
FAR_LEAD = 1.5
"""the same where workers are told through a master"""
CLOCK_LEAD = 0.05
"""more of it for each process beside the target, whose clocks are set at the same time"""
NICE = 5
"""how far what only writes down gives way to what is measured, once that has been started"""
_NOTHING = Glance(
    at=0.0,
    elapsed=0.0,
    total=0.0,
    offered=0.0,
    served=0.0,
    p50=None,
    p99=None,
    outcomes={},
    in_flight=0,
    tainted=0,
    lag_p99=0.0,
    busy=0.0,
)


async def run(scenario: Scenario, options: Options, folder: Path, progress: Progress, lookout: Lookout | None = None) -> Report:
    """Runs the scenario into the folder (new or empty) and judges it; the lookout may end the load before its time.

    InputError where nothing was started: the folder is then as it was.  LoadError where the load could not begin.  Once it has begun,
    whatever happens is kept, judged and told in the report.
    """
    with Interrupt() as interrupt:
        prepared = await interrupt.until(prepare(scenario, options))
        running = Course(prepared, options, folder, Noted(progress), lookout)
        manifest = await running.through(interrupt)
    progress(msgspec.structs.replace(running.last, phase="audit"))
    report = await asyncio.to_thread(judged, folder, prepared.directories, manifest)
    try:
        await asyncio.to_thread(write_reports, folder, report)
    except FolderError as problem:
        report = unwritten(report, str(problem))
    await running.told(report)
    return report


class Course:
    """One run between its preparation and its judgement; `rushproof check` walks one of its own."""

    def __init__(self, prepared: Prepared, options: Options, folder: Path, progress: "Noted", lookout: Lookout | None) -> None:
        self._prepared, self._options, self._folder, self._progress = prepared, options, folder, progress
        self._escort = Escort(prepared, options, folder, lookout)
        self._notes: list[str] = []

    @property
    def last(self) -> Glance:
        """The last glance that was told."""
        return self._progress.last

    async def through(self, interrupt: Interrupt) -> Manifest:
        """Everything that needs the target; returns the manifest as the run ended, which the folder then holds too."""
        manifest = self._manifest(await interrupt.until(asyncio.to_thread(self._taken)))
        existed = self._folder.is_dir()
        journal = Journal.create(self._folder, manifest)
        begun = False
        try:
            keep_queries(self._folder, manifest.scenario, self._prepared.directories)
            async with (
                self._started(interrupt, manifest, journal) as (who, load, given),
                self._escort.around(who, manifest.run, interrupt),
            ):
                target, scenario = who.target, self._prepared.scenario
                marked = {} if target.ours else await marks(who.http, target.url, scenario.ledgers)
                keep_marks(self._folder, marked)
                manifest, plan = await interrupt.until(self._begin(manifest, given, load, who))
                begun = True
                watch = Watch(manifest, manifest.pace.wall(manifest.last))
                rush = Rush(plan, load, journal, watch, self._progress, self._escort.lookout)
                async with self._escort.beside(plan.start, rush.heed, rush.cut):
                    ended = await rush.run(interrupt)
                await asyncio.to_thread(journal.flush)  # ledgers are cut to the people of this run's attempts
                unquiet = await self._settled(who, interrupt)
                reach = Reach(scenario, self._options.beside, target.url, span_of(manifest, ended.drained), marked, who)
                self._notes += await bring_all(self._folder, who.http, reach, interrupt)
        except BaseException:
            if not begun:
                _clear(self._folder, existed)
            raise
        manifest = msgspec.structs.replace(self._ended(manifest, ended, who), unquiet=unquiet)
        with contextlib.suppress(LoadError):  # a disk that is still full: the manifest in hand is judged
            journal.close(manifest)
        return manifest

    async def told(self, report: Report) -> None:
        """What a drill came to has been posted where the scenario wants it to be."""
        self._escort.telling.ended(report)
        await self._escort.telling.done()

    @contextlib.asynccontextmanager
    async def _started(self, interrupt: Interrupt, manifest: Manifest, journal: Journal) -> AsyncIterator[tuple[Company, Load, Plan]]:
        """Target, those beside it, and load, all ready; none of them is left when this is over."""
        way = self._prepared.plan
        async with contextlib.AsyncExitStack() as ending:
            all_of_them = company(self._prepared.scenario.target, self._prepared.url, self._folder, way, self._prepared.scenario.drill)
            who = await interrupt.until(ending.enter_async_context(all_of_them))
            plan = msgspec.structs.replace(way, run=manifest.run, salt=journal.salt.hex(), first_person=manifest.first_person)
            plan = msgspec.structs.replace(plan, url=who.front.url, transport=who.front.way(plan.transport))
            load = await start_load(self._prepared.workforce, plan, self._folder)
            ending.push_async_callback(load.stop)
            await interrupt.until(together(who.target.ready(who.http), load.ready(self._options.ready_within)))
            yield who, load, plan

    async def _begin(self, manifest: Manifest, plan: Plan, load: Load, who: Company) -> tuple[Manifest, Plan]:
        start = time.time() + (LEAD if plan.workers == 1 else FAR_LEAD) + CLOCK_LEAD * len(who.beside)
        plan = msgspec.structs.replace(plan, start=start)
        manifest = msgspec.structs.replace(manifest, start=start)
        write_manifest(self._folder, manifest)
        await who.set_clocks(plan, start)
        await load.begin(start)
        # a later arm would inherit it, and whoever switches must not come late
        if self._options.arm is None and self._prepared.scenario.drill is None:
            os.setpriority(os.PRIO_PROCESS, 0, max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
        return manifest, plan

    async def _settled(self, who: Company, interrupt: Interrupt) -> str:
        """What somebody answers who is not quiet in the time that the scenario gives; empty where all are."""
        try:
            return await interrupt.until(who.settled(float(self._prepared.scenario.target.quiet_within)), interrupt.hurry)
        except LoadError:
            return "nobody waited for it: interrupted"

    def _taken(self) -> Taken:
        return take(self._prepared.plan, self._prepared.rows, self._options, self._folder)

    def _manifest(self, taken: Taken) -> Manifest:
        now, plan, scenario = dt.datetime.now(), self._prepared.plan, self._prepared.scenario
        return Manifest(
            run=self._options.run or run_id(now),
            scenario=scenario,
            asked=self._options.asked,
            arm=self._options.arm,
            seed=plan.seed,
            people=plan.scale,
            speed=plan.speed,
            first=plan.timetable.begin,
            last=plan.timetable.end,
            workers=plan.workers,
            first_person=taken.first,
            persons=taken.count,
            start=now.timestamp(),
            notes=taken.notes,
            versions=versions(),
            labels=self._options.labels,
            machine=machine(),
        )

    def _ended(self, manifest: Manifest, ended: Ended, who: Company) -> Manifest:
        ending, why = ended.ending, ended.why
        if (lost := who.lost) and ending is Ending.COMPLETE:
            ending, why = Ending.TARGET_LOST, f"{' and '.join(lost)}, which this run had started, ended before the load did"
        return msgspec.structs.replace(
            manifest,
            elapsed=ended.elapsed,
            drained=ended.drained,
            offered=ended.offered,
            ending=ending,
            why=why,
            notes=(*manifest.notes, *self._notes, *self._escort.notes),
        )


class Noted:
    """A progress that remembers what it was told last."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.last = _NOTHING

    def __call__(self, glance: Glance) -> None:
        self.last = glance
        self._progress(glance)


def _clear(folder: Path, existed: bool) -> None:
    """Nothing was run, so nothing is left: the folder was new or empty before."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    if not existed:
        folder.rmdir()
