"""The curve under λ(t): how many arrivals are due before each moment, as straight pieces between breakpoints.

A rate that is constant in stretches is exact; a rate that bends is cut so finely that no due time is off by more than a few arrivals'
distance.  Curves add up, which is how an opening is made of a spike, a decay, a tail, a deadline and combs.
"""

from collections.abc import Sequence
from functools import reduce

import msgspec
import numpy as np

from rushproof.keyed import FloatArray

_CUTS = 1025
_NEAR = 0.01
"""how far from the deadline 1/(T − t) stops growing, as a share of its length"""


class Curve(msgspec.Struct, frozen=True):
    """Λ: `total[i]` arrivals are due before scenario time `at[i]`; straight in between, flat outside."""

    at: FloatArray
    total: FloatArray

    @property
    def people(self) -> float:
        """All arrivals of the curve."""
        return float(self.total[-1])

    def before(self, at: float) -> float:
        """Λ(at): arrivals due before scenario time `at`."""
        return float(np.interp(at, self.at, self.total))

    def when(self, share: FloatArray) -> FloatArray:
        """Λ⁻¹: the scenario times at which these shares (0 to 1) of all have come."""
        return np.interp(share, self.total / self.total[-1], self.at)

    def times(self, factor: float) -> "Curve":
        """The same shape with another number of people."""
        return Curve(self.at, self.total * factor)


def line(begin: float, end: float, start: float, finish: float) -> Curve:
    """A rate that goes straight from `start` to `finish` (per second) between two moments."""
    x = np.linspace(0.0, 1.0, 2 if start == finish else _CUTS)
    return Curve(begin + x * (end - begin), (end - begin) * (start * x + (finish - start) * x * x / 2))


def steps(at: Sequence[float], rate: Sequence[float]) -> Curve:
    """A rate that is `rate[i]` from `at[i]` until the next; the last moment only ends it."""
    edges = np.asarray(at, dtype=np.float64)
    return Curve(edges, np.concatenate(([0.0], np.cumsum(np.diff(edges) * np.asarray(rate, dtype=np.float64)[:-1]))))


def decay(begin: float, end: float, time: float) -> Curve:
    """One arrival in all, its rate falling as exp(−t / time), cut off at `end`."""
    length = end - begin
    whole = -np.expm1(-length / time)
    with np.errstate(divide="ignore"):  # where nothing is left long before the end, the last one comes never: that is cut off, too
        even = -np.log1p(-np.linspace(0.0, 1.0, _CUTS) * whole) * time
    x = np.union1d(np.linspace(0.0, length, _CUTS), np.minimum(even, length))
    return Curve(begin + x, -np.expm1(-x / time) / whole)


def deadline(begin: float, end: float) -> Curve:
    """One arrival in all, its rate rising as 1/(T − t) towards `end` (Alfi, Parisi, Pietronero: Nature Physics 3:746, 2007)."""
    length = end - begin
    pole = length * (1.0 + _NEAR)
    whole = np.log(pole / (pole - length))
    even = pole * -np.expm1(-np.linspace(0.0, 1.0, _CUTS) * whole)
    x = np.union1d(np.linspace(0.0, length, _CUTS), np.minimum(even, length))
    return Curve(begin + x, -np.log1p(-x / pole) / whole)


def together(curves: Sequence[Curve]) -> Curve:
    """The sum of several curves."""
    at = reduce(np.union1d, [curve.at for curve in curves])
    return Curve(at, np.sum([np.interp(at, curve.at, curve.total) for curve in curves], axis=0))
