"""Those affected: whose payment did not come out because of an incident, and what is done for them and for nobody else.

during it    noted, once an incident and order
afterwards   given as much more time as it took ─▶ told at the moment of the settings ─▶ next morning on their shop's list if unpaid
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from fake_backend import pages
from fake_backend.books import Books
from fake_backend.facts import Event, Letter
from fake_backend.room import Ledger, Site
from fake_backend.sale import Detail, OrderState
from fake_backend.till import FollowUps, Till

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS affected (
  number INTEGER PRIMARY KEY, incident INTEGER NOT NULL, order_id TEXT NOT NULL, person TEXT NOT NULL, payment TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL, extended DOUBLE PRECISION, told DOUBLE PRECISION, handed DOUBLE PRECISION)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS affected_once ON affected (order_id, incident)",
)
_COLUMNS: Final = ("number", "incident", "order_id", "person", "payment", "at", "extended", "told", "handed")
LEDGER: Final = Ledger(_COLUMNS, f"SELECT {', '.join(_COLUMNS)} FROM affected WHERE number > ? ORDER BY number LIMIT ?")
OVERDUE: Final = 4
"""times `doubt_after`: a payment of which nothing was heard for so long has not just a slow payer"""
PIECE: Final = 100
"""orders looked after in one transaction"""
EVERYBODY: Final = 2**31
_NEW: Final = """SELECT p.id, p.order_id FROM payments p WHERE p.state IN ('pending', 'doubt') AND (p.state = 'doubt' OR p.begun <= ?)
  AND NOT EXISTS (SELECT 1 FROM affected a WHERE a.order_id = p.order_id AND a.incident = ?) ORDER BY p.begun LIMIT ?"""

_WHAT: Final[Mapping[OrderState, str]] = {"open": "pay_again", "lapsed": "too_late", "cancelled": "too_late"}


class Told(msgspec.Struct, frozen=True):
    """What an order's person has heard of an incident: `at` is None where they are affected and have not been told."""

    at: float | None


class Affected:
    """Writes down who is affected, and looks after them piece by piece."""

    def __init__(self, site: Site, till: Till, follow_ups: FollowUps) -> None:
        self._site, self._till, self._follow_ups = site, till, follow_ups

    async def find(self, incident: int) -> None:
        """Note those who are affected by now and not noted yet."""
        books, before = self._site.books, self._site.clock.now() - OVERDUE * self._site.settings.doubt_after
        while rows := await books.read(_NEW, before, incident, PIECE):
            await books.write(lambda books: self._note(books, incident, rows))
            if len(rows) < PIECE:
                break

    def find_all(self, books: Books, incident: int) -> None:
        """Note those who are affected and not noted yet, in the transaction in which it ends."""
        before = books.at - OVERDUE * self._site.settings.doubt_after
        self._note(books, incident, [(row[0], row[1]) for row in books.rows(_NEW, before, incident, EVERYBODY)])

    def _note(self, books: Books, incident: int, rows: Sequence[tuple[str, str]]) -> None:
        last = books.row("SELECT coalesce(max(number), 0) FROM affected")
        number = int(last[0]) if last else 0
        for payment, name in rows:
            order = pages.order(books, name)
            known = books.row("SELECT 1 FROM affected WHERE order_id = ? AND incident = ?", name, incident)
            if order is None or known:
                continue
            number += 1
            row = (number, incident, name, order.person, payment, books.at)
            books.run("INSERT INTO affected VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)", *row)
            detail: Detail = {"incident": f"i{incident}", "payment": payment}
            books.note(Event("affected", name, order.person, order.round, order.shop, order.price, detail))

    async def extend(self, incident: int, seconds: float) -> bool:
        """Give time to the next of them; False where nobody is left."""
        return bool(await self._site.books.write(lambda books: self._extend(books, incident, seconds)))

    def _extend(self, books: Books, incident: int, seconds: float) -> int:
        sql = "SELECT number, order_id FROM affected WHERE incident = ? AND extended IS NULL ORDER BY number LIMIT ?"
        rows = books.rows(sql, incident, PIECE)
        for number, name in rows:
            order = pages.order(books, name)
            given = 0.0
            if order is not None and order.state == "open":
                given = seconds
                self._till.extend(books, replace(order, extended=order.extended + seconds), order.pay_by + seconds, f"incident i{incident}")
            books.run("UPDATE affected SET extended = ? WHERE number = ?", given, number)
        return len(rows)

    async def tell(self, incident: int, most: int) -> int:
        """Tell the next people, at most so many; how many they were."""
        told = 0
        while told < most:
            piece = min(most - told, PIECE)
            now = await self._site.books.write(lambda books: self._tell(books, incident, piece))  # noqa: B023 - it is awaited
            told += now
            if now < piece:
                break
        return told

    def _tell(self, books: Books, incident: int, most: int) -> int:
        sql = "SELECT person, min(number) FROM affected WHERE incident = ? AND told IS NULL GROUP BY person ORDER BY min(number) LIMIT ?"
        people = books.rows(sql, incident, most)
        for person, _ in people:
            names = books.rows("SELECT order_id FROM affected WHERE incident = ? AND person = ? ORDER BY number", incident, person)
            orders = [order for (name,) in names if (order := pages.order(books, name)) is not None]
            order = next((order for order in orders if order.state == "open"), orders[0])
            body: Detail = {
                "what": _WHAT.get(order.state, "all_well"), "person": person, "order": order.order, "round": order.round,
                "shop": order.shop,
            }  # fmt: skip
            books.send(Letter("notices.tell", f"incident:i{incident}:{person}", body))
            books.run("UPDATE affected SET told = ? WHERE incident = ? AND person = ?", books.at, incident, person)
        return len(people)

    async def hand_over(self, incident: int) -> bool:
        """Put the next of those who have not paid on their shops' lists; False where nobody is left."""
        return bool(await self._site.books.write(lambda books: self._hand_over(books, incident)))

    def _hand_over(self, books: Books, incident: int) -> int:
        sql = "SELECT number, order_id FROM affected WHERE incident = ? AND handed IS NULL ORDER BY number LIMIT ?"
        rows = books.rows(sql, incident, PIECE)
        for number, name in rows:
            order = pages.order(books, name)
            if order is not None and order.state == "open":
                self._follow_ups.open(books, order, f"incident i{incident}")
            books.run("UPDATE affected SET handed = ? WHERE number = ?", books.at, number)
        return len(rows)

    async def of(self, orders: Sequence[str]) -> dict[str, Told]:
        """Those of the orders that are affected, and when their people were told last."""
        if not orders:
            return {}
        sql = f"SELECT order_id, max(told) FROM affected WHERE order_id IN ({', '.join('?' * len(orders))}) GROUP BY order_id"
        return {row[0]: Told(row[1]) for row in await self._site.books.read(sql, *orders)}
