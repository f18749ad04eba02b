"""When what was left undone was done: of a backlog, a ledger or people, by how much of it was still open at each moment."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof.clocks import Clock, Time
from rushproof.keyed import FloatArray
from rushproof.recovery.points import Points

_DEVIATIONS = 3.0
"""of the median absolute one, that the baseline's own noise is given"""
_FIRST = 0.2
"""the part of a backlog that tells how long the rest of it will take"""
_FEW = 10.0
"""open things below which nothing is predicted"""
_LOOKS = 256

Mask = NDArray[np.bool_]


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """How long a backlog would take at the rate of its first fifth, and how long it took as a share of that."""

    predicted: float
    """seconds of the clock's time, from the mend on"""
    ratio: float | None
    """None where it was not seen to end"""


def rest_of(points: Points, begin: float, end: float, rest: float) -> float:
    """How much may be open when all is well: `rest`, or what is usual between two moments of the baseline, its noise included."""
    if points.exact:
        looks = np.array([points.before(at) for at in np.linspace(begin, end, _LOOKS)], dtype=np.float64)
    else:
        looks = points.open[(points.at >= begin) & (points.at < end)]
    if not len(looks) or end <= begin:
        return rest
    usual = float(np.median(looks))
    return max(rest, usual + _DEVIATIONS * float(np.median(np.abs(looks - usual))))


def cleared(points: Points | str, mended: float, rest: float, hold: float, time: Time) -> Clock:
    """When no more than `rest` was open and stayed so for `hold`, from the mend on; everything in the clock's own time."""
    if isinstance(points, str):
        return Clock(status="unknown", time=time, why=points)
    at, over = _after(points, mended, rest)
    if not len(at):
        return Clock(status="unknown", time=time, why="nobody looked after the mend")
    gap = 0.0 if points.exact else float(np.median(np.diff(at))) if len(at) > 1 else hold
    place = next((int(nth) for nth in np.flatnonzero(~over) if not over[(at >= at[nth]) & (at <= at[nth] + hold)].any()), None)
    if place is None or at[place] + hold > points.until + 1e-9:
        return _open(points, at, over, mended, hold, time, gap)
    seen = float(at[place] - mended)
    before = seen if points.exact else float(at[place - 1] - mended) if place else 0.0
    later = over[place:]
    return Clock(
        status="recovered",
        time=time,
        seconds=seen if place or _begun(points, mended, rest) else 0.0,
        low=before,
        high=seen,
        resolution=seen - before if place else gap,
        relapses=int((later[1:] & ~later[:-1]).sum()),
        n=len(at),
    )


def drain(points: Points | str, mended: float, rest: float, clock: Clock) -> Drain | None:
    """How the backlog drained beside how it began to; None where there was none to speak of."""
    if isinstance(points, str):
        return None
    begun = points.before(mended)
    if begun is None or begun - rest < _FEW:
        return None
    after = points.at > mended
    at, many = points.at[after], points.open[after]
    fifth = np.flatnonzero(many <= begun - _FIRST * (begun - rest))
    if not len(fifth):
        return None
    predicted = float(at[fifth[0]] - mended) * (begun - rest) / max(begun - max(float(many[fifth[0]]), rest), 1e-9)
    return Drain(predicted=predicted, ratio=clock.seconds / predicted if clock.seconds is not None and predicted > 0 else None)


def _after(points: Points, mended: float, rest: float) -> tuple[FloatArray, Mask]:
    """The moments from the mend on, and at which of them too much was open."""
    later = points.at > mended if points.exact else points.at >= mended
    at, many = points.at[later], points.open[later]
    if points.exact:
        at, many = np.append(mended, at), np.append(points.before(mended) or 0.0, many)
    return at, many > rest + 1e-9


def _begun(points: Points, mended: float, rest: float) -> bool:
    """Whether too much was open at the mend, as far as that was seen."""
    many = points.before(mended)
    return many is not None and many > rest + 1e-9


def _open(points: Points, at: FloatArray, over: Mask, mended: float, hold: float, time: Time, gap: float) -> Clock:
    """What is known where it was not seen to end."""
    worse = np.flatnonzero(over)
    last = float(at[worse[-1]] - mended) if len(worse) else 0.0
    if len(worse) and over[-1]:
        left = f"{points.open[-1]:,.6g} were still open when the time ran out"
        low = max(points.until - mended, last)
        return Clock(status="not recovered", time=time, low=low, resolution=gap, n=len(at), why=left)
    why = f"it was seen to be well for {points.until - at[worse[-1] + 1 if len(worse) else 0]:.4g} s, and has to be for {hold:.4g} s"
    return Clock(status="unknown", time=time, low=last, resolution=gap, n=len(at), why=why)
