"""The master of a run without a scenario: it deals the seed, and waits at the end until every worker's table is complete."""

from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

import secrets
from typing import Any

import gevent

from rushproof.driver.plain import Plain, let_csv_be_written

HERE = "rushproof.here"
"""What a worker says first, with its version; a master with a scenario answers with the plan."""
_HALT, _HALTED = "rushproof.halt", "rushproof.halted"
_GRACE = 5.0


class PlainMaster:
    """Locust's own master gives workers half a second for their last report; an engine that drains may need longer."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        self._environment, self._runner = environment, runner
        self._halted: set[str] = set()
        environment.events.test_start.add_listener(self._deal)
        environment.events.test_stopping.add_listener(self._halt)
        runner.register_message(HERE, lambda environment, msg, **_: None)  # there is no scenario to deal
        runner.register_message(_HALTED, lambda environment, msg, **_: self._halted.add(msg.node_id))

    def _deal(self, **_: Any) -> None:
        """Other persons every run, and no two workers the same; Locust hands its options to the workers that it starts."""
        options: Any = self._environment.parsed_options
        options.rushproof_seed = secrets.randbits(31)
        options.rushproof_workers = self._runner.worker_index_max

    def _halt(self, **_: Any) -> None:
        self._halted.clear()
        drain = float(self._environment.stop_timeout or 0.0)
        self._runner.send_message(_HALT, {"drain": drain})
        with gevent.Timeout(drain + _GRACE, False):
            while any(client.id not in self._halted for client in self._runner.clients.all if client.state != STATE_MISSING):
                gevent.sleep(0.02)
        let_csv_be_written(self._environment.parsed_options)


def answer_halt(environment: Environment, runner: WorkerRunner, plain: Plain) -> None:
    """Has a worker stop when its master says so, send its complete table, and say that it did."""

    def halt(**_: Any) -> None:
        plain.halt()
        runner._send_stats()
        runner.send_message(_HALTED)

    runner.register_message(_HALT, halt)
