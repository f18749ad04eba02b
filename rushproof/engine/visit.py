"""One person's journey: a coroutine, driven from the callbacks of connections and the wheel."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from rushproof.engine.call import Call, Pledge
from rushproof.engine.cookies import Jar
from rushproof.engine.draft import Draft, Words, elaborate
from rushproof.engine.drive import Drive
from rushproof.engine.errand import Errand
from rushproof.field import looked_up, worded
from rushproof.population import Person
from rushproof.sample import Outcome

if TYPE_CHECKING:
    from rushproof.engine.connection import Connection
    from rushproof.engine.crowd import Crowd
    from rushproof.engine.step import StepState

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
        "_draws",
        "_intents",
        "_key",
        "_last_done",
        "_person_hash",
        "_thought",
        "arrival",
        "connection",
        "coroutine",
        "crowd",
        "due",
        "jar",
        "number",
        "person",
    )

    def __init__(self, crowd: "Crowd", number: int, key: int, person: Person, arrival: float) -> None:
        self.crowd, self.number, self._key, self.person = crowd, number, key, person
        self.arrival = self.due = self._last_done = arrival
        self._thought = 0.0
        self._draws = self._intents = 0
        self._person_hash = 0
        self.connection: Connection | None = None
        self.jar = Jar() if crowd.cookies else None
        self.coroutine: Coroutine[Any, Any, None] | Drive = crowd.persona.visit(person, self)

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
    ) -> Errand:
        self._intents += 1
        return Errand(self, self.crowd.steps[name], person or self.person, writes, about, failures)

    def think(self, person: Person, mean: float) -> Awaitable[None]:
        self._draws += 1
        return self._pause(person, person.exponential(mean, self._draws))

    def wait(self, seconds: float) -> Awaitable[None]:
        return self._pause(self.person, max(seconds, 0.0))

    def _pause(self, person: Person, seconds: float) -> Awaitable[None]:
        crowd = self.crowd
        pause = seconds / crowd.thinks if crowd.pace is None else crowd.pace.lasts(self.due - crowd.recorder.start, seconds)
        self._thought += pause
        self.due += pause
        if crowd.feed is not None:
            crowd.feed.fresh(person, pause)  # so that nobody waits for it afterwards
        return self

    def __await__(self) -> Generator["Visit", None, None]:
        yield self

    def _call(self, method: str, path: str, body: Any, step: str, person: _Person, headers: _Headers, about: _About) -> Call:
        crowd = self.crowd
        state = crowd.steps[step]
        self._intents += 1
        who = person or self.person
        if about is not None or state.elaborate:
            return elaborate(self, state, Words(method, path, body, who, headers, about))
        payload = body if body is None or body.__class__ is bytes else _encode(body)
        pledge = None
        if state.promises is not None:
            field = body.get if body.__class__ is dict or isinstance(body, Mapping) else partial(looked_up, body)
            pledge = self.pledge(state, who, field)
        request = crowd.letterhead.request(method, path, payload, None if pledge is None else pledge[3], headers, who)
        return Call(self, state, request, method != "GET", self.due, pledge)

    def pledge(self, state: "StepState", person: Person, field: Callable[[str], Any]) -> Pledge:
        """Who asks for what, under the intent's own key; a person whom no field names is the visit's own."""
        crowd = self.crowd
        recorder = crowd.recorder
        if person is not self.person:
            hashed = recorder.pseudonym(str(field(state.person_field) or person.id))
        elif (hashed := self._person_hash) == 0:
            self._person_hash = hashed = recorder.pseudonym(str(field(state.person_field) or person.id))
        content = tuple([value if (value := field(name)).__class__ is str else worded(value) for name in state.content_fields])
        key = (self._key + self._intents * _STRIDE) & _MASK
        return hashed, recorder.round(worded(field(state.round_field))), recorder.content(content), key

    # what drives it

    def wake(self) -> None:
        """The think time is over, or the visit begins."""
        self.resume(None)

    def resume(self, answer: Any) -> None:
        """Runs the persona until it waits again, or to its end."""
        try:
            waits_for = self.coroutine.send(answer)
        except StopIteration:
            self.finished()
        except (Exception, asyncio.CancelledError) as error:  # a persona's bug must not stop the other visits
            self.failed(error)
        else:
            if waits_for.__class__ is Call:
                waits_for.ready = now = monotonic()
                self.crowd.recorder.lags.append(now - waits_for.planned)
                self.crowd.pool.submit(waits_for)
            elif waits_for is self:
                self.crowd.wheel.sleep(self.due, self)
            else:
                self._await(waits_for)

    def _await(self, waits_for: Any) -> None:
        """What most visits never wait for: a call that is put together late, an errand, or anything that asyncio can wait for."""
        if isinstance(waits_for, Draft):
            waits_for.prepare()
        elif isinstance(waits_for, Errand):
            waits_for.begin()
        elif waits_for is None:
            turn = asyncio.get_running_loop().create_future()
            turn.set_result(None)
            self.crowd.when(turn, self, self.wake)
        elif not isinstance(waits_for, Drive):  # which resumes the visit itself
            waits_for._asyncio_future_blocking = False  # as a Task does when it takes a future over
            self.crowd.when(waits_for, self, self._awaited)

    def _awaited(self) -> None:
        self.came_back(monotonic())
        self.resume(None)

    def came_back(self, now: float) -> None:
        """Something that had no due time is over: what comes next is due now."""
        self._last_done = self.due = now

    def try_again(self, call: Call) -> None:
        """The gap after a shed try is over."""
        call.ready = now = monotonic()
        self.crowd.recorder.lags.append(now - call.planned)
        self.crowd.pool.submit(call)

    def settled(self, call: Call, definite: bool) -> None:
        """A try has ended: it is recorded, and the person tries again or goes on."""
        crowd = self.crowd
        outcome = (call.step.known_writes if call.write else call.step.known_reads).get(call.status)
        if outcome is None:
            outcome = crowd.reading.outcome(call, definite)
            if outcome is None:
                return  # on its way to where it was redirected
        call.outcome = outcome
        if call.step.again[outcome] and self._again(call):
            return
        crowd.recorder.sample(call, True)
        self._last_done = self.due = call.done
        self.resume(None)

    def _again(self, call: Call) -> bool:
        """Whether the person's patience reaches to another try; if so it is on the wheel."""
        crowd = self.crowd
        speed, patience = crowd.speed if crowd.pace is None else 1.0, self.person.patience
        asked = call.retry_after if call.status else None
        gap = call.step.gap if asked is None else asked / speed
        self._draws += 1
        gap *= 1.0 + self.person.uniform(self._draws) / 2  # as asked or later: people do not come back in step
        if crowd.pace is None:
            planned, last = call.done + gap, call.due + patience / speed
        else:
            start, lasts = crowd.recorder.start, crowd.pace.lasts
            planned, last = call.done + lasts(call.done - start, gap), call.due + lasts(call.due - start, patience)
        if planned > last:
            return False
        self.crowd.recorder.sample(call, False)
        call.reset(planned)
        self.crowd.wheel.sleep(planned, call)
        return True

    def broke(self, call: Call, error: Exception) -> None:
        """A call could not be put together."""
        call.done, call.outcome = monotonic(), Outcome.ERROR
        self.crowd.recorder.sample(call, True)
        self.coroutine.close()
        self.failed(error)

    def failed(self, error: BaseException) -> None:
        """The persona raised."""
        self.crowd.recorder.raised(self.crowd.name, error)
        self._end(Outcome.ERROR)

    def finished(self) -> None:
        """The persona came to its end."""
        self._end(_OK)

    def _end(self, outcome: Outcome) -> None:
        crowd = self.crowd
        crowd.in_flight -= 1
        crowd.finished += 1
        arrival = self.arrival
        crowd.recorder.visit(crowd.visit_step, outcome, arrival, self._last_done - arrival - self._thought)
        if self.connection is not None:
            self.connection.close()

    def censor(self, now: float) -> None:
        """The run is over and this visit is not."""
        crowd = self.crowd
        if crowd.errands and (drive := crowd.errands.get(self)) is not None:
            drive.censor(now)
        crowd.in_flight -= 1
        crowd.unfinished += 1
        crowd.recorder.visit(crowd.visit_step, Outcome.UNFINISHED, self.arrival, max(now - self.arrival - self._thought, 0.0))
