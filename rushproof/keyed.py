"""Chance without a generator: numbers that depend only on what they are for.

Every choice is a pure function of (seed, who, what, which draw), so that a run can be repeated, cut into any number of workers,
or entered in the middle.  The mixing function is splitmix64's finaliser (Steele, Lea, Flood: "Fast splittable pseudorandom number
generators", OOPSLA 2014); it is not cryptographic.  Python integers and NumPy arrays give the same bits.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_MASK = (1 << 64) - 1
_GAMMA, _M1, _M2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_UNIT = 2.0**-53


def label(*parts: str | int) -> int:
    """A 64-bit key for a word or several; `label(seed, "crowd", "reservers")` and the like, made once, not on the hot path."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def mix(key: int, number: int) -> int:
    """64 well-mixed bits of (key, number)."""
    # literals: looking the names up would cost a quarter more, and every person and key comes through here
    z = (key + (number + 1) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return z ^ (z >> 31)


def unit(key: int, number: int) -> float:
    """A float in [0, 1) of (key, number)."""
    return (mix(key, number) >> 11) * _UNIT


def mix_array(key: int, numbers: IntArray) -> NDArray[np.uint64]:
    """`mix` of many numbers at once, bit for bit the same."""
    with np.errstate(over="ignore"):
        z = np.uint64(key) + (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(_GAMMA)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(_M1)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(_M2)
        return z ^ (z >> np.uint64(31))


def unit_array(key: int, numbers: IntArray) -> FloatArray:
    """`unit` of many numbers at once."""
    return (mix_array(key, numbers) >> np.uint64(11)).astype(np.float64) * _UNIT


def permuted(key: int, numbers: IntArray, size: int) -> IntArray:
    """Where each of `numbers` (in 0…size−1) goes under the keyed permutation of 0…size−1.

    A four-round Feistel network over the next power of four, walked along its cycle until it is back inside the range.
    """
    half = max(1, (max(size - 1, 1).bit_length() + 1) // 2)
    shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
    keys = [mix(key, round_) for round_ in range(4)]
    result = numbers.astype(np.uint64)
    todo = np.arange(len(result))
    while len(todo):
        value = result[todo]
        left, right = value >> shift, value & mask
        for round_key in keys:
            left, right = right, left ^ (mix_array(round_key, right.astype(np.int64)) & mask)
        value = (left << shift) | right
        result[todo] = value
        todo = todo[value >= np.uint64(size)]
    return result.astype(np.int64)
