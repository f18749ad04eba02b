"""The counter: where bottles that were paid wait, are handed over, are given to a carrier instead, and are taken back."""

from collections.abc import Callable
from typing import Final

from aiohttp import web
from msgspec.structs import replace

from fake_backend import pickups
from fake_backend.answers import json_answer, parsed
from fake_backend.books import Books
from fake_backend.contract import BODY, GUARDED, TEXT, operation, parameter, ref
from fake_backend.duties import Duty
from fake_backend.facts import Event, Letter, Refusal, Round, written
from fake_backend.pickups import COLUMNS, SCHEMA, Collect, Collected, Hours, Orders, Pickup, PickupShown, Stock
from fake_backend.problems import Refused, refused
from fake_backend.room import Room, Site
from fake_backend.visitor import KEY, PERSON, identifier, key_of, let_in

_PIECE: Final = 100
"""bottles taken back in one transaction"""
_IDLE: Final = 3600.0
"""seconds of the clock until deadlines are looked at again where there is none"""


class Counter:
    """Where bottles wait and are handed over, and where they are taken back."""

    def __init__(
        self, site: Site, orders: Orders, stock: Stock, round_of: Callable[[str], Round | None],
        lies: Callable[[str], bool] = lambda defect: False,
    ) -> None:  # fmt: skip
        self._site, self._orders, self._stock, self._round_of, self._lies = site, orders, stock, round_of, lies
        self._hours = Hours(site.settings.shop_opens, site.settings.shop_closes)

    def prepare(self, books: Books, letter: Letter) -> None:
        """Receive `pickups.prepare`: {order, person, round, shop, price}; the second time nothing."""
        body = letter.body
        order, person, name, shop = (str(body[word]) for word in ("order", "person", "round", "shop"))
        round_ = self._round_of(name)
        pickup_by = round_.on(self._site.settings.pickup_by) if round_ else books.at + self._site.settings.pickup_by
        books.run(
            f"INSERT INTO pickups ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', NULL, 0, ?) ON CONFLICT (holder) DO NOTHING",
            order, person, name, shop, int(body.get("price") or 0), pickups.code(self._site.links.secret, order), pickup_by, books.at,
        )  # fmt: skip

    def hand_over(self, books: Books, order: str, command: Collect, key: str) -> Pickup | Refusal:
        """Hand the bottle over, once."""
        pickup, other = pickups.of(books, order), books.row("SELECT holder FROM pickups WHERE key = ?", key)
        if pickup is not None and self._lies("hand_to_anybody"):
            decided: Pickup | Refusal = replace(pickup, person=command.person, state="collected", key=key, at=books.at)
        else:
            decided = pickups.decide(command, key, pickup, other[0] if other else None, self._hours, books.at)
        if isinstance(decided, Refusal) or decided is pickup:
            return decided
        sequence = books.note(Event("collected", order, decided.person, decided.round, decided.shop, decided.price))
        decided = replace(decided, sequence=sequence)
        pickups.keep(books, decided)
        self._orders.move(books, order, "collected")
        return decided

    def give_up(self, books: Books, order: str, person: str) -> Pickup | Refusal:
        """The bottle is to be delivered instead; the second time the same."""
        pickup = pickups.of(books, order)
        if pickup is None:
            return Refusal("no_such_pickup", "the order was not paid, or there is none", "order")
        if pickup.person != person:
            return Refusal("not_the_winner", "it is sent only to the person who won it", "person")
        if pickup.state == "collected":
            return Refusal("already_collected", f"at {written(pickup.at, 'seconds')}", "order")
        if pickup.state == "expired" or (pickup.state == "waiting" and books.at >= pickup.pickup_by):
            return Refusal("pickup_over", f"it waited until {written(pickup.pickup_by, 'seconds')}", "order")
        if pickup.state == "waiting":
            pickups.keep(books, replace(pickup, state="delivery"))
        return pickup

    def given_up(self, books: Books, order: str) -> Pickup:
        """The pick-up that was given up for the order's shipment."""
        pickup = pickups.of(books, order)
        assert pickup is not None, "a shipment has its pick-up, from the same transaction"
        return pickup

    def came_back(self, books: Books, pickup: Pickup, why: str) -> None:
        """The bottle goes back to the stock, and the money to whoever paid."""
        self._stock.take_back(books, pickup.round, pickup.shop, pickup.order)
        self._orders.move(books, pickup.order, "returned")
        books.send(Letter("refunds.begin", pickup.order, {"order": pickup.order, "why": why}))

    async def expire(self, now: float) -> float:
        """The duty: take back what nobody came for in time."""
        while True:
            (first,) = await self._site.books.read("SELECT min(pickup_by) FROM pickups WHERE state = 'waiting'")
            if first[0] is None or first[0] > now:
                return now + _IDLE if first[0] is None else float(first[0])
            await self._site.books.write(self._expire)

    def _expire(self, books: Books) -> None:
        rows = books.rows(
            f"SELECT {COLUMNS} FROM pickups WHERE state = 'waiting' AND pickup_by <= ? ORDER BY pickup_by, holder LIMIT ?", books.at, _PIECE
        )
        for row in rows:
            pickup = Pickup(*row)
            pickups.keep(books, replace(pickup, state="expired", at=books.at))
            books.note(Event("pickup_expired", pickup.order, pickup.person, pickup.round, pickup.shop, pickup.price))
            self.came_back(books, pickup, "not collected")


def room(site: Site, counter: Counter) -> Room:
    """GET and POST /orders/{order}/pickup."""

    async def show(request: web.Request) -> web.Response:
        person = identifier(request, "person")
        let_in(site, request, person)
        rows = await site.books.read(f"SELECT {COLUMNS} FROM pickups WHERE holder = ?", request.match_info["order"])
        if not rows:
            raise refused("no_such_pickup", "the order was not paid, or there is none", "order")
        pickup = Pickup(*rows[0])
        if pickup.person != person:
            raise refused("not_the_winner", "only the person who won it sees the code", "person")
        return json_answer(PickupShown(pickup.order, pickup.shop, pickup.code, written(pickup.pickup_by), pickup.state))

    async def collect(request: web.Request) -> web.Response:
        command = await parsed(request, pickups.decode_collect)
        key, order = key_of(request), request.match_info["order"]
        let_in(site, request, command.person)
        decided = await site.books.write(lambda books: counter.hand_over(books, order, command, key))
        if isinstance(decided, Refusal):
            raise Refused(decided)
        return json_answer(Collected(decided.sequence, decided.order, "collected", written(decided.at)), 201)

    return Room(
        schema=SCHEMA,
        routes=(web.get("/orders/{order}/pickup", show), web.post("/orders/{order}/pickup", collect)),
        duties=(Duty("expire pick-ups", counter.expire),),
        receivers={"pickups.prepare": counter.prepare},
        contract=_CONTRACT,
        types=(Collect, Collected, PickupShown),
    )


_ORDER: Final = parameter("order", "path", TEXT)
_CONTRACT: Final = {
    "/orders/{order}/pickup": {
        "get": operation(
            "The code with which the person who won collects the bottle", ref("PickupShown"),
            codes=(*GUARDED, "bad_field", "no_such_pickup", "not_the_winner"), parameters=(_ORDER, PERSON),
        ),
        "post": operation(
            "Hand the bottle over, once; the same however often it is asked under one key", ref("Collected"), 201,
            (
                *BODY, *GUARDED, "key_missing", "key_malformed", "key_reused", "no_such_pickup", "not_the_winner", "wrong_code",
                "already_collected", "being_delivered", "pickup_over", "shop_closed", "not_stored",
            ),
            (_ORDER, KEY), ref("Collect"),
        ),
    }
}  # fmt: skip
