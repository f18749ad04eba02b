"""The daily bill: what the gateway says it took and gave back on a day, compared line by line with what stands in our books.

A difference is recorded and nothing else: the bill may be wrong.  The gateway is then asked about each of them, and what it answers has
its effect as any other answer has.
"""

import csv
import io
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from fake_backend import pages
from fake_backend.books import Books
from fake_backend.errands import learn
from fake_backend.facts import Event, day, midnight
from fake_backend.merchant import Merchant, RefundReply, Reply, Said, SaidOfRefund, Unknown
from fake_backend.room import Site
from fake_backend.till import Till

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS bills (day DOUBLE PRECISION PRIMARY KEY, at DOUBLE PRECISION NOT NULL, differences INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS bill_differences (
  day DOUBLE PRECISION NOT NULL, subject TEXT NOT NULL, what TEXT NOT NULL, ours BIGINT, theirs BIGINT, outcome TEXT NOT NULL,
  PRIMARY KEY (day, subject))""",
)
_DAY: Final = 86400.0
_AGAIN: Final = 1.0
"""wall seconds before a gateway that gave no bill is asked for it again"""
_OURS: Final = """
SELECT id, amount FROM payments WHERE state = 'succeeded' AND settled_at >= ? AND settled_at < ?
UNION ALL SELECT id, amount FROM refunds WHERE state = 'done' AND settled_at >= ? AND settled_at < ?"""
_OPEN: Final = "SELECT day, subject FROM bill_differences WHERE outcome = '' ORDER BY day, subject LIMIT 1"


class Difference(msgspec.Struct, frozen=True):
    """A line that is not the same on both sides: `missing` in the bill, `extra` in it, or of another amount."""

    subject: str
    what: Literal["missing", "extra", "amount"]
    ours: int | None
    theirs: int | None


def lines(text: str) -> dict[str, int]:
    """What a bill says: amounts by payment or refund.  ValueError where it cannot be read."""
    found: dict[str, int] = {}
    table = csv.DictReader(io.StringIO(text))
    if not {"merchant_order", "refund", "amount"} <= set(table.fieldnames or ()):
        raise ValueError("a column is missing")
    for row in table:
        try:
            subject, amount = row["refund"] or row["merchant_order"], int(row["amount"])
        except TypeError as problem:
            raise ValueError("a line is cut off") from problem
        found[subject] = found.get(subject, 0) + amount
    return found


def differences(ours: Mapping[str, int], theirs: Mapping[str, int]) -> list[Difference]:
    """Every line that is not the same on both sides, in the order of their names."""
    found = []
    for subject in sorted(ours.keys() | theirs.keys()):
        a, b = ours.get(subject), theirs.get(subject)
        if a != b:
            found.append(Difference(subject, "missing" if b is None else "extra" if a is None else "amount", a, b))
    return found


class Bills:
    """Compares the bills, one day after the other."""

    def __init__(self, site: Site, merchant: Merchant, till: Till) -> None:
        self._site, self._merchant, self._till = site, merchant, till

    async def compare(self, now: float) -> float:
        """The duty: look into a difference that was found, or compare the bill of the next day that is over."""
        open_ = await self._site.books.read(_OPEN)
        if open_:
            return now if await self._look_into(*open_[0]) else self._site.clock.in_wall(_AGAIN)
        begin = await self._next()
        if begin is None:
            return now + _DAY / 24
        due = begin + self._site.settings.bill
        if now < due:
            return due
        text = await self._merchant.bill(day(begin).isoformat())
        try:
            theirs = lines(text) if isinstance(text, str) else None
        except (ValueError, csv.Error):
            theirs = None
        if theirs is None:
            return self._site.clock.in_wall(_AGAIN)
        ours = dict(await self._site.books.read(_OURS, begin, begin + _DAY, begin, begin + _DAY))
        found = differences(ours, theirs)
        await self._site.books.write(lambda books: _record(books, begin, found))
        return now

    async def _next(self) -> float | None:
        """The midnight of the next day to compare; None where nothing was ever begun."""
        rows = await self._site.books.read("SELECT (SELECT max(day) FROM bills), (SELECT min(begun) FROM payments)")
        last, first = rows[0]
        if last is not None:
            return float(last) + _DAY
        return None if first is None else midnight(float(first))

    async def _look_into(self, begin: float, subject: str) -> bool:
        """Ask about one difference; False where there is no telling yet."""
        refund = await pages.refund_now(self._site.books, subject)
        reply: Reply | RefundReply
        if refund is not None:
            reply = await self._merchant.query_refund(subject, refund.amount)
        else:
            reply = await self._merchant.query(subject)
        if isinstance(reply, Unknown):
            return False
        await self._site.books.write(lambda books: self._learn(books, begin, subject, reply))
        return True

    def _learn(self, books: Books, begin: float, subject: str, reply: Reply | RefundReply) -> None:
        outcome = "unknown to the gateway"
        if isinstance(reply, Said):
            outcome = reply.truth.state
            learn(books, self._till, subject, reply.truth, "bill")
        elif isinstance(reply, SaidOfRefund):
            outcome = reply.state
            self._till.refunded(books, subject, reply.state, reply.amount, reply.at)
        books.run("UPDATE bill_differences SET outcome = ? WHERE day = ? AND subject = ?", outcome, begin, subject)


def _record(books: Books, begin: float, found: list[Difference]) -> None:
    if books.row("SELECT 1 FROM bills WHERE day = ?", begin):
        return
    books.run("INSERT INTO bills VALUES (?, ?, ?)", begin, books.at, len(found))
    books.many(
        "INSERT INTO bill_differences VALUES (?, ?, ?, ?, ?, '')", [(begin, one.subject, one.what, one.ours, one.theirs) for one in found]
    )
    counts = {what: sum(one.what == what for one in found) for what in ("missing", "extra", "amount")}
    books.note(Event("bill_compared", day(begin).isoformat(), amount=len(found), detail=counts))
