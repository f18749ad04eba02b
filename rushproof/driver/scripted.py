"""What makes a Locust process follow a scenario instead of its own start button."""

from locust.env import Environment
from locust.runners import Runner

import logging
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event

from rushproof.driver.stream import Stream
from rushproof.errors import PASS
from rushproof.wire import Message

logger = logging.getLogger(__name__)


def follow_the_run(environment: Environment, runner: Runner, link: Stream, take: Callable[[Message, bytes], None]) -> Callable[[], None]:
    """Gives the run's messages to `take` until the run is gone or the function returned here is called; then Locust quits, with 0."""
    runner.start = _leave_it  # type: ignore[method-assign]
    environment.process_exit_code = PASS
    end = Event()

    def listen() -> None:
        link.read(take)
        end.set()

    def quit_at_the_end() -> None:
        end.wait()
        runner.quit()
        if environment.web_ui is not None:
            environment.web_ui.stop()

    gevent.spawn(listen)
    gevent.spawn(quit_at_the_end)

    def finish() -> None:
        end.set()

    return finish


def _leave_it(*_: Any, **__: Any) -> None:
    """Instead of Locust's own start: the scenario says who comes and when."""
    logger.debug("the scenario says who comes, not --users")
