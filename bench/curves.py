"""Drawn recoveries of which the answer is known: what share of those who come is served well, second by second, and by chance."""

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from rushproof.histogram import BUCKETS, bucket
from rushproof.keyed import FloatArray, IntArray
from rushproof.recovery.cohort import Cohorts
from rushproof.summary import Cells

BEFORE, FAULT, AFTER = 120, 60, 300
"""seconds: the baseline, the fault, and what is looked at after the mend"""
MENDED = BEFORE + FAULT
DROP, HOLD = 0.01, 30.0
FINE = 0.05
"""seconds in which a curve is drawn"""
RATE_NOISE, MEMORY = 0.08, 0.9
"""of the rate of arrivals: AR(1), second by second"""


class Drawn(NamedTuple):
    """A kind of recovery."""

    curve: Callable[[FloatArray], FloatArray]
    """what is left of the baseline's share, by seconds since the mend"""
    rate: float = 50.0
    well: float = 0.995
    """the baseline's share"""
    stutters: float = 0.0
    """the share of seconds in which everybody is served up to many times as slowly as usual, before and after"""
    scatter: float = 0.0
    """standard deviation of the share itself from second to second, as a share of what is missing to 1"""

    def truth(self) -> float | None:
        """Seconds from the mend on after which nothing is short of the baseline by more than `DROP` for as long as `HOLD`; None: never."""
        at = np.arange(0.0, AFTER, FINE)
        short = self.well * (1 - self.curve(at)) > DROP
        for begin in np.concatenate(([0.0], at[1:][short[:-1] & ~short[1:]])):
            if not short[(at >= begin) & (at < begin + HOLD)].any():
                return float(begin)
        return None

    def cohorts(self, seed: int) -> Cohorts:
        """One run: arrivals whose rate wanders, and of each second's the good ones."""
        random = np.random.default_rng(seed)
        size = BEFORE + FAULT + AFTER
        shocks = random.normal(0.0, RATE_NOISE * (1 - MEMORY**2) ** 0.5, size).tolist()
        noise = np.fromiter(accumulate(shocks, lambda before, shock: MEMORY * before + shock), np.float64, size)
        asked = random.poisson(self.rate * np.maximum(1 + noise, 0.05))
        left = np.ones(size)
        left[BEFORE:MENDED] = 0.0
        fine = np.arange(0.0, AFTER, FINE)
        left[MENDED:] = self.curve(fine).reshape(AFTER, -1).mean(axis=1)
        share = np.clip(self.well * left + random.normal(0.0, self.scatter * (1 - self.well), size) * (left > 0), 0.0, 1.0)
        good = random.binomial(asked, share)
        return Cohorts(1.0, asked, good, asked, *([self._took(good, random)] if self.stutters else []))

    def _took(self, good: IntArray, random: np.random.Generator) -> Cells:
        """How long the good ones took: some 40 ms, and more in seconds that stutter."""
        slower = np.exp(1.8 * np.abs(random.normal(size=len(good))) * (random.random(len(good)) < self.stutters))
        at = np.repeat(np.arange(len(good)), good)
        keys, counts = np.unique(at * BUCKETS + bucket(random.lognormal(np.log(0.04), 0.5, len(at)) * slower[at]), return_counts=True)
        return Cells(keys // BUCKETS, keys % BUCKETS, counts)


def _step(at: FloatArray) -> FloatArray:
    return np.where(at < 7.3, 0.0, 1.0)


def _ramp(at: FloatArray) -> FloatArray:
    return 1 - np.exp(-at / 10.0)


def _relapse(at: FloatArray) -> FloatArray:
    return np.where((at >= 28.0) & (at < 38.5), 0.0, 1.0)


def _never(at: FloatArray) -> FloatArray:
    return np.full(len(at), 0.9)


def _nearly(at: FloatArray) -> FloatArray:
    return np.full(len(at), 0.965)


def _at_once(at: FloatArray) -> FloatArray:
    return np.ones(len(at))


CURVES: Mapping[str, Drawn] = {
    "at once": Drawn(_at_once),
    "step": Drawn(_step),
    "soft ramp": Drawn(_ramp),
    "soft ramp, 500/s": Drawn(_ramp, rate=500.0),
    "relapse": Drawn(_relapse),
    "never": Drawn(_never),
    "never, by little": Drawn(_nearly),
    "noisy step": Drawn(_step, well=0.93, scatter=0.5),
    "noisy ramp": Drawn(_ramp, well=0.93, scatter=0.5),
    "stuttering step": Drawn(_step, stutters=0.1),
    "sparse step": Drawn(_step, rate=10.0),
    "sparse ramp": Drawn(_ramp, rate=10.0),
    "sparse relapse": Drawn(_relapse, rate=10.0),
}
