"""Tokens for persons of the reference backend, made ahead of time with the standard library alone.

persons: {signer: ./signers/reference.py:sign}
target:  {transport: {headers: {Authorization: "Bearer {token}"}}}     beside --set identity=token

`sign_for_device` binds a token to the person's device, which then has to be named in every request's Device header.
"""

import hmac
import os
from base64 import urlsafe_b64encode

KEY = hmac.digest(os.environ.get("FAKE_BACKEND_SECRET", "reference").encode(), b"tokens", "sha256")
ISSUED, EXPIRES = 0, 4_102_444_800
"""by the server's clock, which a scenario sets as it likes: from 1970 to 2100"""


def sign(person):
    """A token that is good on any device."""
    return token(person.id, "", person.verified)


def sign_for_device(person):
    """A token that is good on the person's own device."""
    return token(person.id, person.device, person.verified)


def token(person, device, verified, issued=ISSUED, expires=EXPIRES, nonce="signed-ahead"):
    """The token's text."""
    body = encoded(f"{person}~{device}~{int(verified)}~{issued}~{expires}~{nonce}".encode())
    return f"{body}.{encoded(hmac.digest(KEY, body.encode(), 'sha256'))}"


def encoded(raw):
    """As it travels: base64url without its end."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
