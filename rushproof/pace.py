"""How scenario time and the wall go together: a line that is steeper in some stretches of the timetable, and jumps in others.

Everything that turns one into the other goes through here: due times, think times, windows, the clocks that processes are given.
Scenario time is seconds since midnight of the scenario's day; wall time is seconds since the moment at which the run's part begins.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from rushproof.keyed import FloatArray

JUMP = math.inf
"""the speed of a stretch that takes no wall time"""


class Turn(NamedTuple):
    """Where a clock changes its course: when it shows `at` it shows `to` instead, and runs at `speed` from there on."""

    at: float
    to: float
    speed: float


class Piece(NamedTuple):
    """A straight part of the line, from one scenario time up to another, at one speed."""

    first: float
    last: float
    speed: float


class Pace:
    """The line from scenario time `begin` on: at `speed`, but for the stretches (first, last, speed), which do not overlap.

    A moment inside a jump is reached when the jump is made.  Before `begin` the clock runs as it does from there on.
    """

    __slots__ = ("_speeds", "_starts", "_walls", "begin")

    def __init__(self, begin: float, speed: float, stretches: Iterable[tuple[float, float, float]] = ()) -> None:
        self.begin = begin
        line = _line(begin, speed, stretches)
        self._starts = [start for start, _ in line]
        self._speeds = [fast for _, fast in line]
        self._walls = [0.0]
        for start, end, fast in zip(self._starts, self._starts[1:], self._speeds, strict=False):
            self._walls.append(self._walls[-1] + (end - start) / fast)

    @property
    def plain(self) -> bool:
        """Whether it is one straight line."""
        return len(self._starts) == 1

    @property
    def first_speed(self) -> float:
        """The speed at which it begins."""
        return self._speeds[0]

    def wall(self, at: float) -> float:
        """The wall second at which the scenario's clock reaches `at`."""
        if at < self._starts[0]:
            return min(at - self.begin, 0.0) / self._speeds[0]
        piece = bisect_right(self._starts, at) - 1
        return self._walls[piece] + (at - self._starts[piece]) / self._speeds[piece]

    def walls(self, at: FloatArray) -> FloatArray:
        """`wall` of many moments at once."""
        if self.plain and self._starts[0] == self.begin:
            return (at - self.begin) / self._speeds[0]
        piece = np.maximum(np.searchsorted(self._starts, at, side="right") - 1, 0)
        starts, walls, speeds = (np.asarray(each, dtype=np.float64)[piece] for each in (self._starts, self._walls, self._speeds))
        early = np.minimum(at - self.begin, 0.0) / self._speeds[0]
        return np.where(at < self._starts[0], early, walls + (at - starts) / speeds)

    def at(self, wall: float) -> float:
        """What the scenario's clock shows at a wall second; where it jumps then, what it jumps to."""
        piece = max(bisect_right(self._walls, wall) - 1, 0)
        return self._starts[piece] + (wall - self._walls[piece]) * self._speeds[piece]

    def lasts(self, wall: float, seconds: float) -> float:
        """Wall seconds, from a wall second on, in which so many seconds of scenario time go by."""
        if self.plain:
            return seconds / self._speeds[0]
        return max(self.wall(self.at(wall) + seconds) - wall, 0.0)

    def pieces(self, first: float, last: float) -> tuple[Piece, ...]:
        """The straight parts between two scenario times, jumps among them."""
        ends = (*self._starts[1:], math.inf)
        cut = (Piece(max(a, first), min(b, last), fast) for a, b, fast in zip(self._starts, ends, self._speeds, strict=True))
        return tuple(piece for piece in cut if piece.first < piece.last)

    def speed(self, first: float, last: float) -> float | None:
        """The one speed of all that lies between two scenario times; None where there are several, or a jump."""
        speeds = {piece.speed for piece in self.pieces(max(first, self._starts[0]), last)}
        return speeds.pop() if len(speeds) == 1 and JUMP not in speeds else None

    def turns(self) -> tuple[Turn, ...]:
        """What a clock that was set to run at the first speed has to be told."""
        turns: list[Turn] = []
        ends = (*self._starts[1:], math.inf)
        for start, end, fast, after in zip(self._starts, ends, self._speeds, (*self._speeds[1:], JUMP), strict=True):
            if fast == JUMP:
                turns.append(Turn(start, end, after))
            elif start != self._starts[0] and not (turns and turns[-1].to == start):
                turns.append(Turn(start, start, fast))
        return tuple(turns)


def _line(begin: float, speed: float, stretches: Iterable[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """Where each straight part begins, and its speed; it does not begin with a jump, which is over before anything is due."""
    line: list[tuple[float, float]] = []
    here = begin
    for first, last, fast in sorted(stretches):
        if last <= here:
            continue
        if first > here:
            line.append((here, speed))
        line.append((max(first, here), fast))
        here = last
    line.append((here, speed))
    while line[0][1] == JUMP:
        line.pop(0)
    return [part for nth, part in enumerate(line) if not nth or part[1] != line[nth - 1][1]]
