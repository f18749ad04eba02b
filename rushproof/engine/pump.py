"""What starts visits when they are due: from the plan's schedule, or at a rate that Locust steers."""

from collections.abc import Callable, Iterator
from operator import length_hint
from time import monotonic

import numpy as np

from rushproof.engine.crowd import Crowd
from rushproof.engine.feed import Feed
from rushproof.engine.visit import Visit
from rushproof.keyed import mix, mix_array
from rushproof.population import Person
from rushproof.schedule import Block, Schedule

_BLOCK = 4096
_BATCH = 16
_LATE = 10.0
"""wall seconds after the last arrival that are waited for persons who are late"""


def begin_visit(crowd: Crowd, number: int, key: int, person: Person, arrival: float) -> None:
    """One person arrives; `key` is the first of the visit's idempotency keys."""
    crowd.offered += 1
    crowd.in_flight += 1
    Visit(crowd, number, key, person, arrival).resume(None)


class Pump:
    """Starts the arrivals of a schedule; `start` is the monotonic time of its beginning, `length` its wall seconds."""

    def __init__(self, crowd: Crowd, schedule: Schedule, start: float, length: float) -> None:
        self._crowd, self._schedule, self._start = crowd, schedule, start
        self._end = start + length
        self._numbers: list[int] = []
        self._keys: list[int] = []
        self._dues: list[float] = []
        self._place = self._known = 0
        """of the block at hand: who is next, and the first whose person is not known yet"""
        self._persons: Iterator[Person] = iter([])
        self._read()

    def _read(self) -> None:
        self._persons = self._crowd.population.people(self._block().person)
        self._known = len(self._dues)

    def _block(self) -> Block:
        block = self._schedule.block(_BLOCK)
        self._numbers = block.number.tolist()
        self._keys = mix_array(self._crowd.key_label, block.number).tolist()
        self._dues = (block.due * 1e-6 + self._start).tolist()
        self._place = 0
        return block

    def pump(self, now: float, room: int, spent: Callable[[], bool]) -> int:
        """Starts what is due by `now`, as long as there is room and time; says how many visits it began."""
        begun, crowd = 0, self._crowd
        now = min(now, self._end)
        while self._place < self._known and (due := self._dues[self._place]) <= now:
            place = self._place
            self._place = place + 1
            if begun < room:
                begin_visit(crowd, self._numbers[place], self._keys[place], next(self._persons), due)
                begun += 1
            else:
                next(self._persons)
                crowd.miss(due)
            if self._place == self._known:
                self._read()
            if not begun % _BATCH and spent():
                break
        return begun

    def stop(self, now: float) -> None:
        """No arrival that is due later."""
        self._end = min(self._end, now)

    def until(self, now: float) -> float:
        """Every arrival due before this moment has been offered."""
        horizon = min(now, self._end)
        return min(horizon, self._dues[self._place]) if self._place < len(self._dues) else horizon

    def overdue(self, now: float) -> int:
        """Arrivals of the block at hand that are due and not begun."""
        horizon = min(now, self._end)
        return int(np.searchsorted(self._dues[self._place :], horizon))

    def over(self, now: float) -> bool:
        """Whether the last arrival has been offered."""
        return now >= self._end and self.until(now) >= self._end


class FedPump(Pump):
    """The same with persons who are fed: an arrival whose person is late waits for it, and everybody behind does.

    Where no more come, or one could not be had, the arrival is missed.
    """

    def __init__(self, crowd: Crowd, feed: Feed, schedule: Schedule, start: float, length: float) -> None:
        self._feed = feed
        super().__init__(crowd, schedule, start, length)

    def _read(self) -> None:
        if self._place == len(self._dues):
            self._block()
        if not length_hint(self._persons):
            self._persons = iter(self._feed.take())
        self._known = min(len(self._dues), self._place + length_hint(self._persons))

    def pump(self, now: float, room: int, spent: Callable[[], bool]) -> int:
        begun = 0
        while True:
            if self._place == self._known:
                self._read()
            begun += super().pump(now, room - begun, spent)
            if not self._waits(now) or not self._feed.skip(self._numbers[self._place]):
                return begun
            self._crowd.miss(self._dues[self._place])
            self._place += 1
            self._known = self._place
            if spent():
                return begun

    def _waits(self, now: float) -> bool:
        """Whether somebody is due whose person is not there; what is not there long after the end does not come."""
        if self._place < self._known or self._place == len(self._dues) or self._dues[self._place] > min(now, self._end):
            return False
        if now > self._end + _LATE:
            self._feed.give_up(f"they were not there {_LATE:g} s after the last was due")
        return True

    def stop(self, now: float) -> None:
        """No arrival that is due later, and none whose person is late."""
        super().stop(now)
        self._feed.give_up("the load was stopped, and they were late")


class Tap:
    """Starts visits at a rate that is turned up and down while it runs; arrivals are evenly spaced."""

    def __init__(self, crowd: Crowd, persons: Callable[[int], Person], worker: int, workers: int) -> None:
        self._crowd, self._persons = crowd, persons
        self._worker, self._workers = worker, workers
        self._count = 0
        self._gap = 0.0
        self._next = 0.0
        self._stopped = False

    def turn(self, rate: float) -> None:
        """`rate` arrivals a second from now on; the wait for the next one shrinks or grows in proportion."""
        now = monotonic()
        gap = 1.0 / rate if rate > 0 else 0.0
        left = (self._next - now) / self._gap if self._gap else 1.0
        self._next = now + max(left, 0.0) * gap
        self._gap = gap

    def pump(self, now: float, room: int, spent: Callable[[], bool]) -> int:
        begun = 0
        while self._gap and self._next <= now and not self._stopped:
            number = self._count * self._workers + self._worker
            self._count += 1
            if begun < room:
                begin_visit(self._crowd, number, mix(self._crowd.key_label, number), self._persons(number), self._next)
                begun += 1
            else:
                self._crowd.miss(self._next)
            self._next += self._gap
            if not begun % _BATCH and spent():
                break
        return begun

    def stop(self, now: float) -> None:
        self._stopped = True

    def until(self, now: float) -> float:
        return min(now, self._next) if self._gap and not self._stopped else now

    def overdue(self, now: float) -> int:
        return int((now - self._next) / self._gap) + 1 if self._gap and not self._stopped and self._next <= now else 0

    def over(self, now: float) -> bool:
        return self._stopped
