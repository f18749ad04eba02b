"""Ed25519 signatures, as RFC 8032 describes them, in plain Python: a few milliseconds each, which is often enough for a notary.

It takes a time that depends on the key, so a key that is worth stealing does not belong here.
"""

from hashlib import sha512
from typing import Final

_P: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT: Final = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]


def _x(y: int, odd: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and odd):
        return None
    return _P - x if x % 2 != odd else x


def _point(x: int, y: int) -> _Point:
    return x, y, 1, x * y % _P


_Y: Final = 4 * pow(5, -1, _P) % _P
_BASE: Final = _point(_x(_Y, 0) or 0, _Y)


def _sum(one: _Point, two: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % _P, (one[1] + one[0]) * (two[1] + two[0]) % _P
    c, d = 2 * one[3] * two[3] * _D % _P, 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(count: int, point: _Point) -> _Point:
    total: _Point = (0, 1, 1, 0)
    while count:
        if count & 1:
            total = _sum(total, point)
        point, count = _sum(point, point), count >> 1
    return total


def _written(point: _Point) -> bytes:
    scale = pow(point[2], -1, _P)
    x, y = point[0] * scale % _P, point[1] * scale % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _read(text: bytes) -> _Point | None:
    number = int.from_bytes(text, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    x = _x(y, odd) if y < _P else None
    return None if x is None else _point(x, y)


def _number(*parts: bytes) -> int:
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little")


class Key:
    """A private key, made from 32 bytes that nobody else knows; `public` is what signatures are checked with."""

    def __init__(self, secret: bytes) -> None:
        halves = sha512(secret).digest()
        self._scalar = int.from_bytes(halves[:32], "little") & (1 << 254) - 8 | 1 << 254
        self._prefix = halves[32:]
        self.public = _written(_times(self._scalar, _BASE))

    def sign(self, message: bytes) -> bytes:
        """The signature of the message."""
        nonce = _number(self._prefix, message) % _ORDER
        point = _written(_times(nonce, _BASE))
        challenge = _number(point, self.public, message)
        return point + ((nonce + challenge * self._scalar) % _ORDER).to_bytes(32, "little")


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is that key's, of this message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, point = _read(public), _read(signature[:32])
    response = int.from_bytes(signature[32:], "little")
    if key is None or point is None or response >= _ORDER:
        return False
    challenge = _number(signature[:32], public, message)
    return _written(_times(response, _BASE)) == _written(_sum(point, _times(challenge % _ORDER, key)))
