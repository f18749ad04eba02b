"""The gateway's notices: believed if they are signed, recent, new and speak of what we know; settled once however often they come.

The row that tells a second notice from a first is written in the transaction of what the notice does, never before: a notice whose effect
was lost must be handled when it comes again.
"""

from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from fake_backend import pages
from fake_backend.answers import json_answer
from fake_backend.books import Books
from fake_backend.contract import TEXT, operation, parameter, ref
from fake_backend.facts import Event, Refusal
from fake_backend.merchant import moment_of
from fake_backend.outages import Outages
from fake_backend.problems import Refused, refused
from fake_backend.room import Room, Site
from fake_backend.sale import RefundState, Truth
from fake_backend.signature import TOLERANCE, fault
from fake_backend.till import Till

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS gateway_notices (id TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL)",
    "CREATE TABLE IF NOT EXISTS gateway_nonces (nonce TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL)",
    "CREATE INDEX IF NOT EXISTS gateway_nonces_by_age ON gateway_nonces (at)",
)
_WALL: Final = 5.0
"""wall seconds that a notice may be on its way in addition, at whatever speed the clocks run"""
_REMEMBER: Final = 86400.0
"""seconds that a nonce is remembered; what is older is refused for its age"""


class GatewayNotice(msgspec.Struct, frozen=True):
    """What the gateway tells of a payment or a refund; `id` is the same however often it is told."""

    kind: Literal["payment", "refund"]
    id: str
    merchant_order: str
    state: Literal["created", "paying", "processing", "succeeded", "failed", "closed"]
    amount: int
    at: float | str = 0.0
    transaction: str = ""
    refund: str = ""


class NoticeTaken(msgspec.Struct, frozen=True):
    """What a notice that was believed is answered."""

    taken: bool = True


_REFUND: Final[dict[str, RefundState]] = {"processing": "processing", "succeeded": "done", "failed": "failed"}
_decode: Final = msgspec.json.Decoder(GatewayNotice).decode


class Letterbox:
    """Takes the notices."""

    def __init__(self, site: Site, till: Till, outages: Outages) -> None:
        self._site, self._till, self._outages = site, till, outages

    async def take(self, request: web.Request) -> web.Response:
        """POST /gateway/notices"""
        body = await request.read()
        refusal = self._unbelievable(body, request)
        nonce = request.headers.get("Gateway-Nonce", "")
        try:
            notice = None if refusal else _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise refused("malformed_json", "not a notice in JSON") from None
        if notice is not None and self._till.lies("dedup_first"):
            await self._site.books.write(lambda books: _take_down(books, notice, nonce))
            raise refused("not_stored", "taken down, and lost")
        refusal = await self._site.books.write(lambda books: self._handle(books, notice, nonce, refusal))
        if refusal is not None:
            raise Refused(refusal)
        return json_answer(NoticeTaken())

    def _unbelievable(self, body: bytes, request: web.Request) -> Refusal | None:
        clock = self._site.clock
        tolerance = TOLERANCE + _WALL * clock.speed
        found = fault("Gateway", self._site.links.secret, body, request.headers, clock.now(), tolerance)
        if found is None:
            return None
        return Refusal("too_old" if found == "too_old" else "bad_signature", f"the notice is not to be believed: {found}")

    def _handle(self, books: Books, notice: GatewayNotice | None, nonce: str, refusal: Refusal | None) -> Refusal | None:
        if refusal is None and notice is not None:
            if books.row("SELECT 1 FROM gateway_nonces WHERE nonce = ?", nonce):
                refusal = Refusal("replayed", "the very same message was taken before")
            elif books.row("SELECT 1 FROM gateway_notices WHERE id = ?", notice.id) is None:
                refusal = self._effect(books, notice)
        if refusal is not None:
            _refuse(books, notice, refusal)
            return refusal
        if notice is not None:
            _take_down(books, notice, nonce)
            self._outages.back(books)
        return None

    def _effect(self, books: Books, notice: GatewayNotice) -> Refusal | None:
        if notice.kind == "refund":
            state = _REFUND.get(notice.state)
            return self._till.refunded(books, notice.refund, state, notice.amount, moment_of(notice.at)) if state else None
        if notice.state == "processing":
            return None
        truth = Truth(notice.state, notice.amount, moment_of(notice.at), notice.transaction)
        return self._till.settle(books, notice.merchant_order, truth, "notice")


def _take_down(books: Books, notice: GatewayNotice, nonce: str) -> None:
    """Note that the notice has come, so that it is known when it comes again."""
    books.run("DELETE FROM gateway_nonces WHERE at < ?", books.at - _REMEMBER)
    books.run("INSERT INTO gateway_nonces VALUES (?, ?) ON CONFLICT (nonce) DO NOTHING", nonce, books.at)
    books.run("INSERT INTO gateway_notices VALUES (?, ?) ON CONFLICT (id) DO NOTHING", notice.id, books.at)


def _refuse(books: Books, notice: GatewayNotice | None, refusal: Refusal) -> None:
    """Record it, and nothing else: what comes again, put right, may still have its effect."""
    payment = pages.payment(books, notice.merchant_order) if notice else None
    subject = payment.payment if payment else "-"
    books.note(Event("notice_refused", subject, payment.person if payment else "", detail={"code": refusal.code}))


_CODES: Final = ("malformed_json", "body_too_large", "bad_signature", "too_old", "replayed", "unknown_order", "bad_amount", "not_stored")
_HEADERS: Final = tuple(parameter(f"Gateway-{name}", "header", TEXT) for name in ("Timestamp", "Nonce", "Serial", "Signature"))
CONTRACT: Final[dict[str, Any]] = {
    "/gateway/notices": {
        "post": operation(
            "What the gateway has to tell; settled once however often", ref("NoticeTaken"), 200, _CODES, _HEADERS, ref("GatewayNotice")
        )
    }
}


def room(site: Site, till: Till, outages: Outages) -> Room:
    """Where the gateway's notices arrive."""
    letterbox = Letterbox(site, till, outages)
    return Room(
        schema=SCHEMA, routes=(web.post("/gateway/notices", letterbox.take),), contract=CONTRACT, types=(GatewayNotice, NoticeTaken),
    )  # fmt: skip
