"""When what was left undone was done: of a backlog, a ledger or people, by how much of it was still open at each moment."""

import math

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
_HARDLY = 1e-6
"""so much more than it may be is rounding"""

Mask = NDArray[np.bool_]


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """How long a backlog would take at the rate of its first fifth, and how long it took as a share of that."""

    predicted: float
    """seconds of the clock's time, from the mend on"""
    ratio: float | None
    """None where it was not seen to end"""


def rest_of(points: Points, begin: float, end: float, rest: float) -> float:
    """How much may be open when all is well: `rest`, or what there is on the average between two moments of the baseline, and its noise."""
    if points.exact:
        looks = np.array([points.before(at) for at in np.linspace(begin, end, _LOOKS)], dtype=np.float64)
    else:
        looks = points.open[(points.at >= begin) & (points.at < end)]
    if not len(looks) or end <= begin:
        return rest
    usual = float(np.mean(looks))
    return max(rest, usual + _DEVIATIONS * float(np.median(np.abs(looks - usual))))


def cleared(points: Points | str, mended: float, rest: float, hold: float, time: Time, alike: float = math.inf) -> Clock:
    """When no more than `rest` was open, nor on the average of the `hold` from there on; everything in the clock's own time.

    On the average, because what comes and goes is at times more than it usually is: where `rest` is 0 nothing may be open in the hold.
    `alike`: up to when the load is as it was at the mend, so that more than `rest` is a relapse.
    """
    if isinstance(points, str):
        return Clock(status="unknown", time=time, why=points)
    at, many = _after(points, mended)
    if not len(at):
        return Clock(status="unknown", time=time, why="nobody looked after the mend")
    gap = 0.0 if points.exact else float(np.median(np.diff(at))) if len(at) > 1 else hold
    again = _average(at, many, hold) > rest + _HARDLY
    unwell = again | (many > rest + _HARDLY)
    unheld = unwell if points.exact else unwell | _unseen(at, hold, max(hold / 2, 2 * gap))
    place = int(np.argmin(unheld))
    if unheld[place] or at[place] + hold > points.until + _HARDLY:
        return _open(at - mended, many, rest, unheld, points.until - mended, hold, time, gap)
    seen, worse = float(at[place] - mended), np.flatnonzero(unwell[:place])
    low = seen if points.exact else float(at[worse[-1]] - mended) if len(worse) else 0.0
    later = again[place:][at[place:] + hold <= min(points.until, alike) + _HARDLY]
    return Clock(
        status="recovered",
        time=time,
        seconds=seen if len(worse) or _begun(points, mended, rest) else 0.0,
        low=low,
        high=seen,
        resolution=seen - low if place else gap,
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


def _after(points: Points, mended: float) -> tuple[FloatArray, FloatArray]:
    """The moments from the mend on, and how much was open at each."""
    later = points.at > mended if points.exact else points.at >= mended
    at, many = points.at[later], points.open[later]
    return (np.append(mended, at), np.append(points.before(mended) or 0.0, many)) if points.exact else (at, many)


def _average(at: FloatArray, many: FloatArray, hold: float) -> FloatArray:
    """How much was open on the average of so long from each moment on; what was open last stays open."""
    if hold <= 0:
        return many
    area = np.append(0.0, np.cumsum(many[:-1] * np.diff(at)))
    ends = at + hold
    last = np.searchsorted(at, ends, side="right") - 1
    average: FloatArray = (area[last] + many[last] * (ends - at[last]) - area) / hold
    return average


def _unseen(at: FloatArray, hold: float, patience: float) -> Mask:
    """After which looks nobody looked for longer than `patience` within the hold: a target that is silent is not shown to be well."""
    silences = np.append(0, np.cumsum(np.diff(at) > patience))
    ends = np.minimum(np.searchsorted(at, at + hold), len(at) - 1)
    unseen: Mask = silences[ends] > silences
    return unseen


def _begun(points: Points, mended: float, rest: float) -> bool:
    """Whether too much was open at the mend, as far as that was seen."""
    many = points.before(mended)
    return many is not None and many > rest + _HARDLY


def _open(at: FloatArray, many: FloatArray, rest: float, unheld: Mask, until: float, hold: float, time: Time, gap: float) -> Clock:
    """What is known where it was not seen to end; `at` and `until` count from the mend."""
    over = many > rest + _HARDLY
    low = float(at[over][-1]) if over.any() else 0.0
    if over[-1]:
        left = f"{many[-1]:,.6g} were still open when the time ran out"
        return Clock(status="not recovered", time=time, low=max(until, low), resolution=gap, n=len(at), why=left)
    well = until - at[np.flatnonzero(unheld)[-1] + 1 if unheld.any() else 0]
    why = f"it was seen to be well for {well:.4g} s, and has to be for {hold:.4g} s"
    return Clock(status="unknown", time=time, low=low, resolution=gap, n=len(at), why=why)
