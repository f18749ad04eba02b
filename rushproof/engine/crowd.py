"""One crowd on one worker: its persona, its steps, its connections, and its visits counted."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from rushproof.engine.address import Address
from rushproof.engine.client import client
from rushproof.engine.feed import Feed
from rushproof.engine.letterhead import letterhead
from rushproof.engine.reading import Reading
from rushproof.engine.recorder import Recorder
from rushproof.engine.step import Steps, StepState
from rushproof.engine.trace import Trace
from rushproof.engine.wheel import Wheel
from rushproof.frame import Visits
from rushproof.keyed import label
from rushproof.meaning import with_spec
from rushproof.personas import fitted
from rushproof.plan import CrowdPlan, Plan
from rushproof.population import Population
from rushproof.sample import Outcome
from rushproof.seams import Persona, Step

if TYPE_CHECKING:
    from rushproof.engine.call import Call
    from rushproof.engine.drive import Drive
    from rushproof.engine.visit import Visit


class Waiting(Protocol):
    """What waits for something that is neither a connection nor the wheel."""

    def censor(self, now: float) -> None:
        """The run is over, and it is not."""


class Crowd:
    """What the visits of one crowd share; it holds no visit that is well, so that one that ended is gone."""

    def __init__(self, plan: Plan, number: int, persona: type[Persona], first_step: int, recorder: Recorder, wheel: Wheel) -> None:
        mine: CrowdPlan = plan.crowds[number]
        self.name, self.number = mine.name, number
        self.persona = _made(persona, mine)
        self.speed = plan.speed
        self.thinks = float("inf") if plan.trace else plan.speed
        """how much faster than the wall its people think"""
        self.pace = None if plan.trace or (pace := plan.pace).plain else pace
        """where the speed changes on the way; None where `speed` says it all"""
        self.recorder, self.wheel = recorder, wheel
        self.cookies = mine.connections.cookies
        self.drafts = self.cookies or plan.trace or self.persona.sign is not None or plan.persons is not None
        """whether a request may be another one by the time it is sent, or somebody wants to know how it came about"""
        self.steps = Steps(
            persona, {name: self._step(plan, name, step, first_step + place) for place, (name, step) in enumerate(persona.steps.items())}
        )
        self.visit_step = first_step + len(persona.steps)
        self.first_step = first_step
        self.population = Population(plan.population, plan.seed)
        self.key_label = label(plan.salt, plan.run, "key", mine.name)
        self.address = Address(plan.url, plan.transport, plan.own_host, plan.addresses)
        self.pool = client(plan.transport, mine.connections, self.address, _settle, recorder.note)
        self.letterhead = letterhead(plan.url, self.address, plan.transport.headers)
        self.reading = Reading(self, Trace(self) if plan.trace else None)
        self.feed = None if plan.persons is None else Feed(plan, number, self.population, recorder.note)
        """where its persons come from, if they are not derived; `feed.fresh(person)` is asked before every try"""
        self.elsewhere: set[Waiting] = set()
        """visits and calls that await something of asyncio's own"""
        self.errands: dict[Visit, Drive] = {}
        """visits in the middle of a `target.step(…)`"""
        self.offered = self.finished = self.unfinished = self.missed = self.in_flight = 0

    def _step(self, plan: Plan, name: str, step: Step, index: int) -> StepState:
        mine = plan.crowds[self.number]
        said = with_spec(step, mine.steps[name]) if name in mine.steps else step
        heeded = plan.trace or self.cookies
        speed = plan.speed if self.pace is None else 1.0
        return StepState(name, said, index, speed=speed, timeout=float(mine.connections.timeout), heeded=heeded, drafted=self.drafts)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What each of its steps promises, and whole visits, which promise nothing."""
        return (*("" if step.promises is None else step.promises.kind for step in self.steps.values()), "")

    @property
    def visits(self) -> Visits:
        return Visits(self.offered, self.finished, self.unfinished, self.missed, self.in_flight)

    def miss(self, arrival: float) -> None:
        """An arrival that the engine had no room for: a missed visit, and a missed sample of the persona's first step."""
        self.offered += 1
        self.missed += 1
        self.recorder.visit(self.visit_step, Outcome.MISSED, arrival, 0.0)
        if self.visit_step > self.first_step:
            self.recorder.missed(self.first_step, arrival)

    def censor(self, now: float) -> None:
        """The run is over: what waits for neither a connection nor the wheel is cut off."""
        waiting, self.elsewhere = self.elsewhere, set()
        for one in waiting:
            one.censor(now)
        for visit in list(self.errands):
            visit.censor(now)

    def when(self, future: "asyncio.Future[None]", waiting: Waiting, go_on: Callable[[], None]) -> None:
        """Has `waiting` go on when the future is done, unless the run is over by then."""

        def done(_: object) -> None:
            if waiting in self.elsewhere:
                self.elsewhere.discard(waiting)
                go_on()

        self.elsewhere.add(waiting)
        future.add_done_callback(done)


def _settle(call: "Call", definite: bool) -> None:
    call.visit.settled(call, definite)


def _made(persona: type[Persona], crowd: CrowdPlan) -> Persona:
    """The one instance that all visits share; a Locust user's own making is not wanted here."""
    made = persona.__new__(persona)
    made.settings = fitted(persona, crowd.settings)
    return made
