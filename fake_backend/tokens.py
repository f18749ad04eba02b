"""Tokens: who somebody is, on which device, whether their name was verified, and until when; signed, so that nothing has to be looked up.

    token   = body "." signature
    body    = base64url("{person}~{device}~{1 if verified else 0}~{issued}~{expires}~{nonce}")
    signature = base64url(HMAC-SHA256(key, body))                          both without "=" at the end
    key     = HMAC-SHA256(secret, "tokens")                                the moments in whole seconds of the server's clock

Whoever shares the secret can make them: a load test signs millions without a log-in (`scenarios/signers/reference.py`).  A code to log in
with is signed with another key, so that neither is ever taken for the other.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, Literal

import msgspec

from fake_backend.facts import Refusal, written

Purpose = Literal["tokens", "codes", "identities", "proofs", "seals"]

SLACK: Final = 60.0
"""seconds of the clock that a token may be ahead of it: the clock can be set"""
_BODY: Final = re.compile(
    r"([A-Za-z0-9._:-]{1,64})~([A-Za-z0-9._:-]{0,64})~([01])~([0-9]{1,12})~([0-9]{1,12})~([A-Za-z0-9._-]{1,64})", re.ASCII
)
_LONGEST: Final = 512


class Token(msgspec.Struct, frozen=True):
    """What a token says; the moments are in whole seconds of the server's clock."""

    person: str
    device: str
    verified: bool
    issued: int
    expires: int
    nonce: str


def key_of(secret: str, purpose: Purpose = "tokens") -> bytes:
    """The key that tokens are signed with."""
    return hmac.digest(secret.encode(), purpose.encode(), "sha256")


def written_token(token: Token, key: bytes) -> str:
    """The token as it travels."""
    text = f"{token.person}~{token.device}~{int(token.verified)}~{token.issued}~{token.expires}~{token.nonce}"
    body = urlsafe_b64encode(text.encode()).rstrip(b"=")
    return f"{body.decode()}.{_signature(body, key)}"


def read_token(text: str, key: bytes, now: float) -> Token | Refusal:
    """What the token says, if it was signed with the key and holds at the moment."""
    if len(text) > _LONGEST or not text.isascii():
        return _WRONG
    body, _, signature = text.partition(".")
    if not hmac.compare_digest(_signature(body.encode(), key), signature):
        return _WRONG
    found = _BODY.fullmatch(urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("ascii", "replace"))
    if found is None:
        return _WRONG
    person, device, verified, issued, expires, nonce = found.groups()
    if now < int(issued) - SLACK:
        return Refusal("token_wrong", "it is not valid yet", "Authorization", _ASK)
    if now >= int(expires):
        return Refusal("token_expired", f"it ended before {written(now, 'seconds')}", "Authorization", _ASK)
    return Token(person, device, verified == "1", int(issued), int(expires), nonce)


def _signature(body: bytes, key: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, body, "sha256")).rstrip(b"=").decode()


_ASK: Final = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
_WRONG: Final = Refusal("token_wrong", "it was not signed by this backend", "Authorization", _ASK)
