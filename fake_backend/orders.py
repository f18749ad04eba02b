"""Orders: opened for whoever won, paid until their deadline, lapsed after it and passed on."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
from aiohttp import web
from msgspec.structs import replace

from fake_backend import pages
from fake_backend.affected import Told
from fake_backend.answers import json_answer
from fake_backend.books import Books
from fake_backend.contract import GUARDED, TEXT, operation, parameter, ref
from fake_backend.duties import Duty
from fake_backend.facts import LATEST, Identifier, Letter, Round, written
from fake_backend.outages import Outages
from fake_backend.problems import Refused, refused
from fake_backend.room import Ledger, Room, Site
from fake_backend.sale import UNDER_WAY, Order, OrderState, due
from fake_backend.till import Till

_PIECE: Final = 50
"""orders looked at in one transaction"""
_OUTAGES: Final = "SELECT number, begun, ended FROM outages WHERE number > ? ORDER BY number LIMIT ?"
_LOOK: Final = 60.0
"""seconds of the server's clock until deadlines are looked at again where none is nearer"""


class OrderShown(msgspec.Struct, frozen=True):
    """An order as it is answered; the price is in cents, `payments` are all attempts to pay it, the first one first."""

    order: str
    person: str
    round: str
    shop: str
    item: str
    price: int
    state: OrderState
    pay_by: str
    pickup_by: str
    shop_opens: str
    shop_closes: str
    payments: list[str]
    follow_up: bool
    """it is on its shop's work list"""
    reached: bool
    """its shop has reached its person"""
    affected: bool
    """an incident kept its person from paying"""
    told: str | None
    """when they were told of it"""


class OrdersShown(msgspec.Struct, frozen=True):
    """What GET /orders?person=… answers."""

    now: str
    orders: list[OrderShown]


class FollowUps(Protocol):
    """The shops' work lists."""

    async def of(self, orders: Sequence[str]) -> dict[str, str]:
        """Those of the orders that are or were on one: `open`, or what came of it."""


class Affected(Protocol):
    """Whom incidents kept from paying."""

    async def of(self, orders: Sequence[str]) -> dict[str, Told]:
        """Those of the orders that are theirs."""


class Desk:
    """Shows orders, and lets them lapse."""

    def __init__(
        self, site: Site, till: Till, outages: Outages, follow_ups: FollowUps, affected: Affected,
        round_of: Callable[[str], Round | None],
    ) -> None:  # fmt: skip
        self._site, self._till, self._outages, self._follow_ups, self._round_of = site, till, outages, follow_ups, round_of
        self._affected = affected

    async def lapse(self, now: float) -> float:
        """The duty: see what becomes of every order whose time is over."""
        while True:
            first = await self._site.books.read("SELECT lapse_at FROM orders WHERE state = 'open' ORDER BY lapse_at LIMIT 1")
            at = float(first[0][0]) if first else LATEST
            if at > now:
                return min(at, now + _LOOK)
            await self._site.books.write(self._lapse)

    def _lapse(self, books: Books) -> None:
        for order in pages.orders_due(books, _PIECE):
            self._decide(books, order)

    def _decide(self, books: Books, order: Order) -> None:
        payments = pages.payments_of(books, order.order)
        hit = self._site.settings.extend and any(payment.doubted for payment in payments)
        away = self._outages.between(books, order.opened, books.at) if hit else 0.0
        what = due(order, payments, away, books.at)
        if what == "extend":
            self._till.extend(books, replace(order, extended=away), books.at + away - order.extended, "the gateway was away")
        elif what == "lapse" or (what == "close" and self._till.lies("expire_pending")):
            self._till.expire(books, order)
        elif what == "close":
            pages.keep_order(books, replace(order, lapse_at=LATEST))
            for payment in payments:
                if payment.state in UNDER_WAY:
                    books.send(Letter("gateway.close", payment.payment, {"payment": payment.payment}))

    async def of_person(self, request: web.Request) -> web.Response:
        """GET /orders?person=…"""
        person = _person(request)
        _let_in(self._site, request, person)
        orders = await pages.orders_of(self._site.books, person)
        shown = await self._shown(orders)
        return json_answer(OrdersShown(written(self._site.clock.now()), shown))

    async def one(self, request: web.Request) -> web.Response:
        """GET /orders/{order}"""
        order = await pages.order_now(self._site.books, request.match_info["order"])
        if order is None:
            raise refused("no_such_order", "no order has this name", "order")
        _let_in(self._site, request, order.person)
        return json_answer((await self._shown([order]))[0])

    async def _shown(self, orders: Sequence[Order]) -> list[OrderShown]:
        names = [order.order for order in orders]
        followed, affected = await self._follow_ups.of(names), await self._affected.of(names)
        return [await self._one(order, followed.get(order.order), affected.get(order.order)) for order in orders]

    async def _one(self, order: Order, followed: str | None, told: Told | None) -> OrderShown:
        settings, round_ = self._site.settings, self._round_of(order.round)
        payments = await pages.payments_now(self._site.books, order.order)
        pickup_by = round_.on(settings.pickup_by) if round_ else order.pay_by
        return OrderShown(
            order.order, order.person, order.round, order.shop, order.item, order.price, order.state, written(order.pay_by),
            written(pickup_by), str(settings.shop_opens), str(settings.shop_closes), [payment.payment for payment in payments],
            followed == "open", followed == "reached", told is not None, written(told.at) if told and told.at is not None else None,
        )  # fmt: skip


def _let_in(site: Site, request: web.Request, person: str) -> None:
    refusal = site.guard(request, person)
    if refusal is not None:
        raise Refused(refusal)


def _person(request: web.Request) -> str:
    try:
        return msgspec.convert(request.query.get("person", ""), Identifier)
    except msgspec.ValidationError as problem:
        raise refused("bad_field", str(problem), "person") from None


CONTRACT: Final = {
    "/orders": {
        "get": operation(
            "A person's orders, the latest first",
            ref("OrdersShown"),
            codes=(*GUARDED, "bad_field"),
            parameters=(parameter("person", "query", TEXT),),
        )
    },
    "/orders/{order}": {
        "get": operation("One order", ref("OrderShown"), codes=(*GUARDED, "no_such_order"), parameters=(parameter("order", "path", TEXT),))
    },
}


def room(till: Till, desk: Desk) -> Room:
    """The orders of the day."""
    return Room(
        schema=pages.SCHEMA,
        routes=(web.get("/orders", desk.of_person), web.get("/orders/{order}", desk.one)),
        duties=(Duty("lapse", desk.lapse),),
        ledgers={"outages": Ledger(("number", "begun", "ended"), _OUTAGES)},
        receivers={"orders.open": till.open, "refunds.begin": till.give_back},
        contract=CONTRACT,
        types=(OrdersShown, OrderShown),
    )
