"""What every fault has in common, and the questions the gateway asks of those that are on."""

from collections.abc import Awaitable, Callable
from typing import Annotated, ClassVar, Literal, Protocol

import msgspec
from aiohttp import web

from fake_backend.gateway.bill import Line
from fake_backend.gateway.chance import Chance
from fake_backend.gateway.idempotency import Way
from fake_backend.gateway.meter import Meter
from fake_backend.gateway.notices import Content, Notice, Posting
from fake_backend.gateway.payments import Payment
from fake_backend.gateway.refunds import Refund
from fake_backend.gateway.schedules import Rule, Schedule

Ttl = Annotated[float, msgspec.Meta(gt=0, le=86400, description="seconds of wall time until it ends by itself")]
Share = Annotated[float, msgspec.Meta(gt=0, le=1, description="of the orders it may concern, so many it does")]
WallSeconds = Annotated[float, msgspec.Meta(ge=0, le=600, description="seconds of wall time")]
ClockSeconds = Annotated[float, msgspec.Meta(ge=0, le=2_592_000, description="seconds of the gateway's clock")]
Tries = Annotated[int, msgspec.Meta(ge=1, le=1000, description="the first so many tries of an order")]
Part = Annotated[float, msgspec.Meta(ge=0, le=1)]
Operation = Literal["create", "query", "close", "refund", "query_refund", "bill"]


class Asked(msgspec.Struct, frozen=True):
    """What a merchant asks for."""

    operation: Operation
    order: str
    """the merchant's order number; of a bill its day"""
    attempt: int
    """how often this was asked of this order, this time included; counted since the first of the faults was turned on"""
    bank: str = ""
    channel: str = ""
    region: str = ""
    domain: Literal["primary", "backup"] = "primary"


class House(Protocol):
    """What a fault may use of the gateway."""

    chance: Chance
    meter: Meter

    def now(self) -> float:
        """The gateway's time."""

    def remaining(self, fault: "Fault") -> float:
        """Wall seconds until the fault ends."""

    async def told(self, order: str) -> None:
        """Returns when everything that has happened to the order was told once."""


Carry = Callable[[], Awaitable[web.StreamResponse]]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that is wrong with the gateway as a whole."""

    name: ClassVar[str] = ""
    behaviour: ClassVar[str] = ""
    """its number in the table of the documents"""

    ttl: Ttl

    def concerns(self, chance: Chance, order: str, bank: str, channel: str) -> bool:
        """Whether this order is one of its victims."""
        return True

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """Does what the merchant asks, by calling `carry`; or something else."""
        return await carry()

    def planned(self, payment: Payment, chance: Chance) -> Payment:
        """What the payer of a new payment will do."""
        return payment

    def held(self, payment: Payment) -> bool:
        """Whether the payer's bank cannot decide now."""
        return False

    def closing(self, payment: Payment, now: float) -> str | None:
        """Why the payment cannot be closed now."""
        return None

    def refunded(self, refund: Refund, chance: Chance) -> Refund:
        """What will become of a refund that begins."""
        return refund

    def posted(self, postings: list[Posting], subject: Payment | Refund) -> list[Posting]:
        """What is sent when there is something to tell."""
        return postings

    def said(self, content: Content, try_: int) -> Content:
        """What a sending says."""
        return content

    def echoes(self) -> bool:
        """Whether a notice that was taken comes again with the very same signature."""
        return False

    def ways(self, schedule: Schedule) -> Schedule:
        """How notices are sent again."""
        return schedule

    def silent(self, notice: Notice) -> bool:
        """Whether the notice cannot be sent now."""
        return False

    def in_vain(self, notice: Notice) -> bool:
        """Whether the notice is sent now and does not arrive."""
        return False

    def skewed(self) -> float:
        """How far the gateway's clock is off, in seconds of it."""
        return 0.0

    def kept(self, way: Way) -> Way:
        """What the same request gets a second time."""
        return way

    def billed(self, rows: list[Line], chance: Chance) -> list[Line]:
        """What the bill of a day says."""
        return rows


class OrderFault(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that is wrong with some orders; `bank` and `channel` narrow it down."""

    share: Share = 1.0
    bank: str | None = None
    channel: str | None = None

    def concerns(self, chance: Chance, order: str, bank: str, channel: str) -> bool:
        """Whether this order is one of its victims: the same ones in every run with the same seed."""
        if (self.bank is not None and bank != self.bank) or (self.channel is not None and channel != self.channel):
            return False
        return chance(f"fault:{self.name}", order) < self.share


__all__ = [
    "Asked", "Carry", "Chance", "ClockSeconds", "Content", "Fault", "House", "Line", "Notice", "Operation", "OrderFault", "Part", "Payment",
    "Posting", "Refund", "Rule", "Schedule", "Share", "Tries", "Ttl", "WallSeconds", "Way",
]  # fmt: skip
