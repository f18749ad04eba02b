"""One request and what it came to: the outcomes, the five times, and the distributions kept of them."""

from enum import IntEnum


class Outcome(IntEnum):
    """What a sample came to, exactly one of eight."""

    OK = 0
    """done as asked"""
    REFUSED = 1
    """a definite business no: duplicate, sold out, closed"""
    BLOCKED = 2
    """risk control said no"""
    SHED = 3
    """asked to come later"""
    ERROR = 4
    """a definite failure: it did not happen"""
    DOUBT = 5
    """it may have happened: time-out or reset after sending, 5xx on a write"""
    UNFINISHED = 6
    """still in flight after draining, censored at its age"""
    MISSED = 7
    """never begun, because the engine was at its cap"""

    @property
    def word(self) -> str:
        return self.name.lower()


OUTCOMES = {outcome.word: outcome for outcome in Outcome}


class Distribution(IntEnum):
    """The distributions kept of every step, apart by outcome; each cell is placed at the moment it was *due*, `SERVED` excepted."""

    SERVICE = 0
    """sent → done: what the target took"""
    RESPONSE = 1
    """due → done: what the person lived through, from the moment they meant to act"""
    WAIT = 2
    """ready → sent: no connection was free (the target's doing, or the pool's cap)"""
    LAG = 3
    """due → ready: the generator's own lateness"""
    INTENT = 4
    """due → the try that settled the intent, by that try's outcome; one for each intent, not for each try"""
    STRETCH = 5
    """of a visit: last done − arrival − thinking, placed at the arrival"""
    SERVED = 6
    """the same values as `SERVICE`, placed at the moment they were *done*: its counts are the throughput"""

    @property
    def word(self) -> str:
        return self.name.lower()


VISIT = "visit"
"""The step name under which whole visits are kept: STRETCH by outcome `ok` (finished), `unfinished` or `missed`."""


def default_outcome(status: int, *, write: bool, retry_after: bool = False) -> Outcome | None:
    """What an HTTP status comes to where the step says nothing of it; None where no rule knows it (1xx, 3xx, nonsense)."""
    if 200 <= status < 300:
        return Outcome.OK
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return Outcome.ERROR
    if status == 503 and retry_after:
        return Outcome.SHED
    if 500 <= status < 600:
        return Outcome.DOUBT if write else Outcome.ERROR
    return None


_BY_STATUS = {
    403: Outcome.BLOCKED,
    409: Outcome.REFUSED,
    410: Outcome.REFUSED,
    422: Outcome.REFUSED,
    429: Outcome.SHED,
}
