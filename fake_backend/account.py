"""A shop's account: what its orders are worth against the money that came, went back, or is still open, to the cent.

    orders that did not lapse = payments kept + money given back for bottles that came back + orders still open

It is made of the daybook's events alone, so that anybody can make it again.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

KINDS: Final = frozenset(
    (
        "order_opened", "order_paid", "order_lapsed", "order_cancelled", "pickup_expired", "shipment_moved", "payment_succeeded",
        "refund_begun", "refund_done", "refund_failed",
    )
)  # fmt: skip
"""the events that it is made of; of shipments only those that came back"""


class Entry(msgspec.Struct, frozen=True):
    """As much of an event as an account needs."""

    sequence: int
    at: float
    kind: str
    subject: str
    shop: str
    amount: int
    detail: str = "{}"


class Line(msgspec.Struct):
    """One order in the account; amounts are in cents."""

    shop: str = ""
    price: int = 0
    state: Literal["open", "paid", "lapsed", "returned"] = "open"
    came: int = 0
    """the money that came for it, however often"""
    went: dict[str, int] = {}
    """the money that goes back, by refund"""

    def kept(self) -> int:
        """The money that stays; a refund that is due and not begun yet counts as begun."""
        back = self.price if self.state == "returned" and not self.went else sum(self.went.values())
        return self.came - back


class Statement(msgspec.Struct, frozen=True):
    """A shop's account on a day; `balance` is what cannot be explained, 0 where everything is right."""

    shop: str
    orders: int
    paid: int
    refunded: int
    open: int

    @property
    def balance(self) -> int:
        """Orders less all that explains them."""
        return self.orders - self.paid - self.refunded - self.open


class Accounts:
    """The accounts of all shops, event by event in the order of the daybook."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._of_shop: dict[str, list[Line]] = {}
        self.active: set[str] = set()
        """shops on whose account something happened since they were last cleared"""

    def add(self, entry: Entry) -> None:
        """Let the event count."""
        if entry.kind not in KINDS or (entry.kind == "shipment_moved" and '"returned"' not in entry.detail):
            return
        order = entry.subject.partition(".")[0]
        line = self._lines.get(order)
        if line is None:
            line = self._lines[order] = Line(entry.shop)
            self._of_shop.setdefault(entry.shop, []).append(line)
        _count(line, entry)
        self.active.add(line.shop)

    def statement(self, shop: str) -> Statement:
        """The shop's account as it is now."""
        lines = self._of_shop.get(shop, [])
        return Statement(
            shop,
            sum(line.price for line in lines if line.state != "lapsed"),
            sum(line.kept() for line in lines),
            sum(line.price for line in lines if line.state == "returned"),
            sum(line.price for line in lines if line.state == "open"),
        )


def _count(line: Line, entry: Entry) -> None:
    match entry.kind:
        case "order_opened":
            line.price = entry.amount
        case "order_paid":
            line.state = "paid"
        case "order_lapsed" | "order_cancelled":
            line.state = "lapsed"
        case "pickup_expired" | "shipment_moved":
            line.state = "returned"
        case "payment_succeeded":
            line.came += entry.amount
        case "refund_begun" | "refund_done":
            line.went[entry.subject] = entry.amount
        case _:
            line.went[entry.subject] = 0


def statements(entries: Iterable[Entry]) -> dict[str, Statement]:
    """The account of each shop after all the events."""
    accounts = Accounts()
    for entry in entries:
        accounts.add(entry)
    return {shop: accounts.statement(shop) for shop in sorted(accounts.active)}
