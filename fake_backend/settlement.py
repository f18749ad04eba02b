"""Settlement: at the end of a day every shop on whose account something happened gets its statement, made of the daybook alone."""

import datetime as dt
import re
from typing import Any, Final

import msgspec
from aiohttp import web

from fake_backend.account import KINDS, Accounts, Entry, Statement
from fake_backend.answers import json_answer
from fake_backend.books import Books
from fake_backend.contract import TEXT, operation, parameter, ref
from fake_backend.duties import Duty
from fake_backend.facts import Event, day, written
from fake_backend.problems import refused
from fake_backend.room import Room, Site
from fake_backend.visitor import identifier

_DAY: Final = 86400.0
_READ: Final = 500
"""events read at once"""
_WRITE: Final = 100
"""statements in one transaction"""
_IDLE: Final = 60.0
"""seconds of the clock until the daybook is looked into again while it is empty"""

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS settlements (
  day TEXT NOT NULL, shop TEXT NOT NULL, orders BIGINT NOT NULL, paid BIGINT NOT NULL, refunded BIGINT NOT NULL, still_open BIGINT NOT NULL,
  balance BIGINT NOT NULL, at DOUBLE PRECISION NOT NULL, PRIMARY KEY (day, shop))""",
    "CREATE TABLE IF NOT EXISTS settled (one INTEGER PRIMARY KEY, sequence BIGINT NOT NULL)",
)
_KINDS: Final = ", ".join(f"'{kind}'" for kind in sorted(KINDS))
_EVENTS: Final = "SELECT sequence, at, kind, subject, shop, amount, detail FROM daybook WHERE sequence > ? ORDER BY sequence LIMIT ?"


class SettlementShown(msgspec.Struct, frozen=True):
    """A shop's account at the end of a day, in cents: orders = paid + refunded + open, and what is left over is the balance."""

    day: str
    shop: str
    orders: int
    paid: int
    refunded: int
    open: int
    balance: int
    at: str


class SettlementsShown(msgspec.Struct, frozen=True):
    """What GET /settlements answers."""

    settlements: list[SettlementShown]


class Ledgers:
    """Reads the daybook on, and settles each day that is over."""

    def __init__(self, site: Site) -> None:
        self._site, self._accounts = site, Accounts()
        self._read = 0
        self._unread: list[Entry] = []
        self._end: float | None = None

    def end_after(self, at: float) -> float:
        """The first moment after this one at which a day is settled."""
        settle = self._site.settings.settle
        return ((at - settle) // _DAY + 1) * _DAY + settle

    async def settle(self, now: float) -> float:
        """The duty: settle every day that is over."""
        while True:
            if self._end is None:
                first = await self._next()
                if first is None:
                    return now + _IDLE
                self._end = self.end_after(first.at)
            if now < self._end:
                return self._end
            await self._count(self._end)
            await self._state(self._end)
            self._end = None

    async def under_way(self) -> int:
        """1 while a day is over that something happened on and that is not settled."""
        (done,) = (await self._site.books.read("SELECT coalesce(max(sequence), 0) FROM settled"))[0]
        sql = f"SELECT at FROM daybook WHERE sequence > ? AND kind IN ({_KINDS}) ORDER BY sequence LIMIT 1"
        rows = await self._site.books.read(sql, done)
        return int(bool(rows) and self._site.clock.now() >= self.end_after(rows[0][0]))

    async def _next(self) -> Entry | None:
        """The next event, which stays unread."""
        if not self._unread:
            self._unread = [Entry(*row) for row in await self._site.books.read(_EVENTS, self._read, _READ)]
            self._unread.reverse()
        return self._unread[-1] if self._unread else None

    async def _count(self, end: float) -> None:
        """Read on to the end of the day."""
        while (entry := await self._next()) is not None and entry.at < end:
            self._accounts.add(self._unread.pop())
            self._read = entry.sequence

    async def _state(self, end: float) -> None:
        """Write a statement for each shop with activity; those that are written already stay as they are."""
        of = day(end - self._site.settings.settle).isoformat()
        shops, read = sorted(self._accounts.active), self._read
        for start in range(0, len(shops), _WRITE):
            piece = [self._accounts.statement(shop) for shop in shops[start : start + _WRITE]]
            await self._site.books.write(lambda books, piece=piece: _written(books, of, piece))  # type: ignore[misc]
        self._accounts.active.clear()
        await self._site.books.write(
            lambda books: books.run("INSERT INTO settled VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET sequence = excluded.sequence", read)
        )


def _written(books: Books, of: str, piece: list[Statement]) -> None:
    for it in piece:
        if books.row("SELECT 1 FROM settlements WHERE day = ? AND shop = ?", of, it.shop):
            continue
        amounts = (it.orders, it.paid, it.refunded, it.open)
        books.run("INSERT INTO settlements VALUES (?, ?, ?, ?, ?, ?, ?, ?)", of, it.shop, *amounts, it.balance, books.at)
        detail = dict(zip(("orders", "paid", "refunded", "open"), amounts, strict=True))
        books.note(Event("settled", f"{of}:{it.shop}", shop=it.shop, amount=it.balance, detail=detail))


def room(site: Site) -> Room:
    """GET /settlements, and the end of each day."""
    ledgers = Ledgers(site)

    async def show(request: web.Request) -> web.Response:
        of, values = _day(request), list[Any]()
        sql = "SELECT day, shop, orders, paid, refunded, still_open, balance, at FROM settlements WHERE day = ?"
        values.append(of)
        if "shop" in request.query:
            sql += " AND shop = ?"
            values.append(identifier(request, "shop"))
        rows = await site.books.read(f"{sql} ORDER BY shop", *values)
        return json_answer(SettlementsShown([_shown(row) for row in rows]))

    return Room(
        schema=SCHEMA,
        routes=(web.get("/settlements", show),),
        duties=(Duty("settle", ledgers.settle),),
        under_way=ledgers.under_way,
        contract=_CONTRACT,
        types=(SettlementsShown, SettlementShown),
    )


def _shown(row: tuple[Any, ...]) -> SettlementShown:
    of, shop, orders, paid, refunded, open_, balance, at = row
    return SettlementShown(of, shop, orders, paid, refunded, open_, balance, written(at))


def _day(request: web.Request) -> str:
    text = request.query.get("day", "")
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise refused("bad_field", "expected a day such as 2022-04-01", "day")


_CONTRACT: Final = {
    "/settlements": {
        "get": operation(
            "The shops' accounts at the end of a day", ref("SettlementsShown"), codes=("bad_field",),
            parameters=(parameter("day", "query", {"type": "string", "format": "date"}), parameter("shop", "query", TEXT, required=False)),
        )
    }
}  # fmt: skip
