"""Payments: what a merchant asked for, what the payer did, and what is therefore so at a moment.

What the payer will do is written down when the payment is made; `moved` says what has come of it by a moment.  So a payment is the same
whoever asks, however often, and after the process was away.
"""

from typing import Final, Literal

import msgspec
from msgspec.structs import astuple, replace

from fake_backend.books import Books
from fake_backend.facts import Refusal

State = Literal["created", "paying", "succeeded", "failed", "closed"]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment as the ledger keeps it."""

    number: int
    at: float
    merchant_order: str
    transaction: str
    bank: str
    channel: str
    amount: int
    notify_url: str
    payer: str
    fingerprint: str
    """of the parameters: the same number with others is refused"""
    state: State = "created"
    succeeded_at: float | None = None
    expires_at: float | None = None
    """from then on nobody can pay any more, by the gateway's clock"""
    opens_at: float
    """when the payer opens the bank's app"""
    decides_at: float
    """when the payer confirms, or the bank says no"""
    decision: Literal["succeeded", "failed"] = "succeeded"
    late_at: float | None = None
    """when the bank authorises after all what had failed"""
    stubborn: int = 0
    """1: neither expiry nor the merchant can close it before the payer has decided"""
    shown_from: float = 0.0
    """until then the gateway itself does not know of it"""
    foreign: str = ""
    """what a dialect has to say again in its answers and notices, as JSON"""

    @property
    def pending(self) -> bool:
        """Whether the payer has still to decide."""
        return self.state in ("created", "paying")

    @property
    def wake(self) -> float | None:
        """When it changes next by itself."""
        if self.state == "failed":
            return self.late_at
        if not self.pending:
            return None
        ends = self.decides_at if self.stubborn or self.expires_at is None else min(self.decides_at, self.expires_at)
        return min(self.opens_at, ends) if self.state == "created" else ends


SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS payments (
  number INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL, merchant_order TEXT NOT NULL UNIQUE, transaction_id TEXT NOT NULL,
  bank TEXT NOT NULL, channel TEXT NOT NULL, amount BIGINT NOT NULL, notify_url TEXT NOT NULL, payer TEXT NOT NULL,
  fingerprint TEXT NOT NULL, state TEXT NOT NULL, succeeded_at DOUBLE PRECISION, expires_at DOUBLE PRECISION,
  opens_at DOUBLE PRECISION NOT NULL, decides_at DOUBLE PRECISION NOT NULL, decision TEXT NOT NULL, late_at DOUBLE PRECISION,
  stubborn INTEGER NOT NULL, shown_from DOUBLE PRECISION NOT NULL, foreign_json TEXT NOT NULL,
  wake DOUBLE PRECISION)""",
    "CREATE INDEX IF NOT EXISTS payments_transaction ON payments (transaction_id)",
    "CREATE INDEX IF NOT EXISTS payments_wake ON payments (wake) WHERE wake IS NOT NULL",
)
_COLUMNS: Final = """number, at, merchant_order, transaction_id, bank, channel, amount, notify_url, payer, fingerprint, state, succeeded_at,
  expires_at, opens_at, decides_at, decision, late_at, stubborn, shown_from, foreign_json"""
ORDER_OF: Final = "SELECT merchant_order FROM payments WHERE transaction_id = ?"
BY_NUMBER: Final = f"SELECT {_COLUMNS} FROM payments WHERE merchant_order = ?"
DUE: Final = f"SELECT {_COLUMNS} FROM payments WHERE wake <= ? ORDER BY wake, number LIMIT ?"
NEXT: Final = "SELECT min(wake) FROM payments WHERE wake IS NOT NULL"
UNDER_WAY: Final = "SELECT count(*) FROM payments WHERE wake IS NOT NULL"


def of_row(row: tuple[object, ...]) -> Payment:
    """A row of the queries of this file."""
    return msgspec.convert(dict(zip(Payment.__struct_fields__, row, strict=True)), Payment)


def found(books: Books, merchant_order: str) -> Payment | None:
    """The payment of that number."""
    row = books.row(BY_NUMBER, merchant_order)
    return None if row is None else of_row(row)


def store(books: Books, payment: Payment) -> None:
    """Write a new payment."""
    values = (*astuple(payment), payment.wake)
    books.run(f"INSERT INTO payments VALUES ({', '.join('?' * len(values))})", *values)


def update(books: Books, payment: Payment) -> None:
    """Write what has changed."""
    books.run(
        "UPDATE payments SET state = ?, succeeded_at = ?, decides_at = ?, late_at = ?, stubborn = ?, wake = ? WHERE number = ?",
        payment.state, payment.succeeded_at, payment.decides_at, payment.late_at, payment.stubborn, payment.wake, payment.number,
    )  # fmt: skip


def moved(payment: Payment, now: float) -> Payment:
    """What has come of it by `now`."""
    if payment.pending:
        ends = None if payment.stubborn else payment.expires_at
        if ends is not None and ends <= min(now, payment.decides_at):
            return replace(payment, state="closed")
        if payment.decides_at <= now:
            succeeded_at = payment.decides_at if payment.decision == "succeeded" else None
            payment = replace(payment, state=payment.decision, succeeded_at=succeeded_at)
        elif payment.opens_at <= now:
            payment = replace(payment, state="paying")
    if payment.state == "failed" and payment.late_at is not None and payment.late_at <= now:
        return replace(payment, state="succeeded", succeeded_at=payment.late_at)
    return payment


def asked_again(existing: Payment, fingerprint: str) -> Payment | Refusal:
    """What a merchant gets who asks for a payment whose number is known."""
    if existing.fingerprint != fingerprint:
        return Refusal(
            "number_used", "another amount, bank, channel, payer, notify_url or expires_at went with this number", "merchant_order"
        )
    if existing.state == "closed":
        return Refusal("order_closed", "it was closed, or it expired", "merchant_order")
    return existing


def closed(payment: Payment) -> Payment | Refusal:
    """What closing comes to; closing twice is closing once."""
    if payment.state == "succeeded":
        return Refusal("order_paid", "the payer was faster", "merchant_order")
    if payment.stubborn and payment.pending:
        return Refusal("frequency_limited", "the payer is confirming", "merchant_order", {"Retry-After": "5"})
    return payment if payment.state == "failed" else replace(payment, state="closed")
