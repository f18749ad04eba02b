"""Who comes when, on which worker: the arrivals of a crowd cut into shares of equal work.

Arrival k of a crowd belongs to worker k mod W.  Its due time and its person depend on (seed, crowd, k) alone, so that any number of
workers, and any cut of the timetable, sees the same persons at the same times.  Where the persons are rows of a file, they come in the
file's order, and a cut of the timetable takes no more rows than it has arrivals.  A crowd of the people of another takes none: its
arrivals are a keyed permutation of that crowd's persons, whether or not these come in the part of the timetable that is run.
"""

from bisect import bisect_left

import msgspec
import numpy as np

from rushproof.arrivals import Even, arrivals
from rushproof.curve import line
from rushproof.keyed import IntArray, label, permuted
from rushproof.plan import Plan
from rushproof.seams import Arrivals

_MANY = 65_536
"""arrivals looked at together where all are looked at"""


class Block(msgspec.Struct, frozen=True):
    """Some arrivals in the order they are due: equally long columns."""

    number: IntArray
    """the arrival's, counted over the whole crowd"""
    person: IntArray
    """index into the population, or row of the persons' file"""
    due: IntArray
    """whole microseconds of wall time since the start"""


class Schedule:
    """One worker's arrivals of one crowd, handed out block by block; memory does not grow with the crowd."""

    def __init__(self, plan: Plan, crowd: int) -> None:
        self._plan = plan
        self._pace = plan.pace
        self._arrivals = _arrivals(plan, crowd)
        whose = _whose(plan, crowd)
        self.offset = plan.first_person + sum(_taken(plan, earlier) for earlier in range(whose))
        """where among the run's persons those of this crowd begin"""
        self._again = None if whose == crowd else (label(plan.seed, "again", plan.crowds[crowd].name), max(_taken(plan, whose), 1))
        self._people_key = label(plan.seed, "people")
        self._first = self._arrivals.before(plan.timetable.begin)
        self._end = self._arrivals.before(plan.timetable.end)
        self._next = self._mine(self._first)

    def block(self, limit: int) -> Block:
        """The next arrivals of this worker, at most `limit`; empty when there are no more."""
        number = np.arange(self._next, min(self._end, self._next + limit * self._plan.workers), self._plan.workers, dtype=np.int64)
        self._next += len(number) * self._plan.workers
        return Block(number, self.persons(number), self._due(number))

    def persons(self, number: IntArray) -> IntArray:
        """The person of each arrival number: no two arrivals of a crowd share one, as long as there are enough registered.

        Neither do two crowds, unless one is of the people of the other.
        """
        if has_file(self._plan):
            return number - self._first + self.offset
        registered = int(self._plan.population.registered)
        if self._again is not None:
            key, among = self._again
            number = permuted(key, number % among, among)
        return permuted(self._people_key, (number + self.offset) % registered, registered)

    def offered(self, until: float) -> int:
        """How many arrivals of this worker are due before wall second `until`."""
        behind = self._mine(self._before(until)) - self._mine(self._first)
        return behind // self._plan.workers

    def by_second(self) -> IntArray:
        """How many arrivals of all workers are due in each wall second."""
        seconds = np.zeros(int(np.ceil(self._pace.wall(self._plan.timetable.end))), dtype=np.int64)
        for first in range(self._first, self._end, _MANY):
            due = self._due(np.arange(first, min(first + _MANY, self._end)))
            seconds += np.bincount(due // 1_000_000, minlength=len(seconds))
        return seconds

    def _due(self, number: IntArray) -> IntArray:
        return np.floor(self._pace.walls(self._arrivals.due(number)) * 1e6).astype(np.int64)

    def _before(self, until: float) -> int:
        micros = until * 1e6
        return bisect_left(range(self._end), micros, self._first, key=lambda number: int(self._due(np.array([number]))[0]))

    def _mine(self, number: int) -> int:
        """The first arrival number of this worker that is not below `number`."""
        return number + (self._plan.worker - number) % self._plan.workers


def _arrivals(plan: Plan, crowd: int) -> Arrivals:
    mine = plan.crowds[crowd]
    if mine.arrivals is None:
        return Even(line(plan.timetable.begin, plan.timetable.end, 1.0, 1.0), 0, 0)
    return arrivals(mine.arrivals, mine.people, plan.timetable, plan.seed, mine.name)


def has_file(plan: Plan) -> bool:
    """Whether the persons are rows of a file, and not derived."""
    return plan.persons is not None and plan.persons.file is not None


def _whose(plan: Plan, crowd: int) -> int:
    """The crowd whose people come: its own, or those of the one it names."""
    names = [each.name for each in plan.crowds]
    of = plan.crowds[crowd].of
    return crowd if of is None else names.index(of)


def _taken(plan: Plan, crowd: int) -> int:
    """How many persons are set aside for a crowd; of a file, which ends, only those who are due in this part of the timetable."""
    if plan.crowds[crowd].of is not None:
        return 0
    mine = _arrivals(plan, crowd)
    return mine.before(plan.timetable.end) - mine.before(plan.timetable.begin) if has_file(plan) else mine.people


def persons(plan: Plan) -> int:
    """How many persons of the population, or rows of the persons' file, a run takes, beginning at its `first_person`."""
    return sum(_taken(plan, crowd) for crowd in range(len(plan.crowds)))
