"""One process's share of a run with a scenario: the engine for crowds that come of themselves, Locust users for the others."""

from locust.env import Environment

import logging
import os
from collections.abc import Callable

import msgspec

from rushproof.driver.child import Child
from rushproof.driver.observer import Observer
from rushproof.driver.table import Table
from rushproof.frame import Frame, Visits
from rushproof.plan import Plan
from rushproof.wire import Message, number

Up = Callable[[Message, bytes, bool], None]
"""Where a station's messages go: what, its payload, and whether it is the station's last."""

_NICE = 10
"""A Locust process that only passes frames on gives way to its engine, which shares the core and must not be late."""
logger = logging.getLogger(__name__)


class Station:
    """Carries a plan out: READY once, FRAMEs about once a second, the last of them final; LOST where the engine ends before that.

    Where a plan has crowds of both sorts, the frames of engine and observer are numbered into one row and only the last is final.
    """

    def __init__(self, environment: Environment, plan: Plan, up: Up) -> None:
        self._environment, self._plan, self._up = environment, plan, up
        self._ours = [index for index, crowd in enumerate(plan.crowds) if crowd.users is None]
        self._theirs = [index for index, crowd in enumerate(plan.crowds) if crowd.users is not None]
        self._child: Child | None = None
        self._observer = Observer(environment, plan, self._theirs, self._merge) if self._theirs else None
        self._open = bool(self._ours) + bool(self._theirs)
        self._visits = [Visits()] * len(plan.crowds)
        self._sequence = 0
        self._table = Table(environment.stats, plan.start, float(plan.resolution))
        self._settled = self._reported = self._started = self._stopping = False

    def prepare(self) -> None:
        """Has the engine load its personas; READY follows."""
        if self._ours:
            self._child = Child(self._take, self._ended)
            crowds = tuple(self._plan.crowds[index] for index in self._ours)
            self._child.send(Message.PLAN, msgspec.structs.replace(self._plan, crowds=crowds).encode())
            if self._observer is None:
                os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))
        else:
            self._up(Message.READY, b"", False)

    def start(self, at: float) -> None:
        """The timetable's `from` is at unix time `at`."""
        self._started = True
        self._environment.stats.clear_all()
        self._table = Table(self._environment.stats, at, float(self._plan.resolution))
        if self._environment.runner is not None:
            self._environment.runner.update_state("running")  # so that Locust keeps its history
        if self._child is not None:
            self._child.send(Message.START, number(at))
        if self._observer is not None:
            self._observer.start(at)

    def stop(self, drain: float) -> None:
        """No further arrival; visits get `drain` seconds."""
        self._stopping = True
        if self._child is not None:
            self._child.send(Message.STOP, number(drain))
        if self._observer is not None:
            self._observer.stop(drain)

    def _take(self, message: Message, payload: bytes) -> None:
        if message is Message.FRAME:
            frame = Frame.decode(payload)
            self._reported = frame.final
            if self._observer is None:
                self._pass(payload, frame.final)
            else:
                self._merge(frame)
            self._table.add(frame)
        elif message is Message.READY:
            self._up(Message.READY, b"", False)
        elif message is Message.LOST:
            self._lose(payload)

    def _merge(self, frame: Frame) -> None:
        """One of two rows of frames; `visits` of each are those of its own crowds."""
        for index, visits in zip(self._ours if frame.due else self._theirs, frame.visits, strict=True):
            self._visits[index] = visits
        self._open -= frame.final
        merged = msgspec.structs.replace(frame, seq=self._sequence, visits=tuple(self._visits), final=self._open == 0)
        self._sequence += 1
        self._pass(merged.encode(), merged.final)

    def _pass(self, payload: bytes, final: bool) -> None:
        if not self._settled:
            self._settled = final
            self._up(Message.FRAME, payload, final)

    def _lose(self, why: bytes) -> None:
        if not self._settled:
            self._settled = True
            logger.error("worker %s", why.decode())
            self._up(Message.LOST, why, True)

    def _ended(self, code: int) -> None:
        """After its final frame an engine ends by itself; stopped before it was started, it has none."""
        if self._reported:
            return
        why = "stopped before it began" if self._stopping and not self._started else f"its engine ended with code {code} before the run did"
        self._lose(f"{self._plan.worker}: {why}".encode())
