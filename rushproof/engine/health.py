"""What the engine knows of its own condition: how much of its core was taken, how late it ran, how long a turn lasted."""

import os
import time
from array import array
from pathlib import Path

import numpy as np

from rushproof.frame import Health

_SCHEDULING = Path("/proc/thread-self/schedstat")
_THROTTLING = Path("/sys/fs/cgroup/cpu.stat")
_KERNEL = Path("/proc/stat")
_MEMORY = Path("/proc/self/statm")


class Pulse:
    """Reads the kernel's counters once a second and says what went by since."""

    def __init__(self) -> None:
        self._wall, self._taken = time.monotonic(), _taken()
        self.turn = 0.0
        """the longest loop turn since the last reading; the engine keeps it"""

    def read(self, at: int, lags: "array[float]", *, unsent: int, missed: int, in_flight: int, oldest: float = 0.0) -> Health:
        """The second that has just ended, as second `at` of the run."""
        wall, taken = time.monotonic(), _taken()
        length = max(wall - self._wall, 1e-3)
        health = Health(
            at=at,
            lag_p99=_p99(lags),
            busy=min((taken - self._taken) / length, 1.0),
            turn=self.turn,
            due=len(lags) + unsent,
            unsent=unsent,
            missed=missed,
            in_flight=in_flight,
            memory=_resident(),
            oldest=oldest,
        )
        self._wall, self._taken, self.turn = wall, taken, 0.0
        return health


def _p99(lags: "array[float]") -> float:
    """The value with 99 % at or below it; NumPy's own quantile takes 40 ms when it is first used."""
    if not lags:
        return 0.0
    place = -(-99 * len(lags) // 100) - 1
    return float(np.partition(np.frombuffer(lags), place)[place])


def _taken() -> float:
    """Seconds of its core that this thread had, waited for, or was denied: CPU, run delay, throttling, and a core's share of steal."""
    return time.thread_time() + _run_delay() + _throttled() + _stolen()


def _run_delay() -> float:
    """Nanoseconds ready to run and waiting: the second field."""
    text = _read(_SCHEDULING).split()
    return int(text[1]) * 1e-9 if len(text) > 1 else 0.0


def _throttled() -> float:
    for line in _read(_THROTTLING).splitlines():
        name, _, value = line.partition(" ")
        if name == "throttled_usec":
            return int(value) * 1e-6
    return 0.0


def _stolen() -> float:
    """Clock ticks another guest had while one of ours was ready: the eighth number of the first line, over all cores."""
    fields = _read(_KERNEL).partition("\n")[0].split()
    ticks = int(fields[8]) if len(fields) > 8 else 0
    return ticks / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


def _resident() -> int:
    fields = _read(_MEMORY).split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else 0


def _read(path: Path) -> str:
    """A counter that this kernel does not keep counts as nothing."""
    try:
        return path.read_text()
    except OSError:
        return ""
