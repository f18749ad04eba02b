"""The bill: what was paid and given back on a day, as the file merchants reconcile with on the next morning."""

import csv
import datetime as dt
import io
from typing import Final, Literal

import msgspec
from msgspec.structs import astuple

from fake_backend.problems import refused


class Line(msgspec.Struct, frozen=True):
    """One line of the bill; its fields are the columns."""

    kind: Literal["payment", "refund"]
    merchant_order: str
    refund: str
    transaction: str
    bank: str
    channel: str
    amount: int
    at: float


QUERY: Final = """
SELECT 'payment', merchant_order, '', transaction_id, bank, channel, amount, succeeded_at AS at FROM payments
WHERE state = 'succeeded' AND succeeded_at >= ? AND succeeded_at < ?
UNION ALL
SELECT 'refund', r.merchant_order, r.refund, p.transaction_id, p.bank, p.channel, r.amount, r.succeeded_at AS at
FROM refunds AS r JOIN payments AS p ON p.merchant_order = r.merchant_order
WHERE r.state = 'succeeded' AND r.succeeded_at >= ? AND r.succeeded_at < ?
ORDER BY at, 2, 3"""


def of_rows(rows: list[tuple[object, ...]]) -> list[Line]:
    """The lines of the query's rows."""
    return [msgspec.convert(dict(zip(Line.__struct_fields__, row, strict=True)), Line) for row in rows]


def written(lines: list[Line]) -> bytes:
    """The bill as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(Line.__struct_fields__)
    table.writerows(astuple(line) for line in lines)
    return text.getvalue().encode()


def day_of(text: str) -> dt.date:
    """The day asked for; or Refused."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    if not 1970 <= day.year < 2200:
        raise refused("bad_field", "expected a day such as 2022-04-01", "day")
    return day
