"""Notices: what merchants are told, as rows that stay until they were taken or given up, and every sending of them.

A notice is written in the transaction of what it tells, so that it is sent after the process was killed as well; at least once, that is.
"""

from typing import Final, Literal

import msgspec
from msgspec.structs import astuple

from fake_backend.books import Books
from fake_backend.gateway.payments import Payment
from fake_backend.gateway.refunds import Refund

Flavour = Literal["true", "copy", "stale", "wrong_signature", "wrong_serial", "old_timestamp", "probe", "replayed"]
"""Whether it is the notice itself, another copy of it, an older one overtaken by it, or one that nobody must believe"""
FORGED: Final = ("wrong_signature", "wrong_serial", "old_timestamp", "probe", "replayed")


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a notice says; the body that is sent, in the gateway's own dialect."""

    kind: Literal["payment", "refund"]
    id: str
    """the same each time that it is sent"""
    merchant_order: str
    transaction: str
    state: str
    amount: int
    at: float
    refund: str = ""


class Posting(msgspec.Struct, frozen=True):
    """A notice on its way out."""

    content: Content
    hold: float = 0.0
    """seconds of the gateway's clock before it is sent first"""
    flavour: Flavour = "true"
    lost: bool = False


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it is kept."""

    number: int
    at: float
    content: str
    bank: str
    channel: str
    url: str
    flavour: Flavour
    standing: Literal["waiting", "taken", "given_up", "lost"]
    due: float
    tries: int = 0
    queued: int = 0


SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS notices (
  number INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL, content TEXT NOT NULL, bank TEXT NOT NULL, channel TEXT NOT NULL,
  url TEXT NOT NULL, flavour TEXT NOT NULL, standing TEXT NOT NULL, due DOUBLE PRECISION NOT NULL, tries INTEGER NOT NULL,
  queued INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS notices_waiting ON notices (due) WHERE standing = 'waiting'",
    "CREATE INDEX IF NOT EXISTS notices_queued ON notices (url, number) WHERE standing = 'waiting' AND queued = 1",
    """CREATE TABLE IF NOT EXISTS sendings (
  number INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL, kind TEXT NOT NULL, merchant_order TEXT NOT NULL, try INTEGER NOT NULL,
  outcome TEXT NOT NULL, notice INTEGER NOT NULL, flavour TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS endpoints (url TEXT PRIMARY KEY, in_vain INTEGER NOT NULL, disabled INTEGER NOT NULL)",
)
_COLUMNS: Final = ", ".join(Notice.__struct_fields__)
DUE: Final = f"""SELECT {_COLUMNS} FROM notices AS n WHERE standing = 'waiting' AND due <= ? AND NOT EXISTS (
  SELECT 1 FROM notices AS q WHERE q.standing = 'waiting' AND q.queued = 1 AND q.url = n.url AND q.number < n.number)
  AND NOT EXISTS (SELECT 1 FROM endpoints AS e WHERE e.url = n.url AND e.disabled = 1)
  ORDER BY due, number LIMIT ?"""
NEXT: Final = "SELECT min(due) FROM notices WHERE standing = 'waiting' AND due > ?"
WAITING: Final = """SELECT count(*) FROM notices AS n WHERE standing = 'waiting'
  AND NOT EXISTS (SELECT 1 FROM endpoints AS e WHERE e.url = n.url AND e.disabled = 1)"""
GIVEN_UP: Final = "SELECT count(*) FROM notices WHERE standing = 'given_up' AND flavour IN ('true', 'copy', 'stale')"

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Content).decode


def of_row(row: tuple[object, ...]) -> Notice:
    """A row of the queries of this file."""
    return msgspec.convert(dict(zip(Notice.__struct_fields__, row, strict=True)), Notice)


def content(notice: Notice) -> Content:
    """What it says."""
    return _decode(notice.content)


def of_payment(payment: Payment) -> Content:
    """What is told about a payment."""
    at = payment.at if payment.pending else payment.succeeded_at or payment.decides_at
    name = f"{payment.transaction}.{payment.state}"
    return Content("payment", name, payment.merchant_order, payment.transaction, payment.state, payment.amount, at)


def of_refund(refund: Refund, transaction: str) -> Content:
    """What is told about a refund."""
    name = f"{transaction}.{refund.refund}.{refund.state}.{refund.tries}"
    return Content(
        "refund",
        name,
        refund.merchant_order,
        transaction,
        refund.state,
        refund.amount,
        refund.succeeded_at or refund.decides_at,
        refund.refund,
    )


def post(books: Books, postings: list[Posting], bank: str, channel: str, url: str, now: float) -> None:
    """Write the notices that are to be sent, and those that will never be."""
    ((last,),) = books.rows("SELECT coalesce(max(number), 0) FROM notices")
    for number, posting in enumerate(postings, last + 1):
        notice = Notice(
            number=number, at=now, content=_encode(posting.content).decode(), bank=bank, channel=channel, url=url, flavour=posting.flavour,
            standing="lost" if posting.lost else "waiting", due=now + posting.hold,
        )  # fmt: skip
        books.run(f"INSERT INTO notices VALUES ({', '.join('?' * 11)})", *astuple(notice))
        if posting.lost:
            sent(books, notice, posting.content, 0, "lost", now)


def sent(books: Books, notice: Notice, said: Content, try_: int, outcome: str, now: float) -> None:
    """Write down one sending and what came of it."""
    ((last,),) = books.rows("SELECT coalesce(max(number), 0) FROM sendings")
    books.run(
        "INSERT INTO sendings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        last + 1, now, said.kind, said.merchant_order, try_, outcome, notice.number, notice.flavour,
    )  # fmt: skip
