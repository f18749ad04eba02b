"""A sale: what a winner owes, the attempts to collect it, the money given back; and the rules between them.

    order    open ─▶ paid ─▶ collected | delivered | returned        open ─▶ lapsed | cancelled
    payment  pending ⇄ doubt ─▶ succeeded | failed | closed          failed | closed ─▶ succeeded, where the gateway says so late
    refund   begun ─▶ processing ─▶ done                             begun | processing ─▶ failed ─▶ begun, to be tried again

Nothing here reads a clock or a table: the facts come in, what follows from them goes out.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from fake_backend.facts import Identifier, Refusal, written

OrderState = Literal["open", "paid", "lapsed", "cancelled", "collected", "delivered", "returned"]
PaymentState = Literal["pending", "doubt", "succeeded", "failed", "closed"]
RefundState = Literal["begun", "processing", "failed", "done"]
Detail = dict[str, str | int | float | bool | None]
"""what an event or a letter says"""
TruthState = Literal["created", "paying", "succeeded", "failed", "closed"]

MOVES: Final[Mapping[OrderState, frozenset[OrderState]]] = {
    "open": frozenset(("paid", "lapsed", "cancelled")),
    "paid": frozenset(("collected", "delivered", "returned")),
    "lapsed": frozenset(),
    "cancelled": frozenset(),
    "collected": frozenset(),
    "delivered": frozenset(),
    "returned": frozenset(),
}
"""the states that an order may go on to"""
UNDER_WAY: Final = ("pending", "doubt")
"""the states of a payment whose end is not known"""


class Order(msgspec.Struct, frozen=True):
    """What somebody who won owes; `place` is 0 for a winner, and otherwise their place on the waiting list."""

    order: str
    reservation: int
    person: str
    round: str
    shop: str
    item: str
    price: int
    place: int
    passed: int
    """how often this bottle had passed on before"""
    state: OrderState
    opened: float
    pay_by: float
    lapse_at: float
    """when somebody looks whether it has lapsed: `pay_by`, or never while the gateway is being told to close its payment"""
    extended: float = 0.0
    """seconds that were added for an outage"""
    paid_by: str = ""


class Payment(msgspec.Struct, frozen=True):
    """One attempt to collect what an order owes."""

    payment: str
    order: str
    person: str
    amount: int
    bank: str
    channel: str
    key: str
    state: PaymentState
    begun: float
    sequence: int
    """of `payment_begun` in the daybook"""
    doubted: int = 0
    """whether it was ever in doubt"""
    transaction: str = ""
    """the gateway's name for it, once it has said one"""
    asked: int = 0
    """how often the gateway was asked what became of it"""
    ask_at: float = 0.0
    """when it is asked next"""
    settled_at: float = 0.0
    """the gateway's moment of its outcome"""


class Refund(msgspec.Struct, frozen=True):
    """Money given back; a payment has one at most."""

    refund: str
    payment: str
    order: str
    amount: int
    state: RefundState
    begun: float
    why: str
    tries: int = 1
    asked: int = 0
    ask_at: float = 0.0
    settled_at: float = 0.0


class Truth(msgspec.Struct, frozen=True):
    """What the gateway says of a payment, in a notice or when it is asked."""

    state: TruthState
    amount: int
    at: float
    transaction: str = ""


class Pay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /orders/{order}/payments; what is to be paid the server knows."""

    person: Identifier
    bank: Identifier
    channel: Identifier


class Wanted(msgspec.Struct, frozen=True):
    """A payment to be begun."""

    payment: str
    amount: int


def begin(
    command: Pay, key: str, order: Order | None, payments: Sequence[Payment], under_key: Payment | None, now: float
) -> Wanted | Payment | Refusal:
    """The payment to begin; or the one that was begun under the key; or why not."""
    if order is None:
        return Refusal("no_such_order", "no order has this name", "order")
    if order.person != command.person:
        return Refusal("not_your_order", "somebody else has won it", "person")
    if under_key is not None:
        if (under_key.order, under_key.bank, under_key.channel) == (order.order, command.bank, command.channel):
            return under_key
        return Refusal("key_reused", "the key belongs to a payment with another content", "Idempotency-Key")
    if order.state != "open":
        code = "order_lapsed" if order.state in ("lapsed", "cancelled") else "order_paid"
        return Refusal(code, f"the order is {order.state}", "order")
    if now >= order.pay_by:
        return Refusal("order_lapsed", f"was to be paid by {written(order.pay_by, 'seconds')}", "order")
    open_ = [payment for payment in payments if payment.state in UNDER_WAY]
    if open_:
        return Refusal("payment_under_way", f"payment {open_[0].payment} has not come out yet", "order")
    return Wanted(f"{order.order}.{len(payments) + 1}", order.price)


class Judgement(msgspec.Struct, frozen=True):
    """What follows from a truth; nothing of it where all of it was known."""

    state: PaymentState | None = None
    """the payment's new state"""
    pays: bool = False
    """whether its order is paid by it"""
    refund: str = ""
    """why the money has to be given back"""


NOTHING: Final = Judgement()
_BACK: Final[Mapping[OrderState, str]] = {"lapsed": "lapsed", "cancelled": "cancelled"}


def judge(payment: Payment, order: Order, truth: Truth) -> Judgement | Refusal:
    """What the truth does to a payment and its order, whatever came before it and however often it is told."""
    if truth.amount != payment.amount:
        return Refusal("bad_amount", "not the amount of the payment", "amount")
    if truth.state == "succeeded" and payment.state != "succeeded":
        if order.state == "open":
            return Judgement("succeeded", pays=True)
        return Judgement("succeeded", refund=_BACK.get(order.state, "paid already"))
    if truth.state in ("failed", "closed") and payment.state in UNDER_WAY:
        return Judgement("failed" if truth.state == "failed" else "closed")
    return NOTHING


Next = Literal["extend", "close", "lapse", "wait"]


def due(order: Order, payments: Sequence[Payment], away: float, now: float) -> Next:
    """What becomes of an order at its deadline; `away` is how long the gateway was away while it was open, in seconds.

    A payment under way is never cut off: the gateway is told to close it, and what it answers decides.
    """
    if order.state != "open" or now < order.pay_by:
        return "wait"
    if away - order.extended >= 1.0:
        return "extend"
    return "close" if any(payment.state in UNDER_WAY for payment in payments) else "lapse"


_REFUND_MOVES: Final[Mapping[RefundState, frozenset[RefundState]]] = {
    "begun": frozenset(("processing", "failed", "done")),
    "processing": frozenset(("failed", "done")),
    "failed": frozenset(("begun", "done")),
    "done": frozenset(),
}


def refund_moves(refund: Refund, to: RefundState, amount: int) -> bool | Refusal:
    """Whether the refund goes on to that state; a refusal where the amount is not the whole of it."""
    if amount != refund.amount:
        return Refusal("bad_amount", "not the amount of the refund", "amount")
    return to in _REFUND_MOVES[refund.state]
