"""The retry budget: how much may be asked of the gateway once more, so that what has just come back is not knocked over again.

Every call puts a share of one into it, asking once more takes one out, and an asking that came to something gives it back.  While all
fails hardly anybody asks again; as soon as answers come they carry the next askings with them.
"""

import time
from collections.abc import Callable
from typing import Final

LEAST: Final = 10.0
"""a wall second may be asked again whatever comes of it: somebody must find out that the gateway is back"""
_MOST: Final = 500.0


class RetryBudget:
    """`share` of one is put in by each call; None: there is no limit.  `clock` is monotonic seconds of the wall."""

    def __init__(self, share: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._share, self._clock = share, clock
        self._left, self._at = LEAST, clock()

    def takes(self) -> bool:
        """Whether something may be asked once more now."""
        if self._share is None:
            return True
        now = self._clock()
        if self._left < LEAST:
            self._left = min(self._left + LEAST * (now - self._at), LEAST)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def called(self, well: bool, again: bool) -> None:
        """A call came to something, or did not; `again`: it was let through by `takes`."""
        if self._share is not None:
            self._left = min(self._left + self._share + (1.0 if well and again else 0.0), _MOST)
