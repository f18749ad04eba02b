"""The lottery itself: every entry's score follows from the seed, and in each shop those with the smallest scores win.

The next smallest are the waiting list, in their order: what a winner leaves passes on without a second draw.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from fake_backend.draw.entry import ALGORITHM

Entrant = tuple[int, str]
"""a reservation's number, and whose it is"""
Scored = tuple[bytes, bytes, Entrant]
"""score, leaf, entrant: as tuples they are in the order of the draw, where two scores are equal by their leaves"""

_SLACK: Final = 64


def seed(commitment: bytes, randomness: bytes) -> bytes:
    """The seed: neither who knew all entries nor who makes the randomness could choose it alone."""
    return sha256(ALGORITHM.encode() + commitment + randomness).digest()


def score(seed_: bytes, leaf: bytes) -> bytes:
    """An entry's score."""
    return sha256(seed_ + leaf).digest()


class Urn:
    """Keeps of one shop's entries those with the smallest scores."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._best: list[Scored] = []
        self._limit = b"\xff" * 33
        """no entry with a larger score can be kept any more"""

    def put(self, score_: bytes, leaf: bytes, entrant: Entrant) -> None:
        """One more entry."""
        if score_ <= self._limit:
            self._best.append((score_, leaf, entrant))
            if len(self._best) >= 2 * self._keep + _SLACK:
                self._sort()

    def best(self) -> list[Scored]:
        """The kept ones, the smallest first."""
        self._sort()
        return self._best

    def _sort(self) -> None:
        self._best.sort()
        del self._best[self._keep :]
        if len(self._best) == self._keep:
            self._limit = self._best[-1][0] if self._best else b""


def drawn(seed_: bytes, entries: Iterable[tuple[str, bytes, Entrant]], keep: Mapping[str, int]) -> dict[str, list[Scored]]:
    """Of each shop the `keep` entries with the smallest scores; entries are shop, leaf and entrant."""
    urns = {shop: Urn(count) for shop, count in keep.items() if count > 0}
    for shop, leaf, entrant in entries:
        urn = urns.get(shop)
        if urn is not None:
            urn.put(score(seed_, leaf), leaf, entrant)
    return {shop: urn.best() for shop, urn in sorted(urns.items())}
