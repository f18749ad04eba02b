"""Payments: one attempt at a time to collect what an order owes, promised when durable and begun at the gateway by a letter."""

import asyncio
import re
from typing import Final, Literal

import msgspec
from aiohttp import web

from fake_backend import pages
from fake_backend.answers import json_answer, parsed
from fake_backend.books import Books
from fake_backend.contract import BODY, GUARDED, TEXT, operation, parameter, ref
from fake_backend.errands import Closing, Paying
from fake_backend.facts import Event, Letter, Refusal, written
from fake_backend.problems import Refused, refused
from fake_backend.room import Room, Site
from fake_backend.sale import UNDER_WAY, Detail, Pay, Payment, Wanted, begin

_KEY: Final = re.compile(r"[!-~]{1,64}")
_PATIENCE: Final = 0.25
"""wall seconds that an answer waits for the gateway's first word"""
_LOOK: Final = 0.05

PaymentShownState = Literal["pending", "succeeded", "failed", "doubt"]


class PaymentShown(msgspec.Struct, frozen=True):
    """A payment as it is answered; `sequence` is the daybook's number of its beginning.  One that was closed has failed."""

    sequence: int
    payment: str
    order: str
    amount: int
    state: PaymentShownState
    at: str
    taken: bool
    """whether the gateway has said that it has it; before that nobody can pay, and in doubt nobody knows"""


def shown(payment: Payment) -> PaymentShown:
    """The payment for people."""
    state = "failed" if payment.state == "closed" else payment.state
    taken = bool(payment.transaction) or payment.state not in UNDER_WAY
    return PaymentShown(payment.sequence, payment.payment, payment.order, payment.amount, state, written(payment.begun), taken)


class Counter:
    """Where people pay."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def pay(self, request: web.Request) -> web.Response:
        """POST /orders/{order}/payments"""
        command = await parsed(request, _decode)
        key, order = _key(request), request.match_info["order"]
        refusal = self._site.guard(request, command.person)
        if refusal is None and not self._site.links.gateway:
            refusal = Refusal("no_gateway", "the backend was started without one")
        if refusal is not None:
            raise Refused(refusal)
        begun = await self._site.books.write(lambda books: self._begin(books, order, command, key))
        if isinstance(begun, Refusal):
            raise Refused(begun)
        payment, new = begun
        if new:
            payment = await self._first_word(payment)
        return json_answer(shown(payment), 201, _HEADERS if new else _REPLAYED)

    def _begin(self, books: Books, name: str, command: Pay, key: str) -> tuple[Payment, bool] | Refusal:
        order = pages.order(books, name)
        payments = pages.payments_of(books, name)
        wanted = begin(command, key, order, payments, pages.payment_under(books, key), books.at)
        if isinstance(wanted, Payment):
            return wanted, False
        if isinstance(wanted, Refusal) or order is None:
            return wanted if isinstance(wanted, Refusal) else Refusal("no_such_order", "no order has this name", "order")
        return self._begun(books, wanted, command, key, order.pay_by, name), True

    def _begun(self, books: Books, wanted: Wanted, command: Pay, key: str, expires_at: float, order: str) -> Payment:
        way: Detail = {"bank": command.bank, "channel": command.channel}
        found = pages.order(books, order)
        round_, shop = (found.round, found.shop) if found else ("", "")
        event = Event("payment_begun", wanted.payment, command.person, round_, shop, wanted.amount, {"order": order, **way})
        payment = Payment(
            wanted.payment, order, command.person, wanted.amount, command.bank, command.channel, key, "pending", books.at,
            books.note(event), ask_at=books.at + self._site.settings.doubt_after,
        )  # fmt: skip
        pages.keep_payment(books, payment)
        body: Detail = {"payment": wanted.payment, "amount": wanted.amount, **way, "person": command.person, "expires_at": expires_at}
        books.send(Letter("gateway.pay", wanted.payment, body))
        return payment

    async def _first_word(self, payment: Payment) -> Payment:
        """The payment as the gateway took it, if it says so soon."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        while payment.state == "pending" and not payment.transaction and loop.time() < until:
            await asyncio.sleep(_LOOK)
            payment = await pages.payment_now(self._site.books, payment.payment) or payment
        return payment

    async def show(self, request: web.Request) -> web.Response:
        """GET /payments/{payment}"""
        payment = await pages.payment_now(self._site.books, request.match_info["payment"])
        if payment is None:
            raise refused("no_such_payment", "no payment has this name", "payment")
        refusal = self._site.guard(request, payment.person)
        if refusal is not None:
            raise Refused(refusal)
        return json_answer(shown(payment))

    async def under_way(self) -> int:
        """How many payments have not come out yet."""
        return int((await self._site.books.read("SELECT count(*) FROM payments WHERE state IN ('pending', 'doubt')"))[0][0])


_HEADERS: Final = {"Content-Type": "application/json"}
_REPLAYED: Final = {**_HEADERS, "Idempotent-Replay": "true"}
_decode = msgspec.json.Decoder(Pay).decode


def _key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise refused("key_missing", "every payment needs a key of its own, kept when it is tried again", "Idempotency-Key")
    if not _KEY.fullmatch(key):
        raise refused("key_malformed", "expected 1 to 64 visible ASCII characters", "Idempotency-Key")
    return key


_PAY: Final = (
    *BODY, *GUARDED, "key_missing", "key_malformed", "key_reused", "no_such_order", "not_your_order", "order_paid", "order_lapsed",
    "payment_under_way", "no_gateway", "not_stored",
)  # fmt: skip
CONTRACT: Final = {
    "/orders/{order}/payments": {
        "post": operation(
            "Pay an order; answered when durable, and the same payment however often it is asked under one key",
            ref("PaymentShown"), 201, _PAY,
            (parameter("order", "path", TEXT), parameter("Idempotency-Key", "header", {"type": "string", "pattern": "^[!-~]{1,64}$"})),
            ref("Pay"),
        )
    },
    "/payments/{payment}": {
        "get": operation(
            "One payment, as far as its outcome is known", ref("PaymentShown"), codes=(*GUARDED, "no_such_payment"),
            parameters=(parameter("payment", "path", TEXT),),
        )
    },
}  # fmt: skip


def room(site: Site, paying: Paying, closing: Closing) -> Room:
    """The payments of the day."""
    counter = Counter(site)
    return Room(
        routes=(web.post("/orders/{order}/payments", counter.pay), web.get("/payments/{payment}", counter.show)),
        couriers={"gateway.pay": paying, "gateway.close": closing},
        under_way=counter.under_way,
        contract=CONTRACT,
        types=(Pay, PaymentShown),
    )
