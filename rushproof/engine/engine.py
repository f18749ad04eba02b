"""The engine: one loop that pumps, wakes, folds and reports, from the start of a plan until its last visit is settled or censored."""

import asyncio
import math
from array import array
from collections.abc import Callable
from time import monotonic, time

import numpy as np

from rushproof.engine.crowd import Crowd
from rushproof.engine.health import Pulse
from rushproof.engine.pump import FedPump, Pump, Tap
from rushproof.engine.recorder import Recorder
from rushproof.engine.step import step_names
from rushproof.engine.visit import Visit
from rushproof.engine.wheel import Wheel
from rushproof.frame import Frame, Health
from rushproof.personas import load
from rushproof.plan import Plan
from rushproof.population import Person
from rushproof.sample import Outcome
from rushproof.schedule import Schedule

_TICK = 0.001
_FOLD_EVERY = 0.05
_EXPIRE_EVERY = 0.1
_LEAST_SECOND = 0.5
"""of a last second that is shorter than this there is no reading: shares of so little time mean nothing"""
_SLICE = 0.002
"""seconds of waking and pumping after which a turn lets answers in again"""


class Engine:
    """Runs one worker's share of a plan; `report` is given each frame's bytes, about one a second, the last one marked final.

    Made (and all its personas loaded, its target resolved) and opened before it says that it is ready; PersonaError, TargetError or
    SafetyError where it cannot be.
    """

    def __init__(self, plan: Plan, report: Callable[[bytes], None]) -> None:
        self.plan, self._report = plan, report
        personas = {crowd.name: load(crowd.persona) for crowd in plan.crowds}
        self.steps = step_names(personas)
        self.recorder = Recorder(len(self.steps), float(plan.resolution), 0.0, bytes.fromhex(plan.salt))
        self.wheel = Wheel(monotonic())
        self.crowds = [
            Crowd(plan, number, personas[crowd.name], self.steps.index((crowd.name, next(iter(personas[crowd.name].steps), "visit"))),
                  self.recorder, self.wheel)
            for number, crowd in enumerate(plan.crowds)
        ]  # fmt: skip
        self._kinds = tuple(kind for crowd in self.crowds for kind in crowd.kinds)
        self._length = plan.pace.wall(plan.timetable.end)
        self._pumps: list[Pump | Tap] = []
        self._pulse = Pulse()
        self._healths: list[Health] = []
        self._oldest: tuple[float, ...] = ()
        self._sequence = self._missed = 0
        self._drain = float(plan.drain)
        self._deadline = math.inf
        self._done: asyncio.Future[None] | None = None
        self._warm_up()

    def _warm_up(self) -> None:
        """Folds, reads and encodes once for nothing: the first time takes tens of milliseconds, and would taint a second."""
        recorder = Recorder(len(self.steps), float(self.plan.resolution), 0.0, b"")
        for done in (0.001, 0.002):
            recorder.tally.sample(0, Outcome.OK, True, due=0.0, planned=0.0, ready=0.0, sent=0.0, done=done)
            recorder.visit(0, Outcome.OK, 0.0, done)
            recorder.tally.fold()
        health = self._pulse.read(0, array("d", [0.0]), unsent=0, missed=0, in_flight=0)
        cells = recorder.tally.cells()
        Frame(worker=0, seq=0, until=0.0, steps=self.steps, visits=(), cells=cells, health=(health,)).encode()

    async def open(self) -> None:
        """Returns when the first persons are there; PersonaError where they cannot come."""
        opened = await asyncio.gather(*(crowd.feed.open() for crowd in self.crowds if crowd.feed is not None), return_exceptions=True)
        for problem in opened:
            if problem is not None:
                await self._close()
                raise problem

    async def _close(self) -> None:
        await asyncio.gather(*(crowd.feed.close() for crowd in self.crowds if crowd.feed is not None))

    async def run(self, start: float) -> None:
        """From unix time `start` until every visit is settled or censored and the final frame is reported."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self.recorder.astray)
        self._done = self._loop.create_future()
        now = monotonic()
        self._start = self._turned = now + (start - time())
        self._folded = self._expired = now
        self.recorder.start = self.recorder.tally.start = self._start
        for number, crowd in enumerate(self.crowds):
            self._pumps.append(self._pump(crowd, Schedule(self.plan, number), start))
            crowd.pool.open_ahead()
        self._pulse = Pulse()
        self._second = 0
        self._loop.call_at(self._loop.time() + max(self._start - now, 0.0), self._tick)
        try:
            await self._done
        finally:
            await self._close()

    def _pump(self, crowd: Crowd, schedule: Schedule, start: float) -> Pump | Tap:
        if self.plan.crowds[crowd.number].arrivals is None:
            return Tap(crowd, _person_of(crowd, schedule), self.plan.worker, self.plan.workers)
        if crowd.feed is None:
            return Pump(crowd, schedule, self._start, self._length)
        crowd.feed.start(start)
        return FedPump(crowd, crowd.feed, schedule, self._start, self._length)

    def turn(self, rate: float) -> None:
        """`rate` arrivals a second from now on, shared out evenly among the crowds that Locust steers."""
        taps = [pump for pump in self._pumps if isinstance(pump, Tap)]
        for tap in taps:
            tap.turn(rate / len(taps))

    def stop(self, drain: float) -> None:
        """No further arrivals; visits get `drain` seconds, never more than an earlier stop gave them."""
        now = monotonic()
        for pump in self._pumps:
            pump.stop(now)
        self._drain = min(drain, self._drain)
        self._deadline = min(self._deadline, now + self._drain)

    def _tick(self) -> None:
        now = monotonic()
        pulse = self._pulse
        pulse.turn = max(pulse.turn, now - self._turned)
        self._turned = now
        limit = now + _SLICE

        def spent() -> bool:
            return monotonic() > limit

        self.wheel.turn(now, spent)
        for pump in self._pumps:
            room = int(self.plan.in_flight) - sum(crowd.in_flight for crowd in self.crowds)
            pump.pump(now, room, spent)
        self._keep_house(now)
        if self._over(now):
            self._finish(now)
        elif spent():
            self._loop.call_soon(self._tick)
        else:
            self._loop.call_later(_TICK, self._tick)

    def _keep_house(self, now: float) -> None:
        if now - self._folded >= _FOLD_EVERY:
            self._folded = now
            self.recorder.tally.fold()
        if now - self._expired >= _EXPIRE_EVERY:
            self._expired = now
            for crowd in self.crowds:
                crowd.pool.expire(now)
        if now - self._start >= self._second + 1:
            self._end_second(now)
            self._send(now, self.recorder.tally.cells())
        elif self.recorder.full:
            self._send(now, b"")

    def _over(self, now: float) -> bool:
        if not all(pump.over(now) for pump in self._pumps):
            return False
        if self._deadline == math.inf:
            self._deadline = now + self._drain
        return now >= self._deadline or not any(crowd.in_flight for crowd in self.crowds)

    def _finish(self, now: float) -> None:
        """Censors what is still in flight, reports for the last time, and lets `run` return."""
        for crowd in self.crowds:
            for call in crowd.pool.in_flight():
                call.done = now
                self.recorder.sample(call, True)
                call.visit.censor(now)
            crowd.pool.close()
        for sleeper in self.wheel:
            visit = sleeper if isinstance(sleeper, Visit) else sleeper.visit  # type: ignore[attr-defined]  # a Call between two tries
            if visit is not sleeper:
                sleeper.done = now  # type: ignore[attr-defined]
                self.recorder.sample(sleeper, True)  # type: ignore[arg-type]
            visit.censor(now)
        for crowd in self.crowds:
            crowd.censor(now)
        if now - self._start - self._second > _LEAST_SECOND or not self._second:
            self._end_second(now)
        self._send(now, self.recorder.tally.cells(), final=True)
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    def _end_second(self, now: float) -> None:
        missed = sum(crowd.missed for crowd in self.crowds)
        starved = 0
        for crowd in self.crowds:
            starved += crowd.pool.starved
            crowd.pool.starved = 0
        oldest = self._waited(now)
        self._healths.append(
            self._pulse.read(
                self._second,
                self.recorder.lags,
                unsent=starved + sum(pump.overdue(now) for pump in self._pumps),
                missed=missed - self._missed,
                in_flight=sum(crowd.in_flight for crowd in self.crowds),
                oldest=max(oldest, default=0.0),
            )
        )
        self._oldest = oldest
        self.recorder.lags = array("d")
        self._missed = missed
        self._second = int(now - self._start)

    def _waited(self, now: float) -> tuple[float, ...]:
        """By step, how long ago the call was due that has waited longest: a target that answers nothing leaves no other trace."""
        dues = [now] * len(self.steps)
        for crowd in self.crowds:
            for call in crowd.pool.eldest():
                step, due = call.step.index, call.due
                if due < dues[step]:  # noqa: PLR1730  # several times as fast as `min`, and there may be 18,000 of them
                    dues[step] = due
        return tuple([now - due for due in dues])

    def _send(self, now: float, cells: bytes, *, final: bool = False) -> None:
        attempts, rounds = self.recorder.take_attempts()
        frame = Frame(
            worker=self.plan.worker,
            seq=self._sequence,
            until=min((pump.until(now) for pump in self._pumps), default=now) - self._start,
            steps=self.steps,
            visits=tuple(crowd.visits for crowd in self.crowds),
            kinds=self._kinds,
            rounds=rounds,
            cells=cells,
            attempts=attempts,
            health=tuple(self._healths),
            oldest=self._oldest if self._healths else (),
            unmapped=self.recorder.unmapped,
            notes=self.recorder.take_notes(final=final),
            exchanges=self.recorder.take_exchanges(),
            final=final,
        )
        self._sequence += 1
        self._healths = []
        self.recorder.unmapped = 0
        self._report(frame.encode())


def _person_of(crowd: Crowd, schedule: Schedule) -> Callable[[int], Person]:
    """The person of one arrival number, where arrivals are not known ahead."""
    return lambda number: crowd.population.person(int(schedule.persons(np.array([number]))[0]))
