"""The rush itself: from the first arrival to the last report, and whatever comes between."""

import asyncio
import time

import msgspec

from rushproof.errors import LoadError
from rushproof.frame import Exchange, Frame
from rushproof.journal import Journal
from rushproof.manifest import Ending
from rushproof.plan import Plan
from rushproof.run.interrupt import Interrupt
from rushproof.run.load import Load
from rushproof.run.lookout import Halt, Lookout
from rushproof.run.watch import Watch
from rushproof.schedule import Schedule
from rushproof.seams import Progress
from rushproof.wire import Message

BEHIND = 64
"""frames that may wait to be written: some seconds of a slow disk, and no more memory than that"""
SLACK = 20.0
"""wall seconds that the generator has beyond the drain to send its last report"""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a rush ended, and how far it had come."""

    ending: Ending
    why: str
    elapsed: float
    """wall seconds from the start until the last arrival was due"""
    drained: float
    """wall seconds from the start until the last report"""
    offered: dict[str, int]
    """arrivals due by crowd until then, by the plan"""
    exchanges: tuple[Exchange, ...] = ()
    """what was said, where the plan asked for a trace"""


class Rush:
    """Reads what the workers report into the journal, and ends the load when it is asked to or has to."""

    def __init__(self, plan: Plan, load: Load, journal: Journal, watch: Watch, progress: Progress, lookout: Lookout | None = None) -> None:
        self._plan, self._load, self._journal, self._watch, self._progress = plan, load, journal, watch, progress
        self._lookout = lookout
        self._duration = plan.pace.wall(plan.timetable.end)
        self._ending, self._why = Ending.COMPLETE, ""
        self._halted: float | None = None
        self.cut = asyncio.Event()
        """set when arrivals end before their time, whatever for"""
        self._until: dict[int, float] = {}
        self._finals: set[int] = set()
        self._users: dict[tuple[int, str], int] = {}
        self._exchanges: list[Exchange] = []
        self._timeout, self._reading = asyncio.timeout(None), False
        self._unwritten: asyncio.Queue[Frame | None] = asyncio.Queue(BEHIND)
        self._bug: Exception | None = None

    async def run(self, interrupt: Interrupt) -> Ended:
        """Return when the last report is in, or the generator is gone or overdue."""
        writing = asyncio.create_task(self._write())
        asking = [asyncio.create_task(self._asked(interrupt)), asyncio.create_task(self._hurried(interrupt))]
        wait = self._plan.start - time.time() + self._duration + self._plan.drain + SLACK
        try:
            async with self._timeout:
                self._reading = True
                self._timeout.reschedule(asyncio.get_running_loop().time() + wait)
                async for message, payload in self._load.messages():
                    await self._take(message, payload)
                    if len(self._finals) == self._plan.workers or self._bug is not None:
                        break
                self._reading = False
        except TimeoutError:
            self._reading = False
            await self._end(Ending.WORKER_LOST, "the generator was told to end and did not")
        finally:
            await self._unwritten.put(None)
            await writing
            for task in asking:
                task.cancel()
        if len(self._finals) < self._plan.workers and self._ending is not Ending.WORKER_LOST:
            missing = sorted(set(range(self._plan.workers)) - self._finals)
            await self._end(Ending.WORKER_LOST, f"no last report came of worker {', '.join(map(str, missing))}")
        return self._ended()

    async def _take(self, message: Message, payload: bytes) -> None:
        if message is Message.LOST:
            await self._end(Ending.WORKER_LOST, f"worker {payload.decode(errors='replace')}")
        if message is not Message.FRAME:
            return
        frame = Frame.decode(payload)
        self._exchanges += frame.exchanges
        self._until[frame.worker] = max(frame.until, self._until.get(frame.worker, 0.0))
        for crowd, visits in zip(self._plan.crowds, frame.visits, strict=False):
            self._users[frame.worker, crowd.name] = visits.offered
        if frame.final:
            self._finals.add(frame.worker)
        if self._lookout is not None and (halt := self._lookout.add(frame)) is not None:
            await self.heed(halt)
        await self._unwritten.put(frame)
        if self._watch.add(frame):
            draining = self._halted is not None or frame.until >= self._duration
            self._progress(self._watch.glance("drain" if draining else "load", max(time.time() - self._plan.start, 0.0)))

    async def _write(self) -> None:
        """Writes frames down as they come; a slow disk must not keep a lookout from seeing the next one."""
        while (frame := await self._unwritten.get()) is not None:
            try:
                if self._bug is None:
                    await asyncio.to_thread(self._journal.append, frame)
            except LoadError as problem:
                await self._end(Ending.DISK, str(problem))
            except Exception as problem:  # told when the reading has ended; until then nobody may wait for room in vain
                self._bug = problem
        if self._bug is not None:
            raise self._bug

    async def heed(self, halt: Halt) -> None:
        """End arrivals because a lookout said so, unless they have ended by themselves or by an earlier word."""
        over = time.time() - self._plan.start >= self._duration
        if self._ending is Ending.COMPLETE and self._halted is None and not over:
            self._ending, self._why = halt.ending, halt.why
            await self._halt(self._plan.drain)

    async def _asked(self, interrupt: Interrupt) -> None:
        await interrupt.asked.wait()
        await self._end(Ending.INTERRUPTED, f"it was interrupted {time.time() - self._plan.start:.1f} s after its beginning")

    async def _hurried(self, interrupt: Interrupt) -> None:
        await interrupt.hurry.wait()
        await self._halt(0.0)

    async def _end(self, ending: Ending, why: str) -> None:
        """The load is over before its time; the first reason is the one that is told."""
        if self._ending is Ending.COMPLETE:
            self._ending, self._why = ending, why
            await self._halt(self._plan.drain)

    async def _halt(self, drain: float) -> None:
        self.cut.set()
        if self._halted is None:
            self._halted = min(max(time.time() - self._plan.start, 0.0), self._duration)
        if self._reading:
            self._timeout.reschedule(asyncio.get_running_loop().time() + drain + SLACK)
        await self._load.halt(drain)

    def _ended(self) -> Ended:
        until = {worker: self._reached(worker) for worker in range(self._plan.workers)}
        offered = {}
        for number, crowd in enumerate(self._plan.crowds):
            if crowd.arrivals is None:
                offered[crowd.name] = sum(self._users.get((worker, crowd.name), 0) for worker in until)
                continue
            shares = [Schedule(msgspec.structs.replace(self._plan, worker=worker), number) for worker in until]
            offered[crowd.name] = sum(share.offered(until[worker]) for worker, share in enumerate(shares))
        return Ended(
            ending=self._ending,
            why=self._why,
            elapsed=max(until.values()),
            drained=max(time.time() - self._plan.start, 0.0),
            offered=offered,
            exchanges=tuple(self._exchanges),
        )

    def _reached(self, worker: int) -> float:
        """Until when a worker's arrivals were due: to its own end, or, of one that was lost, to when the others were told to end."""
        if worker in self._finals:
            return min(self._until[worker], self._duration)
        return self._duration if self._halted is None else self._halted
