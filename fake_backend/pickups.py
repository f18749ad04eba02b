"""Pick-ups: a bottle that was paid waits at its shop, with a code, until the person who won it comes, or until its time is over.

waiting ─▶ collected | delivery | expired
"""

import hashlib
import hmac
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec.structs import replace

from fake_backend.books import Books
from fake_backend.facts import Identifier, Refusal, midnight, written

State = Literal["waiting", "collected", "delivery", "expired"]

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS pickups (
  holder TEXT PRIMARY KEY, person TEXT NOT NULL, round TEXT NOT NULL, shop TEXT NOT NULL, price BIGINT NOT NULL, code TEXT NOT NULL,
  pickup_by DOUBLE PRECISION NOT NULL, state TEXT NOT NULL, key TEXT UNIQUE, sequence BIGINT NOT NULL, at DOUBLE PRECISION NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS pickups_due ON pickups (state, pickup_by)",
)
COLUMNS: Final = "holder, person, round, shop, price, code, pickup_by, state, key, sequence, at"


class Orders(Protocol):
    """The orders, as fulfilment moves them on."""

    def move(self, books: Books, order: str, to: Literal["collected", "delivered", "returned"]) -> Any:
        """Take the order to that state; what may not follow its own leaves it as it is."""


class Stock(Protocol):
    """The bottles, as fulfilment moves them: sold ▸ returned."""

    def take_back(self, books: Books, round_: str, shop: str, order: str) -> bool: ...


class Pickup(msgspec.Struct, frozen=True):
    """A bottle that waits, or waited, for the person who won it; `order` is its name."""

    order: str
    person: str
    round: str
    shop: str
    price: int
    code: str
    pickup_by: float
    state: State = "waiting"
    key: str | None = None
    """of the request that collected it"""
    sequence: int = 0
    """of `collected` in the daybook"""
    at: float = 0.0


class Collect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /orders/{order}/pickup."""

    person: Identifier
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class Collected(msgspec.Struct, frozen=True):
    """What it answers; `sequence` is the daybook's number of the hand-over."""

    sequence: int
    order: str
    state: Literal["collected"]
    at: str


class PickupShown(msgspec.Struct, frozen=True):
    """A pick-up as the person who won sees it."""

    order: str
    shop: str
    code: str
    pickup_by: str
    state: State


class Hours(msgspec.Struct, frozen=True):
    """When shops are open, in seconds after midnight."""

    opens: float
    closes: float

    def open_at(self, at: float) -> bool:
        """Whether the shop is open at the moment."""
        return self.opens <= at - midnight(at) < self.closes


def decide(command: Collect, key: str, pickup: Pickup | None, under_key: str | None, hours: Hours, now: float) -> Pickup | Refusal:
    """The pick-up as it is when the bottle was handed over; `pickup` itself where that was done under this key before; or why not."""
    if pickup is None:
        return Refusal("no_such_pickup", "the order was not paid, or there is none", "order")
    if under_key not in (None, pickup.order):
        return Refusal("key_reused", "the key belongs to another order", "Idempotency-Key")
    if pickup.person != command.person:
        return Refusal("not_the_winner", "it is handed only to the person who won it", "person")
    if pickup.code != command.code:
        return Refusal("wrong_code", "GET /orders/{order}/pickup shows the code", "code")
    if pickup.state == "collected":
        return pickup if pickup.key == key else Refusal("already_collected", f"at {written(pickup.at, 'seconds')}", "order")
    if pickup.state == "delivery":
        return Refusal("being_delivered", "it was to be delivered instead", "order")
    if pickup.state == "expired" or now >= pickup.pickup_by:
        return Refusal("pickup_over", f"it waited until {written(pickup.pickup_by, 'seconds')}", "order")
    if not hours.open_at(now):
        return Refusal("shop_closed", "come within the hours that the order shows", "order")
    return replace(pickup, state="collected", key=key, at=now)


def of(books: Books, order: str) -> Pickup | None:
    """The pick-up of an order."""
    row = books.row(f"SELECT {COLUMNS} FROM pickups WHERE holder = ?", order)
    return Pickup(*row) if row else None


def keep(books: Books, pickup: Pickup) -> None:
    """Write the state of a pick-up that is there."""
    books.run(
        "UPDATE pickups SET state = ?, key = ?, sequence = ?, at = ? WHERE holder = ?",
        pickup.state, pickup.key, pickup.sequence, pickup.at, pickup.order,
    )  # fmt: skip


def code(secret: str, order: str) -> str:
    """The code of an order's pick-up: eight digits that only this house can tell."""
    digest = hmac.new(secret.encode(), f"pickup:{order}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**8:08d}"


decode_collect: Final = msgspec.json.Decoder(Collect).decode
