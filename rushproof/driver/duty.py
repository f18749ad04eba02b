"""What a Locust process does when it has started: the table of roles, by Locust's runner and by whether a run holds the other end."""

from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

import argparse
import socket
from typing import Any

from rushproof.driver.local import Local
from rushproof.driver.master import Master
from rushproof.driver.plain import Plain
from rushproof.driver.plain_master import PlainMaster
from rushproof.driver.stream import Stream
from rushproof.driver.worker import Worker


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: Any) -> None:
    """Options of ours beside Locust's."""
    parser.add_argument(
        "--own-host",
        include_in_web_ui=False,
        metavar="HOST",
        help="a host of yours beyond this machine that load may go to, which targets.yaml lists too",
    )
    parser.add_argument("--socket", type=int, include_in_web_ui=False, help=argparse.SUPPRESS)


@events.init.add_listener  # type: ignore[untyped-decorator]
def take_up(environment: Environment, runner: Runner, **_: Any) -> None:
    """Takes up this process's role."""
    descriptor = getattr(environment.parsed_options, "socket", None)
    if isinstance(runner, WorkerRunner):
        Worker(environment, runner)
    elif descriptor is None:
        PlainMaster(environment, runner) if isinstance(runner, MasterRunner) else Plain(environment)
    else:
        link = Stream(socket.socket(fileno=descriptor))
        Master(environment, runner, link) if isinstance(runner, MasterRunner) else Local(environment, runner, link)
