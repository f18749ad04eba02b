"""Signed messages between two processes that share a secret: HMAC-SHA256 over a timestamp, a nonce and the body.

    signature = hex HMAC-SHA256(secret, "{timestamp}\\n{nonce}\\n{body}\\n")

The four parts travel as headers `{Party}-Timestamp`, `{Party}-Nonce`, `{Party}-Serial` and `{Party}-Signature`: `Gateway-…` on what the
gateway sends, `Merchant-…` on what it is asked.  The timestamp is whole seconds of the sender's own clock.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Final, Literal

TOLERANCE: Final = 300.0
"""Seconds that a timestamp may differ from the receiver's clock, unless the receiver says otherwise."""
SERIAL: Final = "1"
"""The number of the secret in use."""

Fault = Literal["unsigned", "unknown_serial", "bad_signature", "too_old"]
"""Why a message is not to be believed"""

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_NONCE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def signature(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    """What stands in the signature's header."""
    return hmac.new(secret.encode(), f"{timestamp}\n{nonce}\n".encode() + body + b"\n", hashlib.sha256).hexdigest()


def signed(party: str, secret: str, body: bytes, now: float, nonce: str | None = None, serial: str = SERIAL) -> dict[str, str]:
    """The headers that go with the body; `now` is a moment of the sender's clock."""
    timestamp, nonce = str(max(int(now), 0)), nonce or secrets.token_hex(16)
    return {
        f"{party}-Timestamp": timestamp,
        f"{party}-Nonce": nonce,
        f"{party}-Serial": serial,
        f"{party}-Signature": signature(secret, timestamp, nonce, body),
    }


def fault(
    party: str, secret: str, body: bytes, headers: Mapping[str, str], now: float, tolerance: float = TOLERANCE, serial: str = SERIAL
) -> Fault | None:
    """Why the message is not to be believed; None where it is.  That its nonce is new is for the receiver to look up."""
    timestamp, nonce = headers.get(f"{party}-Timestamp", ""), headers.get(f"{party}-Nonce", "")
    given = headers.get(f"{party}-Signature", "")
    if not (_TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce) and given):
        return "unsigned"
    if headers.get(f"{party}-Serial") != serial:
        return "unknown_serial"
    expected = signature(secret, timestamp, nonce, body)
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        return "bad_signature"
    return "too_old" if abs(now - int(timestamp)) > tolerance else None
