"""Something done to a process and all that it started: stopped and continued, or killed and started again."""

import asyncio
import os
import signal
import time
import uuid
from collections.abc import Callable

from rushproof.faults import ProcessFault
from rushproof.inject.fresh_start import FreshStart
from rushproof.inject.persistence import persist
from rushproof.inject.place import Place
from rushproof.inject.program import check
from rushproof.inject.tree import Proc, above, at_rest, family, proc
from rushproof.injection import Interval
from rushproof.seams import Mender

PATIENCE = 60.0
"""wall seconds in which it has to be there again"""
_AT_ONCE = 5.0
"""wall seconds in which the kernel does what a signal asks for"""
_POLL = 0.001


class ProcessInjector:
    """Stops or kills what is in a place, and makes it go on."""

    def __init__(self, fault: ProcessFault, place: Place, patience: float = PATIENCE) -> None:
        self._fault, self._place, self._patience = fault, place, patience
        self._key = f"process {uuid.uuid4().hex[:8]}"
        self._near: tuple[Proc, ...] = ()
        self._struck: tuple[Proc, ...] = ()
        self._ours = fault.pid_file is None
        self.mender: Mender = "leash" if self._ours and fault.do == "kill" else "guard"

    async def ready(self) -> None:
        """Return where there is such a process, and it is ours to signal; FaultError otherwise."""
        root = self._root()
        try:
            os.kill(root.pid, 0)
        except OSError as problem:
            raise self._place.wrong(f"process {root.pid} cannot be signalled: {problem.strerror}") from None
        if root.pid in above(os.getpid()):
            raise self._place.wrong(f"process {root.pid} is this run itself, or runs it")
        if self._fault.do == "kill" and not self._ours and not self._fault.start:
            raise self._place.wrong("nobody would start it again: say `start`")
        if self._fault.start:
            check(self._place, self._fault.start)
        self._near = family(root)  # a look at all processes, which is not to be waited for when the fault is due

    async def inject(self, ttl: float) -> Interval:
        """Stopped, or gone; the guard makes it go on after `ttl` wall seconds at the latest."""
        asked = time.time()
        if self._struck and self._held():
            return Interval(asked, time.time())
        root = self._root()
        if root.state == "T":
            raise self._place.wrong(f"process {root.pid} is stopped already")
        await self._stop(root, asked + ttl)
        if self._fault.do == "kill":
            self._signal(signal.SIGKILL)
            await self._until(self._held, "is still there after SIGKILL")
        confirmed = time.time()
        await self._tell(asked + ttl)  # anew, in case its time was over meanwhile: the guard has then done with it
        return Interval(asked, confirmed)

    async def mend(self) -> Interval:
        """Going on, or started again and ready."""
        asked = time.time()
        if self._struck and self._fault.do == "stop":
            await self._continue()
        elif self._struck:
            self._signal(signal.SIGCONT)  # whoever could be stopped and not be killed
            start = self._fresh_start()
            start.begun = self.mender == "guard" and await self._place.guard.leave(self._key, asked + self._patience)
            await persist(self._place.told("starting it again"), start, self._patience, mends=True)
        confirmed = time.time()
        self._struck = ()
        await self._place.guard.release(self._key)
        return Interval(asked, confirmed)

    async def close(self) -> None:
        """Nothing is held."""

    def _root(self) -> Proc:
        pid = self._pid()
        found = proc(pid) if pid > 1 else None
        if found is None:
            named = f", which {self._fault.pid_file} names: start it, or mend the file" if self._fault.pid_file else ""
            raise self._place.wrong(f"there is no process {pid}{named}")
        return found

    def _pid(self) -> int:
        if self._fault.pid_file is None:
            found = self._place.pid()
            if found is None:
                raise self._place.wrong("this run did not start it: say `pid_file`")
            return found
        try:
            text = (self._place.beside / self._fault.pid_file).read_text().strip()
        except (OSError, ValueError) as problem:
            why = getattr(problem, "strerror", None) or "not UTF-8 text"
            raise self._place.wrong(f"{self._fault.pid_file}, which should hold the process's number, cannot be read: {why}") from None
        if not text.isdecimal():
            raise self._place.wrong(f"{self._fault.pid_file}: expected the number of a process, found {text[:20]!r}")
        return int(text)

    def _held(self) -> bool:
        """Whether what was struck is as the fault wants it."""
        return all(at_rest(one) if self._fault.do == "stop" else not one.state for one in self._struck)

    async def _stop(self, root: Proc, until: float) -> None:
        """Freeze the whole family: whoever is frozen starts nobody, so that it ends when nobody new is found."""
        known = self._near if root in self._near[:1] else family(root)
        while new := tuple(one for one in known if one not in self._struck and one.state not in ("T", "")):
            self._struck += new
            await self._tell(until)
            self._signal(signal.SIGSTOP)
            known = family(root)
        await self._until(lambda: all(map(at_rest, self._struck)), "did not stop")
        if not root.state:
            raise self._place.wrong(f"process {root.pid} ended instead of being stopped")

    async def _continue(self) -> None:
        root = self._struck[0]

        async def go() -> None:
            self._signal(signal.SIGCONT)
            await self._until(lambda: all(one.state != "T" for one in self._struck), "did not go on")

        await persist(self._place.told(f"continuing process {root.pid}"), go, self._patience, mends=True)
        if not root.state:
            raise self._place.wrong(f"process {root.pid} ended while it was stopped")

    def _signal(self, what: signal.Signals) -> None:
        try:
            for one in self._struck:
                one.send(what)
        except PermissionError:
            raise self._place.wrong(f"may not send {what.name} to process {one.pid}") from None

    async def _until(self, so: Callable[[], bool], otherwise: str) -> None:
        ends = time.monotonic() + _AT_ONCE
        while not so():
            if time.monotonic() > ends:
                raise self._place.wrong(f"process {self._struck[0].pid} {otherwise}")
            await asyncio.sleep(_POLL)

    async def _tell(self, until: float) -> None:
        """Give the guard what it needs, before it is needed."""
        if self.mender == "leash":
            return
        stop = self._fault.do == "stop"
        mend = [{"continue": self._struck}, *([] if stop else [self._fresh_start().step])]
        told = self._place.told(f"{'continue' if stop else 'start again'} process {self._struck[0].pid}")
        await self._place.guard.hold(self._key, told, until, mend)

    def _fresh_start(self) -> FreshStart:
        file = None if self._fault.pid_file is None else self._place.beside / self._fault.pid_file
        return FreshStart(self._place, self._struck[0], self._fault.start or "", file, self._patience)
