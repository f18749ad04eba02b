"""Ordinary Locust users under a scenario: spawned as the plan says, and measured through Locust's own `request` event.

They are a closed loop: a user asks again when its last answer is there.  So their samples have no due times, and the frames say so.
"""

from locust.env import Environment

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event

from rushproof.driver.answered import outcome
from rushproof.driver.pulse import Pulse
from rushproof.driver.user import ArrivalUser
from rushproof.frame import Frame, Visits
from rushproof.plan import Plan
from rushproof.tally import Tally

_STEPS = 1024
_OTHERS = "(others)"
"""the step of all names beyond 1023: a file that puts ids into its URLs must not fill the memory; `name=` groups them"""


class Observer:
    """Crowds of ordinary users in this process (`crowds`: their indices); `report` is given a frame a second, the last final."""

    def __init__(self, environment: Environment, plan: Plan, crowds: Sequence[int], report: Callable[[Frame], None]) -> None:
        self._environment, self._plan, self._crowds, self._report = environment, plan, crowds, report
        self._of_file = {Path(plan.crowds[index].persona).stem: index for index in crowds}
        self._steps: dict[tuple[str, str], int] = {}
        self._notes: dict[str, None] = {}
        self._stopping = Event()
        self._unmapped = self._second = 0

    def start(self, at: float) -> None:
        """At unix time `at` the users begin."""
        self._at, self._tally = at, Tally(_STEPS, float(self._plan.resolution), at)
        self._environment.stop_timeout = float(self._plan.drain)
        self._pulse = Pulse()
        gevent.spawn(self._run)

    def stop(self, drain: float) -> None:
        """Users finish what they are at, within `drain` seconds."""
        self._environment.stop_timeout = min(float(self._environment.stop_timeout or 0.0), drain)
        self._stopping.set()

    def _run(self) -> None:
        environment, plan = self._environment, self._plan
        runner = environment.runner
        assert runner is not None
        until = self._at + plan.pace.wall(plan.timetable.end)
        gevent.sleep(max(self._at - time.time(), 0.0))
        environment.host = plan.url
        for kind in environment.user_classes:
            kind.host = plan.url
        environment.events.request.add_listener(self._heard)
        environment.events.user_error.add_listener(self._raised)
        environment.events.test_start.fire(environment=environment)
        reporter = gevent.spawn(self._report_every_second)
        runner.spawn_users(self._shares())
        self._stopping.wait(max(until - time.time(), 0.0))
        runner.stop()
        reporter.kill()
        self._send(final=True)

    def _shares(self) -> dict[str, int]:
        """How many users of each class this worker runs: its part of the crowd's, by the classes' weights where a file has several."""
        shares = {}
        for index in self._crowds:
            kinds = [kind for kind in self._environment.user_classes if self._crowd_of(kind) == index]
            users, worker, workers = self._plan.crowds[index].users or 0, self._plan.worker, self._plan.workers
            mine = users * (worker + 1) // workers - users * worker // workers
            weights, behind = sum(kind.weight for kind in kinds), 0.0
            for kind in kinds:
                ahead = behind + kind.weight
                shares[kind.__name__] = round(mine * ahead / weights) - round(mine * behind / weights)
                behind = ahead
        return shares

    def _crowd_of(self, kind: type) -> int | None:
        return None if issubclass(kind, ArrivalUser) else self._of_file.get(kind.__module__)

    def _heard(
        self, request_type: str, name: str, response_time: float | None, exception: Any = None, start_time: float | None = None, **more: Any
    ) -> None:
        """One request of a user, as Locust tells of it; `response_time` in milliseconds."""
        took, now = (response_time or 0.0) / 1000.0, time.time()
        sent = now - took if start_time is None else start_time
        found = outcome(request_type, exception, more.get("response"))
        self._unmapped += not found.known
        self._tally.sample(self._step(name), found.outcome, True, due=sent, planned=sent, ready=sent, sent=sent, done=min(sent + took, now))

    def _step(self, name: str) -> int:
        key = (self._plan.crowds[self._asking()].name, name)
        number = self._steps.get(key)
        if number is None:
            if len(self._steps) >= _STEPS - len(self._crowds):
                key = (key[0], _OTHERS)
            number = self._steps.setdefault(key, len(self._steps))
        return number

    def _asking(self) -> int:
        """The crowd of the user in whose greenlet this is; the first one for a greenlet that a user has made itself."""
        if len(self._crowds) > 1:
            for user in getattr(gevent.getcurrent(), "args", ())[:1]:
                found = self._crowd_of(type(user))
                if found is not None:
                    return found
        return self._crowds[0]

    def _raised(self, user_instance: Any, exception: BaseException, **_: Any) -> None:
        if len(self._notes) < 10:
            self._notes[f"{type(user_instance).__name__} raised {type(exception).__name__}: {exception}"] = None

    def _report_every_second(self) -> None:
        second = 0
        while True:
            second += 1
            gevent.sleep(max(self._at + second - time.time(), 0.0))
            self._send()

    def _send(self, *, final: bool = False) -> None:
        now, runner = time.time(), self._environment.runner
        cells, second = self._tally.cells(), max(self._second, int(now - self._at - 0.5))
        self._second = second + 1
        frame = Frame(
            worker=self._plan.worker,
            seq=0,  # the station numbers it
            until=now - self._at,
            steps=tuple(self._steps),
            visits=(Visits(),) * len(self._crowds),
            cells=cells,
            health=(self._pulse.read(second, in_flight=runner.user_count if runner else 0),),
            unmapped=self._unmapped,
            notes=tuple(self._notes),
            due=False,
            final=final,
        )
        self._notes, self._unmapped = {}, 0
        self._report(frame)
