"""A chain of hashes, told backwards: round r's signature is what round r − 1's is the hash of.

    signature(0), the anchor, is public from the beginning      signature(r − 1) = SHA-256(signature(r))

Whoever has one round can work out all the earlier ones, and check it against the anchor, but not a single later one.  A chain lasts
for some weeks, and each has its own anchor; the shape of what is told is drand's.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec

from fake_backend.draw.commitment import canonical

SCHEME: Final = "hash-chain-sha256"
PERIOD: Final = 3
"""seconds between two rounds"""
LENGTH: Final = 1_000_000
"""rounds of a chain: some five weeks"""
_TURN: Final = 30 * 86400
"""seconds after which the next chain is the one in use; the old one is told to its end"""
_STEP: Final = 1000


class Info(msgspec.Struct, frozen=True):
    """A chain's parameters; `hash` is over the other fields as canonical JSON."""

    public_key: str
    """the anchor"""
    period: int
    genesis_time: int
    hash: str
    schemeID: str  # noqa: N815  (as drand names it)


class RoundShown(msgspec.Struct, frozen=True):
    """One round; `randomness` is the hash of the signature."""

    round: int
    randomness: str
    signature: str


class Chain:
    """One chain, made from a secret; of its signatures every thousandth is kept."""

    def __init__(self, secret: bytes, genesis: int, length: int = LENGTH) -> None:
        self._length = length
        end = sha256(b"chain\n" + secret + b"\n" + str(genesis).encode()).digest()
        self._kept = {length: end}
        for number in range(length - 1, -1, -1):
            end = sha256(end).digest()
            if number % _STEP == 0:
                self._kept[number] = end
        parameters = {"public_key": end.hex(), "period": PERIOD, "genesis_time": genesis, "schemeID": SCHEME}
        self.info = Info(hash=sha256(canonical(parameters)).hexdigest(), **parameters)  # type: ignore[arg-type]

    def latest(self, now: float) -> int:
        """The last round that is out; 0 before the first."""
        return min(max(int((now - self.info.genesis_time) // PERIOD) + 1, 0), self._length)

    def round(self, number: int) -> RoundShown:
        """The round, whether it is out or not."""
        above = min(-(-number // _STEP) * _STEP, self._length)
        signature = self._kept[above]
        for _ in range(above - number):
            signature = sha256(signature).digest()
        return RoundShown(number, sha256(signature).hexdigest(), signature.hex())


class Chains:
    """The chains of one beacon, each made when it is first needed."""

    def __init__(self, secret: bytes, length: int = LENGTH) -> None:
        self._made = lru_cache(8)(lambda genesis: Chain(secret, genesis, length))

    def at(self, now: float) -> Chain:
        """The chain in use at the moment."""
        return self._made(int(now // _TURN) * _TURN)

    def named(self, hashed: str, now: float) -> Chain | None:
        """The chain of that hash, of those in use at the moment, just before and just after."""
        for shift in (0, -_TURN, _TURN):
            found = self.at(max(now + shift, 0.0))
            if found.info.hash == hashed:
                return found
        return None


def recorded(text: bytes) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """A chain's parameters and rounds as they were written down: `{"info": …, "rounds": [...]}`."""
    found = msgspec.json.decode(text)
    return found["info"], {int(one["round"]): one for one in found["rounds"]}
