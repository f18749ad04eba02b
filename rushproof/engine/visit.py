"""One person's journey: a coroutine, driven from the callbacks of connections and the wheel."""

import asyncio
from collections.abc import Awaitable, Coroutine, Generator, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from rushproof.engine.call import Call, Pledge
from rushproof.population import Person
from rushproof.sample import Outcome, default_outcome
from rushproof.seams import Sample

if TYPE_CHECKING:
    from rushproof.engine.connection import Connection
    from rushproof.engine.crowd import Crowd, StepState

_Person = Person | None
_Headers = Mapping[str, str] | None
_About = Mapping[str, Any] | None

_encode = msgspec.json.Encoder().encode
_OK = Outcome.OK
_MASK = (1 << 64) - 1
_STRIDE = 0x9E3779B97F4A7C15
"""between the keys of a visit's intents: odd, so that they differ, and unlike any distance between the keys of two visits"""


class Visit:
    """A visit in flight, and the `Target` that its persona is given: one object, because there may be a million of them.

    `due` is when the next intent is due: the arrival, then the last answer plus the nominal think time.
    """

    __slots__ = (
        "_coroutine",
        "_crowd",
        "_draws",
        "_intents",
        "_key",
        "_last_done",
        "_person_hash",
        "_thought",
        "arrival",
        "connection",
        "due",
        "number",
        "person",
    )

    def __init__(self, crowd: "Crowd", number: int, key: int, person: Person, arrival: float) -> None:
        self._crowd, self.number, self._key, self.person = crowd, number, key, person
        self.arrival = self.due = self._last_done = arrival
        self._thought = 0.0
        self._draws = self._intents = 0
        self._person_hash = 0
        self.connection: Connection | None = None
        self._coroutine: Coroutine[Any, Any, None] = crowd.persona.visit(person, self)

    # what a persona calls

    def get(self, path: str, *, step: str, person: _Person = None, headers: _Headers = None, about: _About = None) -> Call:
        return self._call("GET", path, None, step, person, headers, about)

    def post(
        self, path: str, body: Any = None, *, step: str, person: _Person = None, headers: _Headers = None, about: _About = None
    ) -> Call:
        return self._call("POST", path, body, step, person, headers, about)

    def put(
        self, path: str, body: Any = None, *, step: str, person: _Person = None, headers: _Headers = None, about: _About = None
    ) -> Call:
        return self._call("PUT", path, body, step, person, headers, about)

    def patch(
        self, path: str, body: Any = None, *, step: str, person: _Person = None, headers: _Headers = None, about: _About = None
    ) -> Call:
        return self._call("PATCH", path, body, step, person, headers, about)

    def delete(self, path: str, *, step: str, person: _Person = None, headers: _Headers = None, about: _About = None) -> Call:
        return self._call("DELETE", path, None, step, person, headers, about)

    def step(
        self, name: str, *, person: _Person = None, writes: bool = True, about: _About = None, failures: tuple[type[Exception], ...] = ()
    ) -> AbstractAsyncContextManager[Sample]:
        raise NotImplementedError(name)

    def think(self, person: Person, mean: float) -> Awaitable[None]:
        self._draws += 1
        pause = person.exponential(mean, self._draws) / self._crowd.speed
        self._thought += pause
        self.due += pause
        return self

    def __await__(self) -> Generator["Visit", None, None]:
        yield self

    def _call(self, method: str, path: str, body: Any, step: str, person: _Person, headers: _Headers, about: _About) -> Call:
        crowd = self._crowd
        state = crowd.steps[step]
        self._intents += 1
        payload = body if body is None or body.__class__ is bytes else _encode(body)
        pledge = None if state.promises is None else self._pledge(state, person or self.person, body)
        request = crowd.letterhead.request(method, path, payload, None if pledge is None else pledge[3], headers)
        return Call(self, state, request, method != "GET", self.due, pledge)

    def _pledge(self, state: "StepState", person: Person, body: Any) -> Pledge:
        """Who asks for what: the fields are those of the body, a mapping or a Struct; a person it does not name is the visit's own."""
        crowd = self._crowd
        recorder = crowd.recorder
        field = body.get if body.__class__ is dict or isinstance(body, Mapping) else partial(_attribute, body)
        if person is not self.person:
            hashed = recorder.pseudonym(str(field(state.person_field) or person.id))
        elif (hashed := self._person_hash) == 0:
            self._person_hash = hashed = recorder.pseudonym(str(field(state.person_field) or person.id))
        content = tuple([str(field(name)) for name in state.content_fields])
        key = (self._key + self._intents * _STRIDE) & _MASK
        return hashed, recorder.round(str(field(state.round_field) or "")), recorder.content(content), key

    # what drives it

    def wake(self) -> None:
        """The think time is over, or the visit begins."""
        self.resume(None)

    def resume(self, answer: Any) -> None:
        """Runs the persona until it waits again, or to its end."""
        try:
            waits_for = self._coroutine.send(answer)
        except StopIteration:
            self._end(_OK)
        except Exception as error:  # a persona's bug must not stop the other visits
            self._crowd.recorder.raised(self._crowd.name, error)
            self._end(Outcome.ERROR)
        else:
            if waits_for.__class__ is Call:
                waits_for.ready = now = monotonic()
                self._crowd.recorder.lags.append(now - waits_for.planned)
                self._crowd.pool.submit(waits_for)
            elif waits_for is self:
                self._crowd.wheel.sleep(self.due, self)
            else:
                self._await(waits_for)

    def _await(self, waits_for: Any) -> None:
        """Anything else that asyncio can wait for: a future of its own, or a bare yield."""
        if waits_for is None:
            asyncio.get_running_loop().call_soon(self.wake)
            return
        self._crowd.elsewhere.add(self)
        waits_for._asyncio_future_blocking = False  # as a Task does when it takes a future over
        waits_for.add_done_callback(self._awaited)

    def _awaited(self, future: "asyncio.Future[Any]") -> None:
        self._crowd.elsewhere.discard(self)
        self._last_done = self.due = monotonic()
        self.resume(None)

    def try_again(self, call: Call) -> None:
        """The gap after a shed try is over."""
        call.ready = now = monotonic()
        self._crowd.recorder.lags.append(now - call.planned)
        self._crowd.pool.submit(call)

    def settled(self, call: Call, definite: bool) -> None:
        """A try has ended: it is recorded, and the person tries again or goes on."""
        crowd, step = self._crowd, call.step
        if call.status:
            known = step.known_writes if call.write else step.known_reads
            outcome = known.get(call.status)
            if outcome is None:
                outcome = default_outcome(call.status, write=call.write, retry_after=call.status == 503 and call.retry_after is not None)
                if outcome is None:
                    crowd.recorder.unmapped += 1
                    outcome = Outcome.DOUBT if call.write else Outcome.ERROR
                elif call.status != 503:  # what that one means hangs on a header
                    known[call.status] = outcome
        elif call.outcome is Outcome.MISSED:  # this machine could not send it, which says nothing of the target
            outcome = Outcome.MISSED
        else:
            outcome = Outcome.DOUBT if call.write and not definite else Outcome.ERROR
        call.outcome = outcome
        if step.again[outcome] and self._again(call):
            return
        crowd.recorder.sample(call, True)
        self._last_done = self.due = call.done
        self.resume(None)

    def _again(self, call: Call) -> bool:
        """Whether the person's patience reaches to another try; if so it is on the wheel."""
        speed = self._crowd.speed
        asked = call.retry_after if call.status else None
        gap = call.step.gap if asked is None else asked / speed
        self._draws += 1
        planned = call.done + gap * (1.0 + self.person.uniform(self._draws) / 2)  # as asked or later: people do not come back in step
        if planned > call.due + self.person.patience / speed:
            return False
        self._crowd.recorder.sample(call, False)
        call.reset(planned)
        self._crowd.wheel.sleep(planned, call)
        return True

    def _end(self, outcome: Outcome) -> None:
        crowd = self._crowd
        crowd.in_flight -= 1
        crowd.finished += 1
        arrival = self.arrival
        crowd.recorder.visit(crowd.visit_step, outcome, arrival, self._last_done - arrival - self._thought)
        if self.connection is not None:
            self.connection.close()

    def censor(self, now: float) -> None:
        """The run is over and this visit is not."""
        crowd = self._crowd
        crowd.in_flight -= 1
        crowd.unfinished += 1
        crowd.recorder.visit(crowd.visit_step, Outcome.UNFINISHED, self.arrival, max(now - self.arrival - self._thought, 0.0))


def _attribute(body: Any, name: str) -> Any:
    return getattr(body, name, None)
