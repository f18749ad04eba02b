"""A run without a scenario, `locust -f locustfiles/daily_reserver.py`: Locust says how many users there are, and they are the rate."""

from locust.env import Environment
from locust.runners import LocalRunner, WorkerRunner
from locust.stats import CSV_STATS_INTERVAL_SEC

import inspect
import secrets
import sys
from pathlib import Path
from typing import Any

import gevent

from rushproof.driver.headcount import Headcount
from rushproof.driver.own_host import own_host
from rushproof.driver.user import ArrivalUser
from rushproof.errors import CANNOT_TELL, NOT_STARTED
from rushproof.plan import CrowdPlan, Plan
from rushproof.population import PopulationSpec
from rushproof.timetable import Moment, Timetable

_SHARES = 16
"""into how many shares the persons are cut at least, so that workers that join late have one of their own"""
_ENDLESS = Timetable(first=Moment.read("00:00"), last=Moment.read("00:00 + 365d"))


def let_csv_be_written(options: Any) -> None:
    """Locust writes its CSV files once a second and not at the end; the table is complete now, so they shall be."""
    if getattr(options, "csv_prefix", None):
        gevent.sleep(CSV_STATS_INTERVAL_SEC * 1.1)


class Plain:
    """What a plain run does in a process that has users: each persona's engine is started, told the count of its users, and stopped.

    A worker that turns out to belong to a run with a scenario sets it to `rest`.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._options: Any = environment.parsed_options
        self._idle = False
        kinds = [*(environment.available_user_classes or {}).values(), *environment.user_classes]
        self._kinds: list[Any] = [kind for kind in dict.fromkeys(kinds) if issubclass(kind, ArrivalUser)]  # type: ignore[arg-type]
        for kind in self._kinds:
            kind.headcount = Headcount(kind.__name__, environment.stats, self._fail)
            kind.headcount.warm()
        environment.events.test_start.add_listener(self._begin)
        environment.events.test_stopping.add_listener(self._stop)
        environment.events.test_stop.add_listener(self._wait)
        if isinstance(environment.runner, LocalRunner) and getattr(self._options, "headless", False) and not self._prepare():
            sys.exit(NOT_STARTED)  # ready before Locust's --run-time begins to count, or not at all

    def rest(self) -> None:
        """There is a scenario: no part in it for this."""
        self._idle = True
        for kind in self._kinds:
            kind.headcount.cool()

    def halt(self) -> None:
        """Stops the arrivals now and waits until the table is complete."""
        self._stop()
        self._wait()

    def _prepare(self) -> bool:
        seed = getattr(self._options, "rushproof_seed", None) or secrets.randbits(31)
        plans = [(kind.headcount, self._plan(kind, seed)) for kind in self._running() if self._host(kind)]
        return all(headcount.prepare(plan) for headcount, plan in plans)

    def _begin(self, **_: Any) -> None:
        if self._idle:
            return
        if not self._prepare():
            self._fail()
            return
        for kind in self._running():
            kind.headcount.begin()

    def _stop(self, **_: Any) -> None:
        for kind in self._kinds:
            kind.headcount.stop(float(self._environment.stop_timeout or 0.0))

    def _wait(self, **_: Any) -> None:
        for kind in self._kinds:
            kind.headcount.wait()
        if not isinstance(self._environment.runner, WorkerRunner):
            let_csv_be_written(self._options)

    def _fail(self) -> None:
        """An engine is gone: Locust must not go on as if load were made."""
        runner = self._environment.runner
        assert runner is not None
        self._environment.process_exit_code = CANNOT_TELL
        headless = isinstance(runner, WorkerRunner) or self._options.headless
        gevent.spawn(runner.quit if headless else runner.stop)

    def _running(self) -> list[Any]:
        return [kind for kind in self._kinds if kind in self._environment.user_classes]

    def _host(self, kind: Any) -> str | None:
        return self._environment.host or kind.host

    def _plan(self, kind: Any, seed: int) -> Plan:
        """Endless, at scenario speed 1, with the persona's own defaults; the persons are cut by worker and by persona."""
        options, runner = self._options, self._environment.runner
        workers = max(_SHARES, 2 * int(getattr(options, "rushproof_workers", None) or 1))
        worker = max(int(getattr(runner, "worker_index", 0)), 0) % workers
        own = own_host(getattr(options, "own_host", None), Path.cwd())
        return Plan(
            run="plain",
            salt=f"{seed:016x}",
            seed=seed,
            url=str(self._host(kind)),
            crowds=(CrowdPlan(name=kind.__name__, persona=inspect.getfile(kind), people=0, arrivals=None),),
            population=PopulationSpec(),
            timetable=_ENDLESS,
            worker=worker * len(self._kinds) + self._kinds.index(kind),
            workers=workers * len(self._kinds),
            own_host=own.name,
            addresses=own.addresses,
        )
