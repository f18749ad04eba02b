"""The Locust master of a run with a scenario: it deals the plan to its workers and passes on what they say."""

from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner

import logging
from typing import Any

import gevent
import msgspec

from rushproof import __version__
from rushproof.driver.plain_master import HERE
from rushproof.driver.scripted import follow_the_run
from rushproof.driver.stream import Stream
from rushproof.driver.worker import DOWN, UP
from rushproof.plan import Plan
from rushproof.wire import Message, number

_LOOK = 0.2
"""seconds between two looks whether a worker is gone"""

logger = logging.getLogger(__name__)


class Master:
    """Workers are numbered in the order in which they say that they are here; the run begins when the expected number is ready.

    A worker that quits, or whose heartbeat Locust misses (about four seconds), is LOST, once and for good: what it says later is not
    passed on, and it is told to stop.
    """

    def __init__(self, environment: Environment, runner: MasterRunner, link: Stream) -> None:
        self._runner, self._link = runner, link
        self._plan: Plan | None = None
        options: Any = environment.parsed_options
        self._expected = int(options.expect_workers)
        options.expect_workers = 0  # Locust need not wait for them, and could not be told to stop waiting
        self._numbers: dict[str, int] = {}
        self._ready: set[int] = set()
        self._over: set[int] = set()
        runner.register_message(HERE, self._greet)
        runner.register_message(UP, self._pass)
        environment.events.quitting.add_listener(self._lose_the_rest)
        self._end = follow_the_run(environment, runner, link, self._take)
        gevent.spawn(self._look)

    def _take(self, message: Message, payload: bytes) -> None:
        """From the run."""
        if message is Message.PLAN:
            self._plan = Plan.decode(payload)
            for client in self._numbers:
                self._deal(client)
            return
        if message is Message.START:
            self._runner.stats.clear_all()
            self._runner.update_state("running")
        for client in self._numbers:
            self._tell(client, message, payload)
        if message is Message.STOP and len(self._ready) < self._expected:
            self._end()  # stopped before it began

    def _greet(self, msg: Any, **_: Any) -> None:
        """A worker is here."""
        client, version = msg.node_id, msg.data["version"]
        if version != __version__:
            logger.error("worker %s has rushproof %s, the master has %s: it is not used", client, version, __version__)
        elif len(self._numbers) == self._expected:
            logger.warning("worker %s is one more than the %d expected: it is not used", client, self._expected)
        elif client not in self._numbers:
            self._numbers[client] = len(self._numbers)
            if self._plan is not None:
                self._deal(client)

    def _deal(self, client: str) -> None:
        assert self._plan is not None
        plan = msgspec.structs.replace(self._plan, worker=self._numbers[client], workers=self._expected)
        self._tell(client, Message.PLAN, plan.encode())

    def _tell(self, client: str, message: Message, payload: bytes) -> None:
        self._runner.send_message(DOWN, [int(message), payload], client)  # type: ignore[arg-type]  # any value that msgpack knows

    def _pass(self, msg: Any, **_: Any) -> None:
        """From a worker to the run."""
        worker = self._numbers.get(msg.node_id)
        if worker is None or worker in self._over:
            return
        message, payload, last = Message(msg.data[0]), msg.data[1], msg.data[2]
        if message is Message.READY:
            self._ready.add(worker)
            if len(self._ready) == self._expected:
                self._link.send(Message.READY)
            return
        self._link.send(message, payload)
        if last:
            self._finish(worker)

    def _look(self) -> None:
        """Whether a worker is gone."""
        while True:
            gevent.sleep(_LOOK)
            for client in self._numbers:
                node = self._runner.clients.get(client)
                if node is None:
                    self._lose(client, "it quit")
                elif node.state == STATE_MISSING:
                    self._lose(client, "nothing heard from it")

    def _lose(self, client: str, why: str) -> None:
        worker = self._numbers[client]
        if worker not in self._over:
            logger.error("worker %d is lost: %s", worker, why)
            self._link.send(Message.LOST, f"{worker}: {why}".encode())
            self._tell(client, Message.STOP, number(0.0))
            self._finish(worker)

    def _lose_the_rest(self, **_: Any) -> None:
        """Locust quits: what has not reported its last will not."""
        for client in self._numbers:
            self._lose(client, "Locust quit")

    def _finish(self, worker: int) -> None:
        self._over.add(worker)
        if len(self._over) == self._expected:
            self._end()
