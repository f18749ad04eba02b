"""An entry as it is committed to: a line of text that a stranger can read, and that says who entered only to who entered.

    entry = "draw-v1" newline draw newline item newline sequence,at,shop,tag

The tag is keyed by a salt of this draw and person.  Only the person is told the salt, so nobody else can tell whose entry it is, nor
which entries of two draws are one person's.
"""

import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Final

ALGORITHM: Final = "draw-v1"
_EPOCH: Final = datetime(1970, 1, 1)
_TAG: Final = 16
"""bytes of a tag: enough that no two persons ever share one"""


def salt(secret: bytes, draw: str, person: bytes) -> bytes:
    """What keys the person's tag in the draw."""
    return blake2b(person, key=sha256(secret + b"\n" + draw.encode()).digest(), digest_size=_TAG).digest()


def tag(salted: bytes, person: bytes) -> str:
    """What stands for the person in the draw."""
    return hmac.digest(salted, person, "sha256")[:_TAG].hex()


class Pen:
    """Writes the entries of one draw."""

    def __init__(self, draw: str, item: str, secret: bytes) -> None:
        self._key = sha256(secret + b"\n" + draw.encode()).digest()
        self._leaf = sha256(b"\x00" + f"{ALGORITHM}\n{draw}\n{item}\n".encode())

    def line(self, sequence: str, person: bytes, shop: str, at: int) -> bytes:
        """The entry's line, of a reservation made at `at` milliseconds."""
        salted = blake2b(person, key=self._key, digest_size=_TAG).digest()
        second, thousandth = divmod(at, 1000)
        return f"{sequence},{_second(second)}.{thousandth:03d},{shop},{hmac.digest(salted, person, 'sha256')[:_TAG].hex()}".encode()

    def leaf(self, line: bytes) -> bytes:
        """The hash of the entry, as a leaf of the tree."""
        leaf = self._leaf.copy()
        leaf.update(line)
        return leaf.digest()


@lru_cache(4096)
def _second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()
