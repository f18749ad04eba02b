"""What drives a visit while it does an errand: a real asyncio Task, which clients of asyncio look for."""

import asyncio
from collections.abc import Coroutine, Generator
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from rushproof.engine.call import Call
from rushproof.engine.draft import Draft
from rushproof.sample import Outcome

if TYPE_CHECKING:
    from rushproof.engine.errand import Errand
    from rushproof.engine.visit import Visit


class Drive:
    """Drives a visit's coroutine until its errands are done, then gives it back.

    It stands in the coroutine's place meanwhile: what connections tell the visit goes to the Task that waits for it.
    """

    __slots__ = ("_error", "_inner", "_over", "_waits", "open", "task", "visit")

    def __init__(self, visit: "Visit", errand: "Errand") -> None:
        self.visit = visit
        self.open = [errand]
        self._inner = cast(Coroutine[Any, Any, None], visit.coroutine)
        self._waits: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self._over = False
        """whether the visit ended in here"""
        visit.coroutine = self
        visit.crowd.errands[visit] = self
        self.task: asyncio.Task[None] | None = asyncio.get_running_loop().create_task(self._run())
        self.task.add_done_callback(self._back)

    # in the coroutine's place

    def send(self, answer: Any) -> "Drive":
        """The answer to the call that the visit waits for is there; one that it gave up is not told here any more."""
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)
        return self

    def close(self) -> None:
        """The visit ends by a mistake of its persona's."""
        self._cut(monotonic(), Outcome.ERROR)

    def censor(self, now: float) -> None:
        """The run is over."""
        self._cut(now, Outcome.UNFINISHED)

    def leave(self, errand: "Errand") -> bool:
        """An errand is done; says whether it was the last, and the Task may give the visit back."""
        self.open.remove(errand)
        return not self.open and asyncio.current_task() is self.task

    def hand_back(self) -> "Drive":
        """Awaited in the visit, it makes the Task end."""
        return self

    def __await__(self) -> Generator["Drive", None, None]:
        yield self

    # the Task

    async def _run(self) -> None:
        await _Through(self)

    def through(self) -> Generator[Any, Any, None]:
        """Runs the visit's coroutine, passing what it waits for on to the Task, and what the Task hears on to it."""
        inner = self._inner
        answer: Any = None
        error: BaseException | None = None
        while True:
            try:
                waits_for = inner.send(answer) if error is None else inner.throw(error)
            except StopIteration:
                self._over = True
                return
            except BaseException as raised:
                self._over, self._error = True, raised
                return
            if waits_for is self:
                return
            answer = error = None
            try:
                answer = yield from self._waited(waits_for)
            except BaseException as thrown:  # a cancellation, mostly: a time-out inside is the client's to hear of
                error = thrown

    def _waited(self, waits_for: Any) -> Generator[Any, Any, Any]:
        if isinstance(waits_for, Call):
            yield from self._answer(waits_for)
            return None
        if waits_for is self.visit:
            return (yield from asyncio.sleep(max(self.visit.due - monotonic(), 0.0)).__await__())
        return (yield waits_for)

    def _answer(self, call: Call) -> Generator[Any, Any, None]:
        self._waits = waits = asyncio.get_running_loop().create_future()
        if isinstance(call, Draft):
            call.prepare()
        else:
            self.visit.try_again(call)
        try:
            yield from waits
        except BaseException:  # given up, unless the answer came in the same turn
            if waits.cancelled():
                call.visit = Deserted(self.visit)  # type: ignore[assignment]  # what a call asks of its visit, it has
            raise
        finally:
            self._waits = None

    def _back(self, task: "asyncio.Task[None]") -> None:
        visit, error = self.visit, self._error
        self.task = self._error = None
        if not task.cancelled():
            task.exception()  # there is none, but it wants to be asked
        if visit.crowd.errands.pop(visit, None) is None:
            return  # the visit was cut off
        visit.coroutine = self._inner
        if error is not None:
            visit.failed(error)
        elif self._over:
            visit.finished()
        else:
            visit.resume(None)

    def _cut(self, now: float, outcome: Outcome) -> None:
        self.visit.crowd.errands.pop(self.visit, None)
        for errand in self.open:
            errand.cut(now, outcome)
        self.open = []
        if self.task is not None:
            self.task.cancel()


class _Through:
    """What a Task can await of a drive."""

    __slots__ = ("_drive",)

    def __init__(self, drive: Drive) -> None:
        self._drive = drive

    def __await__(self) -> Generator[Any, Any, None]:
        return self._drive.through()


class Deserted:
    """The visit's stand-in for a call that it gave up waiting for: the answer is recorded, and nobody goes on because of it."""

    __slots__ = ("connection", "crowd", "jar", "number", "person")

    def __init__(self, visit: "Visit") -> None:
        self.crowd, self.jar, self.number, self.person = visit.crowd, visit.jar, visit.number, visit.person
        self.connection, visit.connection = visit.connection, None

    def settled(self, call: Call, definite: bool) -> None:
        """The last that is heard of it."""
        outcome = self.crowd.reading.outcome(call, definite)
        if outcome is None:
            return
        call.outcome = outcome
        self.crowd.recorder.sample(call, True)
        if self.connection is not None:
            self.connection.close()

    def try_again(self, call: Call) -> None:
        """It was between two tries: the one that was planned is made."""
        call.ready = monotonic()
        self.crowd.pool.submit(call)

    def broke(self, call: Call, error: Exception) -> None:
        """It could not be signed."""
        call.done, call.outcome = monotonic(), Outcome.ERROR
        self.crowd.recorder.sample(call, True)
        self.crowd.recorder.raised(self.crowd.name, error)

    def censor(self, now: float) -> None:
        """The run is over; the visit is censored by itself."""
