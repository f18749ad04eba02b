"""The Locust user behind a persona: a greenlet that does nothing but be counted."""

from locust import User
from locust.exception import StopTest
from locust.user.task import LOCUST_STATE_WAITING

from typing import Any, ClassVar

import gevent

from rushproof.driver.headcount import Headcount

_DAY = 86_400.0


def _arrive(user: User) -> None:
    """Never called: the engine acts in this user's stead.  Locust warns of a user without a task."""


class ArrivalUser(User):
    """Stands for one arrival a second: while it runs the engine's rate is higher by one.  It makes no requests itself."""

    abstract = True
    tasks = [_arrive]
    headcount: ClassVar[Headcount | None] = None
    """of this class, set when Locust has started"""

    def __init__(self, environment: Any = None) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest("say where the load goes: --host http://127.0.0.1:8000, or the attribute `host` of the class")
        if self.headcount is None:
            raise StopTest(f"{type(self).__name__} runs under the `locust` command or `rushproof run` only")

    def run(self) -> None:  # type: ignore[misc]  # marked final for type checkers; Locust's own PytestUser overrides it too
        """Until Locust takes this user away."""
        headcount = self.headcount
        assert headcount is not None
        self._state = LOCUST_STATE_WAITING  # between two tasks, so to speak: a user that is waiting may be stopped at once
        headcount.change(1)
        try:
            while True:
                gevent.sleep(_DAY)
        finally:
            headcount.change(-1)
