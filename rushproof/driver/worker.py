"""A Locust worker: in a run with a scenario its station on the master's channel, otherwise its share of a plain run."""

from locust.env import Environment
from locust.runners import WorkerRunner

import logging
import time
from typing import Any

import gevent

from rushproof import __version__
from rushproof.driver.plain import Plain
from rushproof.driver.plain_master import HERE, answer_halt
from rushproof.driver.station import Station
from rushproof.errors import PASS
from rushproof.plan import Plan
from rushproof.wire import Message, read_number

DOWN, UP = "rushproof.down", "rushproof.up"
"""Our messages on Locust's channel.  Down: [message, payload].  Up: [message, payload, whether it is the last]."""
_SILENCE = 10.0
"""seconds without a heartbeat of the master after which a run with a scenario is over for this worker; Locust itself waits for a minute"""

logger = logging.getLogger(__name__)


class Worker:
    """Says that it is here, and then does what the master says; a master without a scenario says nothing, and the run is a plain one."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._environment, self._runner = environment, runner
        self._plain = Plain(environment)
        self._station: Station | None = None
        answer_halt(environment, runner, self._plain)
        runner.register_message(DOWN, self._take)
        runner.send_message(HERE, {"version": __version__})

    def _take(self, msg: Any, **_: Any) -> None:
        message, payload = Message(msg.data[0]), msg.data[1]
        if message is Message.PLAN:
            self._plain.rest()
            self._environment.process_exit_code = PASS
            self._station = Station(self._environment, Plan.decode(payload), self._send)
            self._station.prepare()
            gevent.spawn(self._watch_the_master)
        elif message is Message.START and self._station is not None:
            self._runner.worker_state = "running"
            self._station.start(read_number(payload))
        elif message is Message.STOP and self._station is not None:
            self._station.stop(read_number(payload))

    def _send(self, message: Message, payload: bytes, over: bool) -> None:
        self._runner.send_message(UP, [int(message), payload, over])  # type: ignore[arg-type]  # any value that msgpack knows

    def _watch_the_master(self) -> None:
        while True:
            gevent.sleep(1.0)
            heard = self._runner.last_heartbeat_timestamp
            if heard is not None and time.time() - heard > _SILENCE:
                logger.error("the master is gone: nothing heard for %g s", _SILENCE)
                self._runner.quit()
