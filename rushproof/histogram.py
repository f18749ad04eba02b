"""Log-linear counts of latencies: 64 buckets to the octave, from 1 µs to over an hour, so that no value is off by more than 0.8 %.

Bucket b of a value of v whole microseconds: b = v below 128; above, with e = ⌊log₂ v⌋ − 6, b = 64·e + ⌊v / 2ᵉ⌋.  The layout is that of
HdrHistogram with 64 sub-buckets.  Merging two histograms is adding their counts.
"""

import numpy as np
from numpy.typing import NDArray

from rushproof.keyed import FloatArray, IntArray

BUCKETS = 2048
"""more than the longest value needs: bucket 2047 begins at 127·2³⁰ µs, 37 hours"""
_LAST = BUCKETS - 1


def bucket(seconds: FloatArray) -> NDArray[np.int64]:
    """The bucket of each value; negative values (clock noise) count as 0."""
    micros = np.maximum(np.rint(np.asarray(seconds, dtype=np.float64) * 1e6), 0.0)
    exponent = np.maximum(np.frexp(micros)[1] - 7, 0)
    index: FloatArray = np.minimum(exponent * 64 + np.floor(np.ldexp(micros, -exponent)), _LAST)
    return index.astype(np.int64)


def bounds(index: IntArray) -> tuple[FloatArray, FloatArray]:
    """The lowest and highest value, in seconds, that falls into each bucket."""
    index = np.asarray(index, dtype=np.int64)
    exponent = np.maximum(index // 64 - 1, 0)
    low = (index - 64 * exponent).astype(np.float64) * np.exp2(exponent)
    return low * 1e-6, (low + np.exp2(exponent) - 1.0) * 1e-6


def middle(index: IntArray) -> FloatArray:
    """The value a bucket stands for: its middle, in seconds."""
    low, high = bounds(index)
    return (low + high) / 2


def rank(counts: IntArray, share: float) -> int:
    """The bucket that holds the value at `share` of the whole (the smallest value with at least ⌈share·n⌉ at or below it)."""
    total = int(counts.sum())
    if total == 0:
        raise ValueError("no values, so no quantile")
    wanted = min(max(int(np.ceil(share * total - 1e-9)), 1), total)
    return int(np.searchsorted(np.cumsum(counts), wanted))


def quantile(counts: IntArray, share: float) -> float:
    """The value at `share` of the whole, in seconds, within 0.8 %."""
    return float(middle(np.array([rank(counts, share)]))[0])
