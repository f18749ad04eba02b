"""Timers by the millisecond: a slot is a list, so that a million sleeping visits cost a list entry each."""

from collections.abc import Callable, Iterator
from typing import Protocol

_SLOTS_PER_SECOND = 1000
_BATCH = 64


class Sleeper(Protocol):
    """What can be put to sleep: it is woken in the first turn at or after its time, never before."""

    def wake(self) -> None: ...


class Wheel:
    """Wakes sleepers in the order of their milliseconds; the caller says what time it is."""

    def __init__(self, now: float) -> None:
        self._slots: dict[int, list[Sleeper]] = {}
        self._next = int(now * _SLOTS_PER_SECOND)

    def sleep(self, until: float, sleeper: Sleeper) -> None:
        """Wakes `sleeper` once `until` (seconds of the caller's clock) is over."""
        slot = max(int(until * _SLOTS_PER_SECOND) + 1, self._next)
        try:
            self._slots[slot].append(sleeper)
        except KeyError:
            self._slots[slot] = [sleeper]

    def turn(self, now: float, spent: Callable[[], bool]) -> None:
        """Wakes everything whose time has come; once `spent` says so, the rest is left for the next turn."""
        last, slots = int(now * _SLOTS_PER_SECOND), self._slots
        while self._next <= last:
            if not slots:
                self._next = last + 1
                return
            sleepers = slots.pop(self._next, None)
            if sleepers is None:
                self._next += 1
                continue
            for begin in range(0, len(sleepers), _BATCH):
                for sleeper in sleepers[begin : begin + _BATCH]:
                    sleeper.wake()
                if spent() and begin + _BATCH < len(sleepers):
                    slots[self._next] = sleepers[begin + _BATCH :] + slots.get(self._next, [])
                    return

    def __iter__(self) -> Iterator[Sleeper]:
        """Everything still asleep."""
        for sleepers in self._slots.values():
            yield from sleepers
