"""The drill while the load runs: each fault begun and ended at its moment, written down, and none left when it is over."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping

import msgspec

from rushproof.drill import DrillSpec
from rushproof.drill_check import same_thing, span_of
from rushproof.errors import FaultError, FolderError, InputError, TargetError
from rushproof.injection import Injection
from rushproof.journal import Actions
from rushproof.pace import Pace
from rushproof.seams import Injector
from rushproof.timetable import Timetable

GRACE = 5.0
"""wall seconds beyond the moment of its mend that a fault would live without the harness"""
READY = 1.0
"""wall seconds before a fault begins in which its way is made ready again"""
_AGAIN = 5.0
"""wall seconds between two rounds of tries to mend"""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the drill, with when it is on in wall seconds since the start."""

    name: str
    injector: Injector
    begins: float
    ends: float
    after: tuple[str, ...] = ()
    """faults that have the same thing to themselves, and have to be over first"""


class Director:
    """Plays the faults of one drill; `heard` is told each line that is written down, `aborted` that it ends before its time."""

    def __init__(
        self,
        acts: tuple[Act, ...],
        actions: Actions,
        heard: Callable[[Injection], None] = lambda line: None,
        aborted: Callable[[], None] = lambda: None,
    ) -> None:
        self._acts, self._actions, self._heard, self._aborted = acts, actions, heard, aborted
        self._over = asyncio.Event()
        self._done = {act.name: asyncio.Event() for act in acts}
        self._start = 0.0
        self._notes: dict[str, str] = {}  # of many tries to mend, the last

    async def ready(self) -> None:
        """Return when every fault could begin; TargetError about each that could not."""
        found = await asyncio.gather(*(act.injector.ready() for act in self._acts), return_exceptions=True)
        told = [f"the fault {act.name!r}: {one}" for act, one in zip(self._acts, found, strict=True) if isinstance(one, FaultError)]
        if told:
            raise TargetError(f"{'; '.join(told)}; nothing was started")
        for one in found:
            if one is not None:
                raise one

    @contextlib.asynccontextmanager
    async def running(self, start: float, cut: asyncio.Event) -> AsyncIterator[None]:
        """The drill, from now until the end of the block or until `cut` is set: then what is on is mended, and nothing more is begun.

        `start` is the unix time that moments are counted from.
        """
        self._start = start
        playing = [asyncio.create_task(self._play(act)) for act in self._acts]
        cutting = asyncio.create_task(self._cut(cut))
        try:
            yield
        finally:
            self._over.set()
            found = await asyncio.gather(*playing, return_exceptions=True)
            cutting.cancel()
        for one in found:
            if isinstance(one, BaseException):
                raise one

    async def close(self) -> None:
        """Lets go of all that was made ready."""
        await asyncio.gather(*(act.injector.close() for act in self._acts), return_exceptions=True)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should be told of it."""
        return tuple(self._notes.values())

    async def _cut(self, cut: asyncio.Event) -> None:
        await cut.wait()
        self._over.set()
        self._aborted()

    async def _play(self, act: Act) -> None:
        try:
            for name in act.after:
                await self._done[name].wait()
            if not await self._until(act.begins - READY):
                return
            with contextlib.suppress(FaultError):  # it is told when the fault cannot begin either
                await act.injector.ready()
            if not await self._until(act.begins):
                return
            if (now := time.time()) >= self._start + act.ends:
                self._write(act.name, "inject", act.begins, now, None, "its time was over when what came before it had been mended")
                return
            try:
                if await self._begin(act):
                    await self._until(act.ends)
            finally:  # whatever happened to it, nothing stays broken
                await self._end(act)
        finally:
            self._done[act.name].set()

    async def _begin(self, act: Act) -> bool:
        """False where it could not be begun: what is on of it all the same is mended at once."""
        asked = time.time()
        try:
            found = await act.injector.inject(max(self._start + act.ends - asked, 0.0) + GRACE)
        except FaultError as problem:
            self._write(act.name, "inject", act.begins, asked, None, str(problem))
            return False
        self._write(act.name, "inject", act.begins, found.asked, found.confirmed)
        return True

    async def _end(self, act: Act) -> None:
        due = min(act.ends, time.time() - self._start)
        while True:
            asked = time.time()
            try:
                found = await act.injector.mend()
            except FaultError as problem:
                self._write(act.name, "mend", due, asked, None, str(problem))
                if self._over.is_set():
                    return
                await self._until(asked - self._start + _AGAIN)
            else:
                self._write(act.name, "mend", due, found.asked, found.confirmed)
                return

    async def _until(self, at: float) -> bool:
        """Return at that wall second, or when the drill is over: then False."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(self._start + at - time.time(), 0.0)):
                await self._over.wait()
        return not self._over.is_set()

    def _write(self, fault: str, what: str, due: float, asked: float, confirmed: float | None, problem: str = "") -> None:
        """Times are unix seconds, but for when it was due."""
        line = Injection(
            fault=fault,
            what="inject" if what == "inject" else "mend",
            due=due,
            asked=asked - self._start,
            confirmed=None if confirmed is None else confirmed - self._start,
            problem=problem,
        )
        if problem:
            word = "NOT BEGUN" if what == "inject" else "NOT MENDED"
            print(f"rushproof: {word}: the fault {fault!r}: {problem}", file=sys.stderr)
            self._notes[f"{word} {fault}"] = f"the fault {fault!r} was {word.lower()}: {problem}"
        elif what == "mend" and (late := self._notes.get(f"NOT MENDED {fault}")) is not None:
            self._notes[f"NOT MENDED {fault}"] = f"{late}; and then it was"
        try:
            self._actions.injected(line)
        except FolderError as trouble:
            self._notes["NOT WRITTEN"] = str(trouble)
        self._heard(line)


def acts(drill: DrillSpec, timetable: Timetable, pace: Pace, injectors: Mapping[str, Injector]) -> tuple[Act, ...]:
    """The faults in the order in which they begin, on the wall."""
    spans = {name: span_of(fault, timetable) for name, fault in drill.faults.items()}
    things = {name: same_thing(fault) for name, fault in drill.faults.items()}
    found: list[Act] = []
    for name in sorted(spans, key=lambda name: spans[name]):
        first, last = spans[name]
        before = tuple(act.name for act in found if things[name] is not None and things[act.name] == things[name])
        found.append(Act(name=name, injector=injectors[name], begins=pace.wall(first), ends=pace.wall(last), after=before))
    return tuple(found)


def check_menders(faults: Mapping[str, Injector], accepted: bool) -> None:
    """InputError for faults that nobody would mend, unless the user takes that upon them."""
    alone = [name for name, injector in faults.items() if injector.mender == "nobody"]
    if alone and not accepted:
        which = f"the fault {alone[0]!r}" if len(alone) == 1 else f"the faults {', '.join(map(repr, alone))}"
        raise InputError(f"nobody would mend {which} if the harness were gone: give a time to live or rollbacks, or say --accept-unguarded")
