"""The facts the ledger is made of, and how a moment is written.

Moments are floats: seconds since the unix epoch of the server clock's own naive local time, in whole milliseconds.
"""

import datetime as dt
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

_EPOCH = dt.datetime(1970, 1, 1)
LATEST = (dt.datetime(9999, 12, 31) - _EPOCH).total_seconds()
"""No clock runs beyond this moment, whatever its speed."""

Identifier = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+(?!\n)$", description="1–64 letters, digits or . _ : -"),
]


class Round(msgspec.Struct, frozen=True):
    """One item on offer: entered from `open` up to, not including, `close`."""

    round: str
    item: str
    open: float
    close: float

    def on(self, seconds: float) -> float:
        """A moment of the settings, counted from the midnight of the round's day: `round_.on(settings.publish)`."""
        return midnight(self.open) + seconds


class Reservation(msgspec.Struct, frozen=True):
    """One person's entry in one round, as the ledger keeps it; `sequence` counts from 1 without a gap."""

    sequence: int
    person: str
    round: str
    shop: str
    key: str
    at: float


class Event(msgspec.Struct, frozen=True):
    """One thing that happened in the day's work, as the daybook keeps it; `amount` is in cents, or a number of bottles."""

    kind: str
    """`order_opened`, `payment_succeeded`, `stock_held` …"""
    subject: str
    """the id of what it happened to"""
    person: str = ""
    round: str = ""
    shop: str = ""
    amount: int = 0
    detail: Mapping[str, str | int | float | bool | None] = {}
    """whatever else is to be known of it"""


class Letter(msgspec.Struct, frozen=True):
    """Something that another room or another process has to be told, put into the outbox in the transaction of the fact it tells.

    `key` is the same however often it is carried, so that whoever gets it twice can tell.
    """

    kind: str
    """who is to have it: `gateway.pay`, `orders.open` …"""
    key: str
    body: Mapping[str, str | int | float | bool | None]
    due: float = 0.0
    """the moment from which on it may be carried"""
    number: int = 0
    """given by the outbox"""
    tries: int = 0
    """how often it was carried in vain"""


class ClockSetting(msgspec.Struct, frozen=True):
    """The server's clock showed `now` when the wall showed `since`, and runs `speed` times as fast until its first turn."""

    now: float
    speed: float
    since: float
    turns: str = "[]"
    """what it does by itself later on, as `clock.Turn`s in JSON"""


class Refusal(msgspec.Struct, frozen=True):
    """A definite no: its stable code (see `problems`), a sentence for the reader, and the field at fault where there is one."""

    code: str
    detail: str
    field: str | None = None
    headers: Mapping[str, str] = {}


def whole_milliseconds(at: float) -> float:
    """The moment cut, not rounded, to milliseconds, so that it never crosses the close of a round."""
    return math.floor(at * 1000) / 1000


def moment(text: dt.datetime) -> float:
    """A naive date and time as seconds since the epoch."""
    return (text - _EPOCH).total_seconds()


def written(at: float, timespec: Literal["seconds", "milliseconds"] = "milliseconds") -> str:
    """A moment in whole milliseconds as `2022-04-01T09:00:03.250`, or without its fraction."""
    second = int(at)
    return f"{_second(second)}.{round((at - second) * 1000):03d}" if timespec == "milliseconds" else _second(second)


@lru_cache(16)
def _second(second: int) -> str:
    return (_EPOCH + dt.timedelta(seconds=second)).isoformat()


def midnight(at: float) -> float:
    """The moment at which the day of the moment began."""
    return at - at % 86400


def day(at: float) -> dt.date:
    """The calendar day of the moment."""
    return (_EPOCH + dt.timedelta(seconds=at)).date()
