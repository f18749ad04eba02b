"""The alarm: rings while calls about payments fail so much more often than they may that it cannot be chance, and still do so.

failed ÷ made ≥ burn rate × (1 − objective)    over a long window, so that a hiccup does not ring it,
                                               and over a short one, so that it is silent soon after the end
"""

import time
from collections import deque
from collections.abc import Callable

from fake_backend.settings import Settings


class Alarm:
    """Counts calls second by second; `clock` is monotonic seconds of the wall."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._least = clock, settings.alarm_least
        self._long, self._short = float(settings.alarm_long), float(settings.alarm_short)
        self._most = settings.burn_rate * (1.0 - settings.objective)
        self._seconds: deque[tuple[int, list[int]]] = deque()
        """wall second → made, failed"""
        self._rang = False
        self._silent_since = clock()

    def count(self, well: bool) -> None:
        """A call came to something, or did not."""
        second = int(self._clock())
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, [0, 0]))
        counts = self._seconds[-1][1]
        counts[0] += 1
        counts[1] += not well

    def rings(self) -> bool:
        """Whether it rings.  Where nobody called lately there is no telling, and it stays as it was."""
        now = self._clock()
        while self._seconds and self._seconds[0][0] < now - self._long - 1:
            self._seconds.popleft()
        made, failed = self._counted(now - self._long)
        lately, in_vain = self._counted(now - self._short)
        before = self._rang
        if lately:
            burning = failed >= self._least and failed >= self._most * made and in_vain >= max(self._most * lately, 1)
            self._rang = burning
        elif not failed:
            self._rang = False  # nothing has failed for so long that there is nothing to ring for
        if before and not self._rang:
            self._silent_since = now
        return self._rang

    def silent_for(self) -> float:
        """Wall seconds since it rang last; 0 while it does."""
        return 0.0 if self.rings() else self._clock() - self._silent_since

    def failing_for(self) -> float:
        """Wall seconds since calls began to fail more often than they may; at most the long window, 0 where they do not."""
        first, excess = None, 0.0
        for second, (made, failed) in self._seconds:
            excess = max(excess + failed - self._most * made, 0.0)
            if not excess:
                first = None  # what failed before was chance
            elif first is None:
                first = second
        return 0.0 if first is None else max(self._clock() - first, 0.0)

    def _counted(self, since: float) -> tuple[int, int]:
        counts = [counts for second, counts in self._seconds if second + 1 > since]
        return sum(made for made, _ in counts), sum(failed for _, failed in counts)
