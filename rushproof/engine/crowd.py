"""One crowd on one worker: its persona, its steps, its connections, and its visits counted."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from rushproof.engine.address import Address
from rushproof.engine.feed import Feed
from rushproof.engine.letterhead import Letterhead
from rushproof.engine.pool import Pool
from rushproof.engine.recorder import Recorder
from rushproof.engine.wheel import Wheel
from rushproof.errors import PersonaError, nearest
from rushproof.frame import Visits
from rushproof.keyed import label
from rushproof.personas import fitted
from rushproof.plan import CrowdPlan, Plan
from rushproof.population import Population
from rushproof.sample import VISIT, Outcome
from rushproof.seams import Persona, Promise, Step

if TYPE_CHECKING:
    from rushproof.engine.call import Call
    from rushproof.engine.visit import Visit


class StepState:
    """A step with its number and everything its calls look up."""

    __slots__ = (
        "again",
        "content_fields",
        "gap",
        "index",
        "known_reads",
        "known_writes",
        "name",
        "person_field",
        "promises",
        "round_field",
        "sequence",
    )

    def __init__(self, name: str, step: Step, index: int, speed: float) -> None:
        self.name, self.index = name, index
        self.promises: Promise | None = step.promises
        known = dict(step.outcomes) if isinstance(step.outcomes, Mapping) else {}
        self.known_reads, self.known_writes = dict(known), dict(known)
        """by status; the default rules are filled in as they are met"""
        self.again = tuple(outcome in step.again for outcome in Outcome)
        """by outcome"""
        self.gap = step.gap / speed
        promise = step.promises or Promise("nothing")
        self.person_field, self.round_field, self.content_fields = promise.person, promise.round, promise.content
        self.sequence = sequence_reader(promise.sequence)
        """the ledger's sequence that an answer's body names, −1 where it names none"""


def sequence_reader(path: str) -> Callable[[bytes], int]:
    """Reads the whole number at a dotted path of a JSON body, decoding nothing else of it."""
    *outer, name = path.split(".")
    shape: Any = msgspec.defstruct("Answer", [("found", int, -1)], rename={"found": name})
    for name in reversed(outer):
        shape = msgspec.defstruct("Answer", [("found", shape | None, None)], rename={"found": name})
    decode_body, found = msgspec.json.Decoder(shape).decode, attrgetter(".".join(["found"] * (len(outer) + 1)))

    def read(body: bytes) -> int:
        try:
            return found(decode_body(body))  # type: ignore[no-any-return]  # an int, by the shape
        except (msgspec.DecodeError, AttributeError):
            return -1

    return read


class Steps(dict[str, StepState]):
    """By name; an undeclared one is the persona's mistake, and said so."""

    def __init__(self, persona: type[Persona], states: Mapping[str, StepState]) -> None:
        super().__init__(states)
        self._persona = persona.__name__

    def __missing__(self, name: str) -> StepState:
        raise PersonaError(f"{self._persona} has no step {name!r}{nearest(name, self)}")


def step_names(crowds: Mapping[str, type[Persona]]) -> tuple[tuple[str, str], ...]:
    """The steps of a run in the order of their numbers: each crowd's own, then its `visit`."""
    return tuple((crowd, step) for crowd, persona in crowds.items() for step in (*persona.steps, VISIT))


class Crowd:
    """What the visits of one crowd share; it holds no visit, so that a visit that ended is gone."""

    def __init__(self, plan: Plan, number: int, persona: type[Persona], first_step: int, recorder: Recorder, wheel: Wheel) -> None:
        mine: CrowdPlan = plan.crowds[number]
        self.name, self.number = mine.name, number
        self.persona = _made(persona, mine)
        self.speed = plan.speed
        self.recorder, self.wheel = recorder, wheel
        self.steps = Steps(
            persona,
            {name: StepState(name, step, first_step + place, plan.speed) for place, (name, step) in enumerate(persona.steps.items())},
        )
        self.visit_step = first_step + len(persona.steps)
        self.first_step = first_step
        self.population = Population(plan.population, plan.seed)
        self.key_label = label(plan.salt, plan.run, "key", mine.name)
        self.address = Address(plan.url, plan.transport, plan.own_host, plan.addresses)
        self.pool = Pool(mine.connections, self.address, _settle, recorder.note)
        self.letterhead = Letterhead(self.address)
        self.feed = None if plan.persons is None else Feed(plan, number, self.population, recorder.note)
        """where its persons come from, if they are not derived; `feed.fresh(person)` is asked before every try"""
        self.elsewhere: set[Visit] = set()
        """visits that await something of asyncio's own"""
        self.offered = self.finished = self.unfinished = self.missed = self.in_flight = 0

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


def _settle(call: "Call", definite: bool) -> None:
    call.visit.settled(call, definite)


def _made(persona: type[Persona], crowd: CrowdPlan) -> Persona:
    """The one instance that all visits share; a Locust user's own making is not wanted here."""
    made = persona.__new__(persona)
    made.settings = fitted(persona, crowd.settings)
    return made
