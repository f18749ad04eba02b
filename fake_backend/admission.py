"""What cannot be held is shed at once, with a time at which to come again.

The queue is what waits for its commit.  When it is full a request is refused before its body is read; `Retry-After` is the time that the
queue takes to drain at the rate of the last commits, in whole seconds, at least one.
"""

import math

from fake_backend.facts import Refusal
from fake_backend.group_commit import GroupCommit


class Admission:
    """Guards the way into the ledger; `most` is how many may wait."""

    def __init__(self, commits: GroupCommit, most: int) -> None:
        self._commits, self.most = commits, most
        self.shed = 0

    def refusal(self) -> Refusal | None:
        """The no to one more, or None when there is room."""
        depth = self._commits.depth
        if depth < self.most:
            return None
        self.shed += 1
        rate = self._commits.rate
        seconds = max(1, math.ceil(depth / rate)) if rate else 1
        return Refusal("overloaded", f"{depth} are waiting", None, {"Retry-After": str(seconds)})
