"""A cap on a rate: a bucket that fills with time; what takes more than is in it makes those after it wait."""

import math
from collections.abc import Callable


class Cap:
    """At most so many a second of the clock `now`, with a second's worth at once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._level, self._at = math.inf, now()

    def wait(self, count: int, rate: float) -> float:
        """Take `count`; 0 where there was room, else the seconds until there is, and nothing was taken.  No rate: no cap."""
        if rate <= 0:
            return 0.0
        now = self._now()
        self._level, self._at = min(self._level + max(now - self._at, 0.0) * rate, rate), now
        if self._level <= 0:
            return -self._level / rate + min(count, rate) / rate * 0.5
        self._level -= count
        return 0.0
