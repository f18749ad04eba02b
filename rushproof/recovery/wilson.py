"""How well a share is known from counts: Wilson's bounds of one, Newcombe's of the difference of two.

E. B. Wilson, J. Am. Stat. Assoc. 22:209 (1927); R. G. Newcombe, Statistics in Medicine 17:873 (1998), method 10.
Counts may be fractions: where samples hang together, fewer of them count.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rushproof.keyed import FloatArray

SURE = 1.959963984540054
"""z of bounds between which a share lies 95 times in 100"""


class Band(NamedTuple):
    """The lower and the upper bound."""

    low: FloatArray
    high: FloatArray


def wilson(good: ArrayLike, asked: ArrayLike, z: float = SURE) -> Band:
    """The bounds of good ÷ asked; from 0 to 1 where nothing was asked."""
    k, n = np.asarray(good, dtype=np.float64), np.asarray(asked, dtype=np.float64)
    z2, some = z * z, np.where(n > 0, n, 1.0)
    share = np.where(n > 0, k / some, 0.5)
    middle = share + z2 / (2 * some)
    half = z * np.sqrt(np.maximum(share * (1 - share), 0.0) / some + z2 / (4 * some * some))
    scale = 1 + z2 / some
    known = n > 0
    return Band(
        np.where(known, np.maximum((middle - half) / scale, 0.0), 0.0), np.where(known, np.minimum((middle + half) / scale, 1.0), 1.0)
    )


def difference(good: ArrayLike, asked: ArrayLike, base_good: float, base_asked: float, z: float = SURE) -> Band:
    """The bounds of good ÷ asked − base_good ÷ base_asked."""
    k, n = np.asarray(good, dtype=np.float64), np.asarray(asked, dtype=np.float64)
    share = np.where(n > 0, k / np.maximum(n, 1e-12), 0.5)
    low, high = wilson(k, n, z)
    base = base_good / base_asked if base_asked else 0.5
    base_low, base_high = (float(bound) for bound in wilson(base_good, base_asked, z))
    gap = share - base
    return Band(gap - np.hypot(share - low, base_high - base), gap + np.hypot(high - share, base - base_low))


def among(looks: float, chance: float = 0.02) -> float:
    """z at which so many independent looks find something by chance no more often than `chance` in all (Bonferroni, one side)."""
    return NormalDist().inv_cdf(1 - chance / max(looks, 1.0))
