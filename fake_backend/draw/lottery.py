"""The lottery itself: every entry's score follows from the seed, and in each shop those with the smallest scores win.

The next smallest are the waiting list, in their order: what a winner leaves passes on without a second draw.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

from fake_backend.draw.entry import ALGORITHM

T = TypeVar("T")
"""what tells an entry's reservation"""
Scored = tuple[bytes, bytes, T]
"""score, leaf, entrant: as tuples they are in the order of the draw, where two scores are equal by their leaves"""

_SLACK: Final = 64


def seed(commitment: bytes, randomness: bytes) -> bytes:
    """The seed: neither who knew all entries nor who makes the randomness could choose it alone."""
    return sha256(ALGORITHM.encode() + commitment + randomness).digest()


def score(seed_: bytes, leaf: bytes) -> bytes:
    """An entry's score."""
    return sha256(seed_ + leaf).digest()


class Urn(Generic[T]):
    """Keeps of one shop's entries those with the smallest scores."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._best: list[Scored[T]] = []
        self.limit = b"\xff" * 33
        """no entry with a larger score can be kept any more"""

    def put(self, score_: bytes, leaf: bytes, entrant: T) -> None:
        """One more entry, whose score is not above the limit."""
        self._best.append((score_, leaf, entrant))
        if len(self._best) >= 2 * self._keep + _SLACK:
            self.limit = self.best()[-1][0]

    def best(self) -> list[Scored[T]]:
        """The kept ones, the smallest first."""
        self._best.sort(key=_rank)
        del self._best[self._keep :]
        return self._best


def _rank(scored: Scored[Any]) -> tuple[bytes, bytes]:
    return scored[:2]


def drawn(seed_: bytes, entries: Iterable[tuple[bytes, bytes, T]], keep: Mapping[str, int]) -> dict[str, list[Scored[T]]]:
    """Of each shop the `keep` entries with the smallest scores; entries are shop, leaf and entrant."""
    urns: dict[bytes, Urn[T]] = {shop.encode(): Urn(count) for shop, count in keep.items() if count > 0}
    for shop, leaf, entrant in entries:
        urn = urns.get(shop)
        if urn is not None:
            found = sha256(seed_ + leaf).digest()  # as `score` says; a call more for each of seven million is felt
            if found <= urn.limit:
                urn.put(found, leaf, entrant)
    return {shop.decode(): urn.best() for shop, urn in sorted(urns.items())}
