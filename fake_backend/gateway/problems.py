"""Every no of the gateway: its stable code, its status, its title; beside those that every server of this package has."""

from typing import Final

import msgspec
from aiohttp import web

from fake_backend.facts import Refusal
from fake_backend.problems import CODES as EVERYWHERE
from fake_backend.problems import Problem

CODES: Final[dict[str, tuple[int, str]]] = {
    **{
        code: EVERYWHERE[code]
        for code in (
            "malformed_json", "malformed_request", "no_such_path", "method_not_allowed", "body_too_large", "expectation_failed",
            "bad_field", "not_stored", "database_away",
        )
    },
    "key_missing": (400, "The Idempotency-Key header is missing"),
    "key_malformed": (400, "The Idempotency-Key is not 1 to 64 visible ASCII characters"),
    "key_reused": (400, "The Idempotency-Key was used with other parameters"),
    "key_in_use": (409, "A request under this Idempotency-Key is still being worked on"),
    "order_closed": (400, "The order is closed; a new payment needs a new number"),
    "bad_signature": (401, "The request is not signed, or not by this merchant, or too long ago"),
    "number_used": (403, "The merchant's order number was used with other parameters"),
    "no_such_payment": (404, "There is no payment of this number"),
    "no_such_refund": (404, "There is no refund of this number"),
    "unknown_method": (400, "There is no such method"),
    "no_such_fault": (404, "There is no such fault"),
    "order_paid": (409, "The order has been paid and cannot be closed"),
    "not_paid": (409, "The order has not been paid, so nothing can be refunded"),
    "bill_not_ready": (409, "The bill of that day is not written yet"),
    "refund_number_used": (409, "The number of the refund was used with other parameters"),
    "refund_too_large": (409, "More than was paid would be refunded"),
    "no_certificate": (409, "The gateway was started without a certificate and speaks no TLS"),
    "unknown_bank": (422, "There is no such bank"),
    "unknown_channel": (422, "The bank has no such channel"),
    "notify_url_refused": (422, "Notices do not go there"),
    "frequency_limited": (429, "The payer is confirming; ask what became of it and come again"),
    "rate_limited": (429, "Too many requests; come again later"),
    "system_error": (500, "Something failed here; ask again with the same parameters"),
    "outcome_unknown": (500, "What became of it is not known; ask later"),
    "bank_away": (503, "The bank cannot be reached"),
    "gateway_away": (503, "The gateway is out of order"),
}  # fmt: skip
"""code → (status, title)"""

_encode = msgspec.json.Encoder().encode


def answer(refusal: Refusal) -> web.Response:
    """The refusal as an answer."""
    status, title = CODES[refusal.code]
    problem = Problem(f"urn:problem:{refusal.code}", title, status, refusal.code, refusal.detail, refusal.field)
    return web.Response(body=_encode(problem), status=status, headers={"Content-Type": "application/problem+json", **refusal.headers})
