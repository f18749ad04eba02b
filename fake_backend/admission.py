"""What cannot be held is shed at once, with a time at which to come again.

The queue is what waits for its commit.  When it is full a request is refused before its body is read; `Retry-After` is the time that the
queue takes to drain at the rate of the last commits, in whole seconds, at least one.
"""

import math
from collections.abc import Callable
from typing import Final

from fake_backend.facts import Refusal
from fake_backend.group_commit import GroupCommit

AWAY: Final = Refusal("database_away", "nothing can be looked up or stored at the moment", None, {"Retry-After": "1"})


def _there() -> bool:
    return False


class Admission:
    """Guards the way into the ledger; `most` is how many may wait, `away` says whether the database is, and `elsewhere` how many wait in
    other processes."""

    def __init__(self, commits: GroupCommit, most: int, away: Callable[[], bool] = _there, elsewhere: Callable[[], int] = int) -> None:
        self._commits, self.most, self._away, self._elsewhere = commits, most, away, elsewhere

    def refusal(self) -> Refusal | None:
        """The no to one more, or None when there is room."""
        depth = self._commits.depth + self._elsewhere()
        if depth < self.most and not self._away():
            return None
        if self._away():
            return AWAY
        rate = self._commits.rate
        seconds = max(1, math.ceil(depth / rate)) if rate else 1
        return Refusal("overloaded", f"{depth} are waiting", None, {"Retry-After": str(seconds)})
