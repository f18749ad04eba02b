"""What starts visits when they are due: from the plan's schedule, or at a rate that Locust steers."""

from collections.abc import Callable
from time import monotonic

import numpy as np

from rushproof.engine.crowd import Crowd
from rushproof.engine.visit import Visit
from rushproof.keyed import mix, mix_array
from rushproof.population import Person
from rushproof.schedule import Schedule

_BLOCK = 4096
_BATCH = 16


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
        self._place = 0
        self._read()

    def _read(self) -> None:
        block = self._schedule.block(_BLOCK)
        self._numbers: list[int] = block.number.tolist()
        self._keys: list[int] = mix_array(self._crowd.key_label, block.number).tolist()
        self._persons = self._crowd.population.people(block.person)
        self._dues: list[float] = (block.due * 1e-6 + self._start).tolist()
        self._place = 0

    def pump(self, now: float, room: int, spent: Callable[[], bool]) -> int:
        """Starts what is due by `now`, as long as there is room and time; says how many visits it began."""
        begun, crowd = 0, self._crowd
        now = min(now, self._end)
        while self._place < len(self._dues) and (due := self._dues[self._place]) <= now:
            place = self._place
            self._place = place + 1
            if begun < room:
                begin_visit(crowd, self._numbers[place], self._keys[place], next(self._persons), due)
                begun += 1
            else:
                next(self._persons)
                crowd.miss(due)
            if self._place == len(self._dues):
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
