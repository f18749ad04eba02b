"""How a process full of Locust users fares: its share of a core, and its longest turn."""

import os
import time
from pathlib import Path

import gevent

from rushproof.frame import Health

_NAP = 0.02


class Pulse:
    """Read once a second; a greenlet that should wake every 20 ms finds out how long others held the loop."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()
        self._turn = 0.0
        self._feeler = gevent.spawn(self._feel)

    def read(self, at: int, *, in_flight: int) -> Health:
        """The time since the last reading, as wall second `at`.  A closed loop is never late: what it would owe it does not know."""
        wall, cpu = time.monotonic(), time.process_time()
        busy = (cpu - self._cpu) / max(wall - self._wall, 1e-3)
        turn, self._wall, self._cpu, self._turn = self._turn, wall, cpu, 0.0
        return Health(
            at=at, lag_p99=0.0, busy=min(busy, 1.0), turn=turn, due=0, unsent=0, missed=0, in_flight=in_flight, memory=_resident()
        )  # fmt: skip

    def _feel(self) -> None:
        while True:
            before = time.monotonic()
            gevent.sleep(_NAP)
            self._turn = max(self._turn, time.monotonic() - before - _NAP)


def _resident() -> int:
    """Bytes, or 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
