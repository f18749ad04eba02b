"""The carriers: take shipments, bring them, and report where they are: late, twice, and not always in order.

What will become of a shipment is written down when it is taken: its stages, and a letter for every report of one.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import aiohttp
import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.books import Bookkeeper, Books
from fake_backend.clock import Clock
from fake_backend.contract import BODY, TEXT, operation, parameter, ref
from fake_backend.facts import Identifier, Letter
from fake_backend.outbox import Again, Unreachable
from fake_backend.problems import refused
from fake_backend.providers.behaviour import Behaviour, Temper
from fake_backend.providers.chances import chance, delay
from fake_backend.room import Room
from fake_backend.signature import signed

Stage = Literal["created", "picked", "in_transit", "delivered", "returned"]

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS stages (
  shipment TEXT NOT NULL, place INTEGER NOT NULL, stage TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, PRIMARY KEY (shipment, place))""",
)


class Ship(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /shipments; `street` is for the driver and kept nowhere."""

    shipment: Identifier
    shop: Identifier
    notify_url: Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern="^https?://[!-~]+$")]
    street: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Parcel(msgspec.Struct, frozen=True):
    """A shipment as the carrier knows it; `at` is when it reached that state."""

    shipment: str
    state: Stage
    at: float


class Report(msgspec.Struct, frozen=True):
    """What the carrier tells the sender; one that comes twice has the same `report`."""

    report: str
    shipment: str
    state: Stage
    at: float


def journey(shipment: str, at: float, behaviour: Behaviour) -> list[tuple[Stage, float]]:
    """The stages of a shipment that was taken at the moment, and when it reaches each."""
    seed = behaviour.seed
    comes_back = chance(seed, "returned", shipment) < behaviour.carrier_returned
    stages: list[tuple[Stage, float]] = [("created", at)]
    ways: tuple[Stage, ...] = ("picked", "in_transit", "returned" if comes_back else "delivered")
    for stage in ways:
        at += behaviour.carrier_step * (0.5 + chance(seed, "step", shipment, stage))
        stages.append((stage, at))
    return stages


def reports(shipment: str, stages: list[tuple[Stage, float]], behaviour: Behaviour) -> list[tuple[Report, float]]:
    """The reports of the stages and when each is sent."""
    seed, sent = behaviour.seed, []
    for place, (stage, at) in enumerate(stages):
        due = at + delay(behaviour.carrier_late, seed, "late", shipment, stage)
        if place + 1 < len(stages) and chance(seed, "shuffled", shipment, stage) < behaviour.carrier_shuffled:
            following, later = stages[place + 1]
            due = max(due, later + delay(behaviour.carrier_late, seed, "late", shipment, following)) + 1.0
        report = Report(f"{shipment}:{stage}", shipment, stage, at)
        sent.append((report, due))
        if chance(seed, "twice", shipment, stage) < behaviour.carrier_twice:
            sent.append((report, due + delay(behaviour.carrier_late, seed, "again", shipment, stage)))
    return sent


class Messenger:
    """Carries reports to whoever sends with these carriers, until they are taken."""

    def __init__(self, clock: Clock, secret: str, http: Callable[[], aiohttp.ClientSession]) -> None:
        self._clock, self._secret, self._http = clock, secret, http

    async def carry(self, letter: Letter) -> int:
        """The status of the answer, where it is one that settles it."""
        body = str(letter.body["report"]).encode()
        headers = {"Content-Type": "application/json", **signed("Carrier", self._secret, body, self._clock.now())}
        try:
            async with self._http().post(str(letter.body["url"]), data=body, headers=headers) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise Unreachable from problem
        if status // 100 != 2 and status not in (404, 410):
            raise Unreachable
        return status

    def settle(self, books: Books, letter: Letter, answer: Any) -> Again | None:
        """Taken, or nobody there knows of the shipment."""
        return None


def room(books: Bookkeeper, clock: Clock, temper: Temper, secret: str, http: Callable[[], aiohttp.ClientSession]) -> Room:
    """POST /shipments and GET /shipments/{shipment}."""

    async def ship(request: web.Request) -> web.Response:
        wanted, behaviour = await parsed(request, _decode), temper()

        def work(books: Books) -> Parcel:
            shipment = wanted.shipment
            if not books.row("SELECT 1 FROM stages WHERE shipment = ?", shipment):
                stages = journey(shipment, books.at, behaviour)
                books.many("INSERT INTO stages VALUES (?, ?, ?, ?)", [(shipment, place, *stage) for place, stage in enumerate(stages)])
                for number, (report, due) in enumerate(reports(shipment, stages, behaviour)):
                    told = {"url": wanted.notify_url, "report": _encode(report).decode()}
                    books.send(Letter("report", f"{report.report}:{number}", told, due))
            return _now(
                books.rows("SELECT stage, at FROM stages WHERE shipment = ? AND at <= ? ORDER BY place", shipment, books.at), shipment
            )

        return json_answer(await books.write(work), 201)

    async def show(request: web.Request) -> web.Response:
        shipment = request.match_info["shipment"]
        rows = await books.read("SELECT stage, at FROM stages WHERE shipment = ? AND at <= ? ORDER BY place", shipment, clock.now())
        if not rows:
            raise refused("no_such_shipment", "nobody has handed it in", "shipment")
        return json_answer(_now(rows, shipment))

    async def under_way() -> int:
        return int((await books.read("SELECT count(*) FROM outbox WHERE due <= ?", clock.now()))[0][0])

    return Room(
        schema=_SCHEMA,
        routes=(web.post("/shipments", ship), web.get("/shipments/{shipment}", show)),
        couriers={"report": Messenger(clock, secret, http)},
        under_way=under_way,
        contract=_CONTRACT,
        types=(Ship, Parcel, Report),
    )


def _now(rows: list[tuple[Any, ...]], shipment: str) -> Parcel:
    return Parcel(shipment, *rows[-1])


_decode: Final = msgspec.json.Decoder(Ship).decode
_encode: Final = msgspec.json.Encoder().encode
_CONTRACT: Final = {
    "/shipments": {"post": operation("Hand in a shipment", ref("Parcel"), 201, (*BODY, "not_stored"), body=ref("Ship"))},
    "/shipments/{shipment}": {
        "get": operation(
            "Where a shipment really is", ref("Parcel"), codes=("no_such_shipment",), parameters=(parameter("shipment", "path", TEXT),)
        )
    },
}
