"""A sequential test of one line of a budget: whether the share of bad samples is over what is allowed, asked again every second.

The samples of a queue hang together, so no formula for independent ones may be used.  The seconds are taken as batches (method of batch
means: Law, "Simulation Modeling and Analysis", 5th ed., §9.5.3), bad − allowed × asked of each is one number, and what neighbouring
batches still have in common widens the interval (first-order autocorrelation).  Looking every second would find something sooner or later
by chance, so an early look needs far stronger evidence than a late one: z at a share t of the longest time must be beyond z₀/√t (O'Brien
and Fleming, Biometrics 35:549, 1979).

An open system that is overloaded does not show it in a share at once: its backlog, and with it the response, grows by the overload in
every second.  That slope is tested too (`drifts`), and is a failure however small the share is by then.
"""

import math

import msgspec
import numpy as np

from rushproof.keyed import FloatArray
from rushproof.verdict import Status

LOOK = 2.0
"""z₀: about one in twenty for all looks of a test together"""
_DRIFT_LOOK = 3.0
"""the same for the slope, which is looked at with less cause"""
OVERLOAD = 0.01
"""seconds of response a second that even a stable queue can seem to grow by while it fills"""
_FEWEST = 4
"""batches below which there is no interval"""
SILENT = 40.0
"""slow samples there would have been by now, were the share as high as allowed: where not one came, that is told at once"""
_CLUSTER = 2.0
"""least ratio of the variance to that of independent samples: a slow spell touches several"""


class Weighed(msgspec.Struct, frozen=True):
    """What a test says after some seconds; UNKNOWN: it goes on."""

    status: Status
    share: float
    """bad ÷ asked so far"""
    z: float = 0.0
    """how many standard errors the share is over what is allowed (below 0: under it)"""


def weigh(asked: FloatArray, bad: FloatArray, allowed: float, elapsed: float, silent: float = SILENT) -> Weighed:
    """Whether `bad` of `asked`, by second, is over the share that is allowed; `elapsed` is the share of the longest time gone by.

    Where not one was bad, it is under it as soon as `silent` would have been, had the share been as high as allowed.
    """
    n, found = float(asked.sum()), float(bad.sum())
    share = found / n if n else 0.0
    if allowed <= 0.0 or not n:
        return Weighed(Status.FAIL if found else Status.PASS if n else Status.UNKNOWN, share)
    if not found:
        return Weighed(Status.PASS if n * allowed >= silent else Status.UNKNOWN, share)
    if len(asked) < _FEWEST:
        return Weighed(Status.UNKNOWN, share)
    over = bad - allowed * asked
    least = _CLUSTER * float(asked.mean()) * allowed * (1 - allowed)
    z = float(over.sum()) / math.sqrt(len(over) * max(_variance(over), least, 1e-12))
    beyond = abs(z) > student(LOOK / math.sqrt(min(max(elapsed, 1e-6), 1.0)), len(over) - 1)
    return Weighed((Status.FAIL if z > 0 else Status.PASS) if beyond else Status.UNKNOWN, share, z)


def drifts(means: FloatArray, elapsed: float) -> float | None:
    """Seconds of response that are added in each second, where that is more than a stable queue's chance; otherwise None.

    `means`: the mean response of the samples due in each second.  In a queue that gets more than it serves, the slope is the overload:
    offered ÷ served − 1.
    """
    seconds = len(means)
    if seconds < _FEWEST:
        return None
    x = np.arange(seconds) - (seconds - 1) / 2
    spread = float((x * x).sum())
    slope = float((x * means).sum()) / spread
    rest = means - means.mean() - slope * x
    error = math.sqrt(max(_variance(rest) * (seconds - 1) / (seconds - 2), 1e-18) / spread)
    least = student(_DRIFT_LOOK / math.sqrt(min(max(elapsed, 1e-6), 1.0)), seconds - 2)
    return slope if (slope - OVERLOAD) / error > least else None


def student(z: float, degrees: int) -> float:
    """The quantile of Student's t that a normal z corresponds to (Abramowitz and Stegun 26.7.5)."""
    z2, v = z * z, float(max(degrees, 1))
    terms = (
        z * (z2 + 1) / 4,
        z * ((5 * z2 + 16) * z2 + 3) / 96,
        z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
    )
    return z + sum(term / v ** (power + 1) for power, term in enumerate(terms))


def _variance(batches: FloatArray) -> float:
    """Of a batch, times what neighbours have in common: (1 + ρ) / (1 − ρ), as for a first-order autoregression."""
    rest = batches - batches.mean()
    square = float((rest * rest).sum())
    if square <= 0.0:
        return 0.0
    common = min(max(float((rest[1:] * rest[:-1]).sum()) / square, 0.0), 0.8)
    return square / (len(batches) - 1) * (1 + common) / (1 - common)
