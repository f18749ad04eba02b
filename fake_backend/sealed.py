"""What has to lie in the outbox for a while and must not be read there: sealed with a key that is in no database.

sealed = base64(nonce ‖ text ⊕ keystream ‖ mac)      keystream = HMAC-SHA256(key, nonce ‖ 0) ‖ HMAC-SHA256(key, nonce ‖ 1) ‖ …
mac    = HMAC-SHA256(key', nonce ‖ ciphertext)         key' = HMAC-SHA256(key, "mac")
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from typing import Final

_NONCE: Final = 16
_BLOCK: Final = 32


def seal(text: str, key: bytes) -> str:
    """The text, unreadable; another time it looks otherwise."""
    nonce, plain = secrets.token_bytes(_NONCE), text.encode("utf-8", "surrogatepass")
    cipher = _mixed(plain, nonce, key)
    return b64encode(nonce + cipher + _mac(nonce + cipher, key)).decode()


def unseal(sealed: str, key: bytes) -> str:
    """The text; ValueError where it was sealed with another key, or changed."""
    raw = b64decode(sealed)
    body, mac = raw[:-_BLOCK], raw[-_BLOCK:]
    if len(raw) < _NONCE + _BLOCK or not hmac.compare_digest(_mac(body, key), mac):
        raise ValueError("not sealed with this key")
    return _mixed(body[_NONCE:], body[:_NONCE], key).decode("utf-8", "surrogatepass")


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(hmac.digest(key, b"mac", "sha256"), body, "sha256")


def _mixed(text: bytes, nonce: bytes, key: bytes) -> bytes:
    blocks = range(-(-len(text) // _BLOCK))
    stream = b"".join(hmac.digest(key, nonce + block.to_bytes(8, "big"), "sha256") for block in blocks)
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))
