"""What payers and banks will do with a new payment or refund, decided when it begins: by chance, and by the faults that are on."""

from collections.abc import Sequence
from typing import Final

from fake_backend.books import Books
from fake_backend.gateway.active import Active
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.orders import GiveBack, Order
from fake_backend.gateway.payments import Payment
from fake_backend.gateway.refunds import Refund

DECIDES: Final = 8.0
"""seconds, on the average, that a payer takes to confirm"""
SUCCEEDS: Final = 0.97
"""of the payments, so many succeed"""
REFUNDS: Final = 3.0
"""seconds, on the average, until a refund has arrived"""


def planned(order: Order, number: int, transaction: str, foreign: str, now: float, active: Active, faults: Sequence[Fault]) -> Payment:
    """A new payment, and what its payer will do: opens the bank's app, and after a while confirms, or is turned down."""
    name, chance = order.merchant_order, active.chance
    takes = chance.length(DECIDES, "payer:takes", name)
    payment = Payment(
        number=number, at=now, merchant_order=name, transaction=transaction, foreign=foreign, bank=order.bank, channel=order.channel,
        amount=order.amount, notify_url=order.notify_url, payer=order.payer, fingerprint=order.fingerprint, expires_at=order.expires,
        opens_at=now + takes * 0.4, decides_at=now + takes, shown_from=now,
        decision="succeeded" if chance("payer:confirms", name) < SUCCEEDS else "failed",
    )  # fmt: skip
    for fault in faults:
        payment = fault.planned(payment, chance)
    return payment


def begun(books: Books, wanted: GiveBack, existing: Refund | None, now: float, active: Active, faults: Sequence[Fault]) -> Refund:
    """A refund that begins, or that begins again under its number, and what the bank will do with it."""
    ((last,),) = books.rows("SELECT coalesce(max(number), 0) FROM refunds")
    tries = existing.tries + 1 if existing else 1
    refund = Refund(
        number=existing.number if existing else last + 1, at=existing.at if existing else now, refund=wanted.refund,
        merchant_order=wanted.merchant_order, amount=wanted.amount, notify_url=wanted.notify_url, tries=tries,
        decides_at=now + active.chance.length(REFUNDS, "refund:takes", wanted.refund, tries),
    )  # fmt: skip
    for fault in faults:
        refund = fault.refunded(refund, active.chance)
    return refund
