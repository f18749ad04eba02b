"""Chance by name: what befalls a message or a parcel depends on the seed and on its own key, never on when or in which order it came."""

import math
from hashlib import blake2b
from typing import Final

_WHOLE: Final = float(1 << 64)


def chance(seed: int, *words: str | int) -> float:
    """A number in [0, 1), always the same for the same words."""
    text = "\0".join(map(str, (seed, *words)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / _WHOLE


def delay(mean: float, seed: int, *words: str | int) -> float:
    """Seconds, exponential about the mean and at most ten times it; always the same for the same words."""
    return min(-math.log1p(-chance(seed, "delay", *words)), 10.0) * mean if mean else 0.0
