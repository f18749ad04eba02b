"""Every no the backend can say: its stable code, its status, its title.

An answer that is not a success is `application/problem+json` (RFC 9457) with one of these codes; there is no other.
"""

from typing import Final

import msgspec
from aiohttp import web

from fake_backend.facts import Refusal

CODES: Final[dict[str, tuple[int, str]]] = {
    "malformed_json": (400, "The body is not JSON"),
    "malformed_request": (400, "The request cannot be read"),
    "key_missing": (400, "The Idempotency-Key header is missing"),
    "key_malformed": (400, "The Idempotency-Key is not 1 to 64 visible ASCII characters"),
    "bad_signature": (401, "The notice is not signed by whoever it says it is from"),
    "too_old": (401, "The notice was signed too long ago"),
    "token_missing": (401, "A token is needed"),
    "token_wrong": (401, "The token is not one of ours"),
    "token_expired": (401, "The token has ended"),
    "token_replayed": (401, "The token was made for another device"),
    "not_yours": (403, "The token is another person's"),
    "not_verified": (403, "The person's name is not verified"),
    "not_your_order": (403, "The order belongs to somebody else"),
    "no_such_order": (404, "There is no such order"),
    "no_such_payment": (404, "There is no such payment"),
    "no_such_follow_up": (404, "The order is on no shop's work list"),
    "unknown_order": (404, "The notice speaks of a payment that is not ours"),
    "no_such_registration": (404, "Nobody registered under this name"),
    "no_such_path": (404, "There is nothing at this path"),
    "wrong_code": (403, "This is not the code of the pick-up"),
    "not_the_winner": (403, "The bottle belongs to somebody else"),
    "no_such_pickup": (404, "No bottle waits for this order"),
    "no_such_shipment": (404, "There is no such shipment"),
    "no_such_reservation": (404, "The ledger holds no such reservation"),
    "no_such_draw": (404, "The round is not frozen for a draw"),
    "no_such_chain": (404, "The beacon has no such chain"),
    "no_such_round": (404, "The beacon never gave out this round"),
    "round_not_out": (404, "The beacon gives out this round later"),
    "no_such_incident": (404, "There is no such incident"),
    "no_such_switch": (404, "There is no such switch"),
    "method_not_allowed": (405, "The path does not take this method"),
    "already_reserved": (409, "This person has already entered this round"),
    "already_registered": (409, "This identity is registered with another name or phone"),
    "round_not_open": (409, "The round has not opened yet"),
    "round_closed": (409, "The round is closed"),
    "draw_not_committed": (409, "The entries are not committed to yet"),
    "draw_not_published": (409, "The draw is not published yet"),
    "too_late": (409, "The beacon's round comes too soon after the commitment"),
    "order_paid": (409, "The order is paid"),
    "order_lapsed": (409, "The time to pay the order is over"),
    "payment_under_way": (409, "A payment of the order has not come out yet"),
    "follow_up_done": (409, "The follow-up is done"),
    "replayed": (409, "The very same notice was taken before"),
    "shop_closed": (409, "The shop is not open now"),
    "pickup_over": (409, "The bottle was not collected in time"),
    "already_collected": (409, "The bottle was collected already"),
    "being_delivered": (409, "The bottle is delivered instead"),
    "no_delivery": (409, "There are no carriers to deliver it"),
    "body_too_large": (413, "The body is too large"),
    "expectation_failed": (417, "The Expect header asks for something else than 100-continue"),
    "bad_field": (422, "A field is not what the contract says"),
    "unknown_round": (422, "There is no such round"),
    "bad_amount": (422, "The notice has another amount than the payment"),
    "key_reused": (422, "The Idempotency-Key was used for something else"),
    "overloaded": (429, "Too many are waiting; come again later"),
    "no_gateway": (503, "There is no payment gateway beside this backend"),
    "out_of_order": (503, "The backend is out of order"),
    "database_away": (503, "The database is away; come again later"),
    "verifier_away": (503, "There is no verification of real names"),
    "not_stored": (503, "It could not be made durable and is not promised"),
}
"""code → (status, title)"""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None


class Refused(Exception):
    """Ends a route with a refusal, where returning one would only be passed on."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def refused(code: str, detail: str, field: str | None = None) -> Refused:
    """`raise refused("unknown_round", "…", "round")`."""
    return Refused(Refusal(code, detail, field))


_encode = msgspec.json.Encoder().encode


def body(refusal: Refusal) -> bytes:
    """The refusal as a problem document."""
    status, title = CODES[refusal.code]
    return _encode(Problem(f"urn:problem:{refusal.code}", title, status, refusal.code, refusal.detail, refusal.field))


def answer(refusal: Refusal) -> web.Response:
    """The refusal as an answer."""
    headers = {"Content-Type": "application/problem+json", **refusal.headers}
    return web.Response(body=body(refusal), status=CODES[refusal.code][0], headers=headers)
