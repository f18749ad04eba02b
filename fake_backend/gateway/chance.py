"""What looks like chance and is not: a number in [0, 1) for each order and attempt, the same in every run with the same seed.

    u = SHA-256(seed ‖ what ‖ order ‖ attempt)

So a list of faults can be replayed, and two builds of a backend meet the same victims.
"""

import hashlib
import math


class Chance:
    """The numbers of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, what: str, order: str, attempt: int = 0) -> float:
        """The number of this order and attempt, for what is to be decided."""
        digest = hashlib.sha256(f"{self.seed}\x1f{what}\x1f{order}\x1f{attempt}".encode()).digest()
        return (int.from_bytes(digest[:8]) >> 11) / 2**53

    def length(self, mean: float, what: str, order: str, attempt: int = 0) -> float:
        """Seconds of about that mean, between a quarter of it and five times as much; most are shorter."""
        spread = -math.log(1.0 - self(what, order, attempt))
        return round(mean * (0.25 + min(0.75 * spread, 4.75)), 3)
