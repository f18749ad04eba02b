"""A step that a visit does with a client of its own: whatever is awaited inside the block is measured as one sample."""

import asyncio
from collections.abc import Generator, Mapping
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rushproof.engine.drive import Drive
from rushproof.field import looked_up
from rushproof.population import Person
from rushproof.sample import Outcome
from rushproof.tally import NEVER

if TYPE_CHECKING:
    from rushproof.engine.call import Pledge
    from rushproof.engine.step import StepState
    from rushproof.engine.visit import Visit


class Errand:
    """One block, and the `Sample` that it is given.

    Inside, the visit runs in a real asyncio Task, because clients of asyncio ask for one.
    """

    __slots__ = (
        "_about", "_failures", "_limit", "_person", "_told", "done", "due", "outcome", "planned", "pledge", "ready", "sent", "step",
        "visit", "why", "write",
    )  # fmt: skip

    def __init__(
        self, visit: "Visit", step: "StepState", person: Person, write: bool, about: Mapping[str, Any] | None,
        failures: tuple[type[Exception], ...],
    ) -> None:  # fmt: skip
        self.visit, self.step, self.write = visit, step, write
        self._person, self._about, self._failures = person, about or {}, failures
        self._told: Mapping[str, Any] = {}
        self.outcome = Outcome.OK
        self.why = ""
        self.due = self.planned = visit.due
        self.ready = self.sent = self.done = NEVER
        self.pledge: Pledge | None = None

    # what a visit does

    async def __aenter__(self) -> Self:
        visit, recorder = self.visit, self.visit.crowd.recorder
        self.due = self.planned = visit.due
        self.ready = now = monotonic()
        recorder.lags.append(now - self.planned)
        if self.step.promises is not None:
            self.pledge = (*visit.pledge(self.step, self._person, self.field)[:3], 0)
        drive = visit.crowd.errands.get(visit)
        if drive is None:
            await self  # whoever drives the visit lets a Task do it from here on
        else:
            drive.open.append(self)
        self._limit = asyncio.timeout(self.step.timeout)
        await self._limit.__aenter__()
        self.sent = monotonic()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        crowd = self.visit.crowd
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            kind = TimeoutError
        drive = crowd.errands.get(self.visit)
        if drive is None or kind is GeneratorExit:  # the run is over: it was censored
            return False
        swallowed = kind is not None and issubclass(kind, (TimeoutError, OSError, *self._failures))
        if kind is not None:
            self.outcome = Outcome.DOUBT if swallowed and self.write else Outcome.ERROR
            self.why = kind.__name__
        self._settle(monotonic())
        if drive.leave(self):
            await drive.hand_back()
        return swallowed

    def __await__(self) -> Generator["Errand", None, None]:
        yield self

    def told(self, answer: Mapping[str, Any]) -> None:
        self._told = answer

    # how it is written down

    @property
    def sequence(self) -> int:
        """The ledger's sequence that was told, −1 where none was."""
        promise = self.step.promises
        found = looked_up(self._told, promise.sequence) if promise is not None and self.outcome is Outcome.OK else None
        text = str(found)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1

    def field(self, path: str) -> Any:
        """What a promise reads of what it is about."""
        return looked_up(self._about, path)

    def begin(self) -> None:
        """Hands the visit to a Task."""
        Drive(self.visit, self)

    def cut(self, now: float, outcome: Outcome) -> None:
        """It ends here, whatever is still going on inside."""
        self.done, self.outcome = now, outcome
        self.visit.crowd.recorder.sample(self, True)

    def _settle(self, now: float) -> None:
        crowd = self.visit.crowd
        self.done = now
        promise = self.step.promises
        if self.pledge is not None and promise is not None and promise.key is not None and self.outcome is Outcome.OK:
            key = looked_up(self._told, promise.key)
            if key in (None, ""):
                crowd.recorder.kinds.lacks(self.step.name, promise.key)
            else:
                self.pledge = (*self.pledge[:3], crowd.recorder.key(str(key)))
        crowd.reading.ran(self)
        crowd.recorder.sample(self, True)
        self.visit.came_back(now)
