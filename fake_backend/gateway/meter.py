"""How many requests come in a second, and how many are under way: what limits of rate and concurrency look at."""

import time
from collections.abc import Callable


class Meter:
    """A bucket that fills with the rate asked for; `wall` is monotonic seconds."""

    def __init__(self, wall: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._spent, self._at = 0.0, wall()
        self.under_way = 0

    def admits(self, rate: float) -> bool:
        """Whether one more is within so many a second; a second's worth may come at once."""
        now = self._wall()
        self._spent, self._at = max(self._spent - (now - self._at) * rate, 0.0), now
        if self._spent + 1.0 > max(rate, 1.0):
            return False
        self._spent += 1.0
        return True
