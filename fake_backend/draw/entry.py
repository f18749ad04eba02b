"""An entry as it is committed to: a line of text that a stranger can read, and that says who entered only to who entered.

    entry = "draw-v1" newline draw newline item newline sequence,at,shop,tag

The tag is keyed by a salt of this draw and person.  Only the person is told the salt, so nobody else can tell whose entry it is, nor
which entries of two draws are one person's.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Final

from fake_backend.draw import merkle

ALGORITHM: Final = "draw-v1"
_EPOCH: Final = datetime(1970, 1, 1)
_TAG: Final = 16
"""bytes of a tag: enough that no two persons ever share one"""
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_INNER_REST, _OUTER_REST = (bytes([pad]) * (64 - _TAG) for pad in (0x36, 0x5C))


def tag(salted: bytes, person: bytes) -> str:
    """What stands for the person in the draw: HMAC-SHA256 under the salt, the first half of it."""
    # by its definition: an `hmac` object costs twice as much, and a day has seven million of these
    inner = sha256(salted.translate(_INNER) + _INNER_REST + person).digest()
    return sha256(salted.translate(_OUTER) + _OUTER_REST + inner).hexdigest()[: 2 * _TAG]


class Pen:
    """Writes the entries of one draw; `secret` keys the salts."""

    def __init__(self, draw: str, item: str, secret: bytes) -> None:
        self._salts = blake2b(key=sha256(secret + b"\n" + draw.encode()).digest(), digest_size=_TAG)
        self._begin = f"{ALGORITHM}\n{draw}\n{item}\n".encode()

    def salt(self, person: bytes) -> bytes:
        """What keys the person's tag."""
        salted = self._salts.copy()
        salted.update(person)
        return salted.digest()

    def line(self, sequence: str, person: bytes, shop: str, at: int) -> bytes:
        """The entry's line, of a reservation made at `at` milliseconds."""
        return f"{sequence},{_second(at // 1000)}.{at % 1000:03d},{shop},{tag(self.salt(person), person)}".encode()

    def leaf(self, line: bytes) -> bytes:
        """The hash of the entry, as a leaf of the tree."""
        return merkle.leaf(self._begin + line)


@lru_cache(4096)
def _second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()
