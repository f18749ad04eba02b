"""Shipments: a bottle brought instead of collected; its states only move forward, however late, often and mixed up the carrier reports.

created ─▶ picked ─▶ in_transit ─▶ delivered | returned
"""

from typing import Annotated, Any, Final, Literal, Protocol

import aiohttp
import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.books import Books
from fake_backend.contract import BODY, GUARDED, TEXT, operation, parameter, ref
from fake_backend.facts import Event, Identifier, Letter, Refusal, written
from fake_backend.outbox import Again, Unreachable
from fake_backend.pickups import Orders, Pickup
from fake_backend.problems import Refused, refused
from fake_backend.room import Ledger, Room, Site
from fake_backend.signature import TOLERANCE, fault
from fake_backend.visitor import let_in

State = Literal["created", "picked", "in_transit", "delivered", "returned"]
Outcome = Literal["moved", "late", "again"]

RANKS: Final[dict[State, int]] = {"created": 0, "picked": 1, "in_transit": 2, "delivered": 3, "returned": 3}
_WALL: Final = 10.0
"""wall seconds that a report may be on its way in addition, at whatever speed the clocks run"""

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS shipments (
  id TEXT PRIMARY KEY, holder TEXT NOT NULL UNIQUE, state TEXT NOT NULL, sequence BIGINT NOT NULL, at DOUBLE PRECISION NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS shipment_reports (
  number INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL, shipment TEXT NOT NULL, report TEXT NOT NULL, state TEXT NOT NULL,
  carrier_at DOUBLE PRECISION NOT NULL, outcome TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS shipment_reports_of ON shipment_reports (report)",
)
_REPORTS: Final = ("number", "at", "shipment", "report", "state", "carrier_at", "outcome")


class Counter(Protocol):
    """The pick-ups, as shipments need them."""

    def give_up(self, books: Books, order: str, person: str) -> Pickup | Refusal:
        """The bottle is to be delivered instead; the second time the same."""

    def given_up(self, books: Books, order: str) -> Pickup:
        """The pick-up that was given up for the order's shipment."""

    def came_back(self, books: Books, pickup: Pickup, why: str) -> None:
        """The bottle goes back to the stock, and the money to whoever paid."""


class Deliver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /orders/{order}/shipment; `street` goes to the carrier and is kept nowhere."""

    person: Identifier
    street: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ShipmentShown(msgspec.Struct, frozen=True):
    """A shipment as it is answered; `sequence` is the daybook's number of its opening, `at` when it got into its state."""

    sequence: int
    shipment: str
    order: str
    state: State
    at: str


class CarrierReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a carrier tells; one that comes twice has the same `report`."""

    report: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    shipment: Identifier
    state: State
    at: Annotated[float, msgspec.Meta(ge=0, le=1e11)]


class ReportTaken(msgspec.Struct, frozen=True):
    """What became of a report that was believed."""

    outcome: Outcome


def judge(now: State, reported: State, seen: bool) -> Outcome:
    """What a report does to a shipment: states move forward only, and the last ones are for good."""
    if seen:
        return "again"
    return "moved" if RANKS[reported] > RANKS[now] else "late"


class Dispatch:
    """Opens shipments, hands them to the carrier, and hears where they are."""

    def __init__(self, site: Site, orders: Orders, counter: Counter) -> None:
        self._site, self._orders, self._counter = site, orders, counter

    def open(self, books: Books, order: str, command: Deliver) -> ShipmentShown | Refusal:
        """Open the order's shipment; the second time it is the same."""
        if not self._site.links.providers:
            return Refusal("no_delivery", "collect it at the shop")
        pickup = self._counter.give_up(books, order, command.person)
        if isinstance(pickup, Refusal):
            return pickup
        name = f"{order}.s"
        row = books.row("SELECT sequence, state, at FROM shipments WHERE id = ?", name)
        if row:
            return ShipmentShown(row[0], name, order, row[1], written(row[2]))
        event = Event("shipment_opened", name, pickup.person, pickup.round, pickup.shop, pickup.price, {"order": order, "state": "created"})
        sequence = books.note(event)
        books.run("INSERT INTO shipments VALUES (?, ?, 'created', ?, ?)", name, order, sequence, books.at)
        books.send(Letter("carriers.ship", name, {"shipment": name, "shop": pickup.shop, "street": command.street}))
        return ShipmentShown(sequence, name, order, "created", written(books.at))

    def hear(self, books: Books, report: CarrierReport) -> Outcome | Refusal:
        """Take a report down; where it moves the shipment on, what follows from it."""
        row = books.row("SELECT holder, state FROM shipments WHERE id = ?", report.shipment)
        if row is None:
            return Refusal("no_such_shipment", "no shipment has this name", "shipment")
        order, now = row
        seen = books.row("SELECT 1 FROM shipment_reports WHERE report = ?", report.report)
        outcome = judge(now, report.state, seen is not None)
        (number,) = books.rows("SELECT coalesce(max(number), 0) + 1 FROM shipment_reports")[0]
        books.run(
            "INSERT INTO shipment_reports VALUES (?, ?, ?, ?, ?, ?, ?)",
            number, books.at, report.shipment, report.report, report.state, report.at, outcome,
        )  # fmt: skip
        if outcome == "moved":
            self._move(books, order, report)
        return outcome

    def _move(self, books: Books, order: str, report: CarrierReport) -> None:
        pickup = self._counter.given_up(books, order)
        books.run("UPDATE shipments SET state = ?, at = ? WHERE id = ?", report.state, books.at, report.shipment)
        detail: dict[str, str | float] = {"order": order, "state": report.state, "carrier_at": report.at}
        books.note(Event("shipment_moved", report.shipment, pickup.person, pickup.round, pickup.shop, detail=detail))
        if report.state == "delivered":
            self._orders.move(books, order, "delivered")
        elif report.state == "returned":
            self._counter.came_back(books, pickup, "not delivered")


class ToCarrier:
    """`carriers.ship`: hands a shipment to the carrier; a second time the carrier knows it."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def carry(self, letter: Letter) -> None:
        body = {**letter.body, "notify_url": f"{self._site.links.own}/carriers/notices"}
        try:
            async with self._site.http().post(f"{self._site.links.providers}/shipments", json=body) as answer:
                await answer.read()
                if answer.status != 201:
                    raise Unreachable(f"answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise Unreachable from problem

    def settle(self, books: Books, letter: Letter, answer: Any) -> Again | None:
        """The carrier has it."""
        return None


def room(site: Site, dispatch: Dispatch) -> Room:
    """POST /orders/{order}/shipment, GET /shipments/{shipment}, and where the carriers' reports arrive."""

    async def deliver(request: web.Request) -> web.Response:
        command, order = await parsed(request, _decode_deliver), request.match_info["order"]
        let_in(site, request, command.person)
        opened = await site.books.write(lambda books: dispatch.open(books, order, command))
        if isinstance(opened, Refusal):
            raise Refused(opened)
        return json_answer(opened, 201)

    async def show(request: web.Request) -> web.Response:
        rows = await site.books.read(
            "SELECT s.sequence, s.id, s.holder, s.state, s.at, p.person FROM shipments s JOIN pickups p ON p.holder = s.holder"
            " WHERE s.id = ?",
            request.match_info["shipment"],
        )
        if not rows:
            raise refused("no_such_shipment", "no shipment has this name", "shipment")
        sequence, name, order, state, at, person = rows[0]
        let_in(site, request, person)
        return json_answer(ShipmentShown(sequence, name, order, state, written(at)))

    async def hear(request: web.Request) -> web.Response:
        found = fault(
            "Carrier", site.links.secret, await request.read(), request.headers, site.clock.now(), TOLERANCE + _WALL * site.clock.speed
        )
        if found is not None:
            raise refused("too_old" if found == "too_old" else "bad_signature", f"the report is not to be believed: {found}")
        report = await parsed(request, _decode_report)
        outcome = await site.books.write(lambda books: dispatch.hear(books, report))
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return json_answer(ReportTaken(outcome))

    return Room(
        schema=SCHEMA,
        routes=(web.post("/orders/{order}/shipment", deliver), web.get("/shipments/{shipment}", show), web.post("/carriers/notices", hear)),
        couriers={"carriers.ship": ToCarrier(site)},
        ledgers={
            "shipment_reports": Ledger(
                _REPORTS, f"SELECT {', '.join(_REPORTS)} FROM shipment_reports WHERE number > ? ORDER BY number LIMIT ?"
            )
        },
        contract=_CONTRACT,
        types=(Deliver, ShipmentShown, CarrierReport, ReportTaken),
    )


_decode_deliver: Final = msgspec.json.Decoder(Deliver).decode
_decode_report: Final = msgspec.json.Decoder(CarrierReport).decode
_HEADERS: Final = tuple(parameter(f"Carrier-{name}", "header", TEXT) for name in ("Timestamp", "Nonce", "Serial", "Signature"))
_CONTRACT: Final = {
    "/orders/{order}/shipment": {
        "post": operation(
            "Have the bottle brought instead of collecting it; the same however often", ref("ShipmentShown"), 201,
            (*BODY, *GUARDED, "no_delivery", "no_such_pickup", "not_the_winner", "already_collected", "pickup_over", "not_stored"),
            (parameter("order", "path", TEXT),), ref("Deliver"),
        )
    },
    "/shipments/{shipment}": {
        "get": operation(
            "Where a shipment is", ref("ShipmentShown"), 200, (*GUARDED, "no_such_shipment"), (parameter("shipment", "path", TEXT),)
        )
    },
    "/carriers/notices": {
        "post": operation(
            "What a carrier reports; states only move forward", ref("ReportTaken"), 200,
            (*BODY, "bad_signature", "too_old", "no_such_shipment", "not_stored"), _HEADERS, ref("CarrierReport"),
        )
    },
}  # fmt: skip
