"""The commitment: everything that decides who wins, fixed and made known before the randomness is.

Its hash is taken over its canonical text: JSON with sorted names, no blanks, every number whole.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

MARGIN: Final = 60
"""seconds at least between the notary's time and that of the beacon's round"""
FALLBACK: Final = "the next round that is available"
"""what is taken where the beacon never gave out the round"""


class BeaconRound(msgspec.Struct, frozen=True):
    """The round of a public source of randomness that the seed is made of."""

    chain: str
    """the hash of the chain's own parameters"""
    scheme: str
    genesis: int
    """the moment of round 1, in whole seconds"""
    period: int
    round: int

    @property
    def at(self) -> float:
        """The moment at which the round is given out."""
        return float(self.genesis + (self.round - 1) * self.period)


class Commitment(msgspec.Struct, frozen=True, kw_only=True):
    """What is committed to for one draw."""

    algorithm: str
    draw: str
    item: str
    open: str
    close: str
    entries: int
    last_sequence: int
    """of the last entry; 0 where there are none"""
    root: str
    """of the Merkle tree over all entries"""
    quota: str
    """the hash of how many win in each shop"""
    waiting: int
    """how many of the waiting list are kept for each winner"""
    beacon: BeaconRound
    margin: int = MARGIN
    fallback: str = FALLBACK

    @property
    def hash(self) -> bytes:
        """H(C)"""
        return sha256(canonical(msgspec.to_builtins(self))).digest()


def canonical(value: Any) -> bytes:
    """The one text of a document that its hash is taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def quota_hash(quota: Mapping[str, int]) -> str:
    """The hash of how many win in each shop; shops where nobody can are left out."""
    return sha256(canonical({shop: count for shop, count in quota.items() if count})).hexdigest()
