"""Refunds: money on its way back; the same number is the same refund, and one that failed may be tried again under it."""

from typing import Final, Literal

import msgspec
from msgspec.structs import astuple, replace

from fake_backend.books import Books
from fake_backend.facts import Refusal
from fake_backend.gateway.payments import Payment


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """One refund as the ledger keeps it."""

    number: int
    at: float
    refund: str
    merchant_order: str
    amount: int
    notify_url: str
    state: Literal["processing", "succeeded", "failed"] = "processing"
    succeeded_at: float | None = None
    decides_at: float
    decision: Literal["succeeded", "failed"] = "succeeded"
    tries: int = 1
    """how often the merchant had it begun"""

    @property
    def wake(self) -> float | None:
        """When it changes next by itself."""
        return self.decides_at if self.state == "processing" else None


SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS refunds (
  number INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL, refund TEXT NOT NULL UNIQUE, merchant_order TEXT NOT NULL,
  amount BIGINT NOT NULL, notify_url TEXT NOT NULL, state TEXT NOT NULL, succeeded_at DOUBLE PRECISION,
  decides_at DOUBLE PRECISION NOT NULL, decision TEXT NOT NULL, tries INTEGER NOT NULL, wake DOUBLE PRECISION)""",
    "CREATE INDEX IF NOT EXISTS refunds_wake ON refunds (wake) WHERE wake IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS refunds_order ON refunds (merchant_order)",
)
_COLUMNS: Final = "number, at, refund, merchant_order, amount, notify_url, state, succeeded_at, decides_at, decision, tries"
BY_NUMBER: Final = f"SELECT {_COLUMNS} FROM refunds WHERE refund = ?"
DUE: Final = f"SELECT {_COLUMNS} FROM refunds WHERE wake <= ? ORDER BY wake, number LIMIT ?"
NEXT: Final = "SELECT min(wake) FROM refunds WHERE wake IS NOT NULL"
UNDER_WAY: Final = "SELECT count(*) FROM refunds WHERE wake IS NOT NULL"
PROMISED: Final = "SELECT coalesce(sum(amount), 0) FROM refunds WHERE merchant_order = ? AND refund <> ? AND state <> 'failed'"
"""What other refunds of the payment have given back, or are about to"""


def of_row(row: tuple[object, ...]) -> Refund:
    """A row of the queries of this file."""
    return msgspec.convert(dict(zip(Refund.__struct_fields__, row, strict=True)), Refund)


def found(books: Books, refund: str) -> Refund | None:
    """The refund of that number."""
    row = books.row(BY_NUMBER, refund)
    return None if row is None else of_row(row)


def store(books: Books, refund: Refund) -> None:
    """Write a new refund, or one that was begun again."""
    values = (*astuple(refund), refund.wake)
    books.run("DELETE FROM refunds WHERE number = ?", refund.number)
    books.run(f"INSERT INTO refunds VALUES ({', '.join('?' * len(values))})", *values)


def moved(refund: Refund, now: float) -> Refund:
    """What has come of it by `now`."""
    if refund.state == "processing" and refund.decides_at <= now:
        return replace(refund, state=refund.decision, succeeded_at=refund.decides_at if refund.decision == "succeeded" else None)
    return refund


def refusal(payment: Payment | None, existing: Refund | None, order: str, amount: int, promised: int) -> Refusal | None:
    """Why nothing goes back; `promised` is what other refunds of the payment take."""
    if payment is None:
        return Refusal("no_such_payment", "nothing was paid under this number", "merchant_order")
    if existing is not None and (existing.merchant_order, existing.amount) != (order, amount):
        return Refusal("refund_number_used", "another order or amount went with this number", "refund")
    if payment.state != "succeeded":
        return Refusal("not_paid", f"the payment is {payment.state}", "merchant_order")
    if promised + amount > payment.amount:
        return Refusal("refund_too_large", f"{payment.amount - promised} is left of what was paid", "amount")
    return None
