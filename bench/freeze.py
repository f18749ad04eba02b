"""What persons must have lived through when a server stood still: the answer to which a generator's percentiles are held.

The model is a bare server that serves in the order in which requests were due, one each `gap` seconds at most, in `service` seconds, and
not at all while it is frozen.  For one step and no gap a person due at t then waits max(service, thaw − t).  The freeze is the measured
one, not the one asked for.  The gap is the measured pace at which the backlog drained: not all who waited can be answered in one instant.
"""

import os
import signal
import time
from collections.abc import Sequence
from heapq import heappop, heappush

import msgspec
import numpy as np

from rushproof.keyed import FloatArray, IntArray

SHARES = (0.9, 0.95, 0.98, 0.99, 0.999)
"""the percentiles that are held to the ideal"""


class Freeze(msgspec.Struct, frozen=True):
    """From when to when a process was stopped, in wall seconds since the start of the run."""

    begin: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.begin


class Stopper:
    """Stops a process and lets it go on, and remembers when: the middle of the moments before and after each signal."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self.blur = 0.0
        """the longest that a signal took to be sent, seconds"""

    def stop(self, pid: int) -> None:
        self._signal(pid, signal.SIGSTOP)

    def go(self, pid: int) -> None:
        self._signal(pid, signal.SIGCONT)

    def _signal(self, pid: int, which: signal.Signals) -> None:
        before = time.time()
        os.kill(pid, which)
        after = time.time()
        self.blur = max(self.blur, after - before)
        self._times.append((before + after) / 2)

    def freeze(self, start: float) -> Freeze:
        """The freeze on the clock of a run that began at unix time `start`."""
        begin, end = self._times
        return Freeze(begin - start, end - start)


def responses(due: Sequence[float], think: Sequence[float] | None, freeze: Freeze, service: float, gap: float) -> tuple[FloatArray, ...]:
    """How long each person waits at each step: one array for one step, two where there is a think time to a second."""
    waiting = [(at, number, 0) for number, at in enumerate(due)]  # sorted, and so already a heap
    found: tuple[list[float], list[float]] = ([], [])
    free = float("-inf")
    while waiting:
        at, number, step = heappop(waiting)
        begin = max(at, free)
        if freeze.begin <= begin < freeze.end:
            begin = freeze.end
        free = begin + gap
        done = begin + service
        found[step].append(done - at)
        if step == 0 and think is not None:
            heappush(waiting, (done + think[number], number, 1))
    return tuple(np.array(each) for each in (found if think is not None else found[:1]))


def at_share(values: FloatArray, share: float) -> float:
    """The smallest value with at least ⌈share · n⌉ at or below it."""
    ordered = np.sort(values)
    return float(ordered[max(int(np.ceil(share * len(ordered) - 1e-9)), 1) - 1])


def allowed(ideal: float) -> float:
    """How far a percentile may be off: 1 % or 10 ms, whichever is more."""
    return max(0.01 * ideal, 0.010)


def pace(served: IntArray, resolution: float, thaw: float, backlog: int) -> float:
    """Answers a second while the backlog drained: the slope from its first tenth to its ninth.

    `served` are answers by journal bucket of `resolution` seconds; `backlog` is how many persons were due while nothing was served.
    """
    first = int(thaw / resolution)
    gone = np.concatenate([[0], np.cumsum(served[first:])])
    at = np.maximum((first + np.arange(len(gone))) * resolution, thaw)
    if gone[-1] < backlog or backlog < 10:
        raise ValueError(f"{gone[-1]} answers after the thaw drain no backlog of {backlog}")
    tenth, ninth = np.interp([0.1 * backlog, 0.9 * backlog], gone, at)
    return float(0.8 * backlog / max(ninth - tenth, 1e-9))
