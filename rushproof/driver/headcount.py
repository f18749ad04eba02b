"""How many Locust users stand for one persona, told to its engine as a rate: the heart of a plain `locust -f` run."""

from locust.stats import RequestStats

import logging
import time
from collections.abc import Callable

import gevent
from gevent.event import Event

from rushproof.driver.child import Child
from rushproof.driver.table import Table
from rushproof.frame import Frame
from rushproof.plan import Plan
from rushproof.wire import Message, number

_READY_WITHIN = 60.0
_GATHER = 0.05
"""seconds in which changes of the count are gathered into one RATE"""
_GRACE = 5.0
"""seconds beyond the drain after which an engine that has not ended is ended"""

logger = logging.getLogger(__name__)


class Headcount:
    """The users of one persona in this process, and the engine they steer: users × 1 arrival a second.

    A run goes `warm`, `prepare`, `begin`, `stop`, `wait`; then the next one.  `failed` is called if the engine ends before its time.
    """

    def __init__(self, name: str, stats: RequestStats, failed: Callable[[], None]) -> None:
        self.name, self._stats, self._failed = name, stats, failed
        self._users = 0
        self._child: Child | None = None
        self._table: Table | None = None
        self._telling = self._planned = self._final = self._stopping = False
        self._deadline = _GRACE
        self._ready, self._over = Event(), Event()

    def warm(self) -> None:
        """Starts the engine's process, which takes most of a second, ahead of the run."""
        if self._child is None:
            self._ready, self._over = Event(), Event()
            self._planned = self._final = self._stopping = False
            self._child = Child(self._take, self._ended)

    def cool(self) -> None:
        """Ends an engine that was started and is not needed."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def prepare(self, plan: Plan) -> bool:
        """Has the engine load its persona; False where it cannot."""
        self.warm()
        assert self._child is not None
        if not self._planned:
            self._planned = True
            self._child.send(Message.PLAN, plan.encode())
        return self._ready.wait(_READY_WITHIN) and not self._over.is_set()

    def begin(self) -> None:
        """The engine's clock starts, at a rate of however many users there are."""
        if self._child is not None:
            start = time.time()
            self._table = Table(self._stats, start)
            self._child.send(Message.START, number(start))
            self._tell_soon()

    def change(self, by: int) -> None:
        """That many users more, or fewer."""
        self._users += by
        self._tell_soon()

    def stop(self, drain: float) -> None:
        """No further arrivals; visits get `drain` seconds to finish."""
        self._stopping, self._deadline = True, drain + _GRACE
        if self._child is not None:
            self._child.send(Message.STOP, number(drain))

    def wait(self) -> None:
        """Until the engine has said its last, so that Locust's table is complete."""
        child = self._child
        if child is not None and not self._over.wait(self._deadline):
            logger.error("the engine of %s does not end; it is killed", self.name)
            child.close()
        self._child = self._table = None

    def _tell_soon(self) -> None:
        if not self._telling and self._table is not None and not self._stopping:
            self._telling = True
            gevent.spawn_later(_GATHER, self._tell)

    def _tell(self) -> None:
        self._telling = False
        if self._child is not None and self._table is not None:
            self._child.send(Message.RATE, number(float(self._users)))

    def _take(self, message: Message, payload: bytes) -> None:
        if message is Message.READY:
            self._ready.set()
        elif message is Message.LOST:
            logger.error("%s: %s", self.name, payload.decode().partition(": ")[2])
        elif message is Message.FRAME and self._table is not None:
            frame = Frame.decode(payload)
            self._final = frame.final
            self._table.add(frame)
            self._tell_soon()  # once a second the rate is told again, whatever became of the last telling
            for note in frame.notes:
                logger.warning("%s: %s", self.name, note)

    def _ended(self, code: int) -> None:
        running = self._table is not None and not self._final and not self._stopping
        self._over.set()
        self._ready.set()
        if running:
            logger.error("the engine of %s ended with code %s before the run did", self.name, code)
            self._failed()
