"""The pages of the books on which sales stand: the rows of orders, payments and refunds, read and written in whoever's transaction."""

from typing import Final

from msgspec.structs import astuple

from fake_backend.books import Bookkeeper, Books
from fake_backend.facts import Round
from fake_backend.sale import Order, Payment, Refund

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, reservation BIGINT NOT NULL, person TEXT NOT NULL, round TEXT NOT NULL, shop TEXT NOT NULL, item TEXT NOT NULL,
  price BIGINT NOT NULL, place INTEGER NOT NULL, passed INTEGER NOT NULL, state TEXT NOT NULL, opened DOUBLE PRECISION NOT NULL,
  pay_by DOUBLE PRECISION NOT NULL, lapse_at DOUBLE PRECISION NOT NULL, extended DOUBLE PRECISION NOT NULL, paid_by TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS orders_by_person ON orders (person)",
    "CREATE INDEX IF NOT EXISTS orders_by_deadline ON orders (state, lapse_at)",
    """CREATE TABLE IF NOT EXISTS payments (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL, person TEXT NOT NULL, amount BIGINT NOT NULL, bank TEXT NOT NULL, channel TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE, state TEXT NOT NULL, begun DOUBLE PRECISION NOT NULL, sequence BIGINT NOT NULL, doubted INTEGER NOT NULL,
  transaction_id TEXT NOT NULL, asked INTEGER NOT NULL, ask_at DOUBLE PRECISION NOT NULL,
  settled_at DOUBLE PRECISION NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS payments_by_order ON payments (order_id)",
    "CREATE INDEX IF NOT EXISTS payments_to_ask ON payments (state, ask_at)",
    """CREATE TABLE IF NOT EXISTS refunds (
  id TEXT PRIMARY KEY, payment TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL, amount BIGINT NOT NULL, state TEXT NOT NULL,
  begun DOUBLE PRECISION NOT NULL, why TEXT NOT NULL, tries INTEGER NOT NULL, asked INTEGER NOT NULL, ask_at DOUBLE PRECISION NOT NULL,
  settled_at DOUBLE PRECISION NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS refunds_to_ask ON refunds (state, ask_at)",
)
_KEEP_ORDER: Final = f"""INSERT INTO orders VALUES ({", ".join("?" * 15)}) ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, pay_by = excluded.pay_by, lapse_at = excluded.lapse_at, extended = excluded.extended,
  paid_by = excluded.paid_by"""
_KEEP_PAYMENT: Final = f"""INSERT INTO payments VALUES ({", ".join("?" * 15)}) ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, doubted = excluded.doubted, transaction_id = excluded.transaction_id, asked = excluded.asked,
  ask_at = excluded.ask_at, settled_at = excluded.settled_at"""
_KEEP_REFUND: Final = f"""INSERT INTO refunds VALUES ({", ".join("?" * 11)}) ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, tries = excluded.tries, asked = excluded.asked, ask_at = excluded.ask_at,
  settled_at = excluded.settled_at"""


def order(books: Books, name: str) -> Order | None:
    """The order of that name."""
    row = books.row("SELECT * FROM orders WHERE id = ?", name)
    return Order(*row) if row else None


def keep_order(books: Books, order: Order) -> None:
    """Write the order, which may be new."""
    books.run(_KEEP_ORDER, *astuple(order))


def orders_due(books: Books, most: int) -> list[Order]:
    """Open orders whose deadline has come."""
    sql = "SELECT * FROM orders WHERE state = 'open' AND lapse_at <= ? ORDER BY lapse_at LIMIT ?"
    return [Order(*row) for row in books.rows(sql, books.at, most)]


def payment(books: Books, name: str) -> Payment | None:
    """The payment of that name."""
    row = books.row("SELECT * FROM payments WHERE id = ?", name)
    return Payment(*row) if row else None


def payment_under(books: Books, key: str) -> Payment | None:
    """The payment that was begun under the key."""
    row = books.row("SELECT * FROM payments WHERE key = ?", key)
    return Payment(*row) if row else None


def payments_of(books: Books, order: str) -> list[Payment]:
    """All attempts to pay the order, the first one first."""
    return [Payment(*row) for row in books.rows("SELECT * FROM payments WHERE order_id = ? ORDER BY sequence", order)]


def keep_payment(books: Books, payment: Payment) -> None:
    """Write the payment, which may be new."""
    books.run(_KEEP_PAYMENT, *astuple(payment))


def refund(books: Books, name: str) -> Refund | None:
    """The refund of that name."""
    row = books.row("SELECT * FROM refunds WHERE id = ?", name)
    return Refund(*row) if row else None


def keep_refund(books: Books, refund: Refund) -> None:
    """Write the refund, which may be new."""
    books.run(_KEEP_REFUND, *astuple(refund))


def round_on_record(books: Books, name: str) -> Round | None:
    """The round, which this process may not have heard of yet."""
    row = books.row("SELECT round, item, open, close FROM rounds WHERE round = ?", name)
    return Round(*row) if row else None


async def order_now(books: Bookkeeper, name: str) -> Order | None:
    """The order, as far as it is durable."""
    return next((Order(*row) for row in await books.read("SELECT * FROM orders WHERE id = ?", name)), None)


async def orders_of(books: Bookkeeper, person: str) -> list[Order]:
    """A person's orders, as far as they are durable, the latest first."""
    sql = "SELECT * FROM orders WHERE person = ? ORDER BY opened DESC, id LIMIT 100"
    return [Order(*row) for row in await books.read(sql, person)]


async def payment_now(books: Bookkeeper, name: str) -> Payment | None:
    """The payment, as far as it is durable."""
    return next((Payment(*row) for row in await books.read("SELECT * FROM payments WHERE id = ?", name)), None)


async def payments_now(books: Bookkeeper, order: str) -> list[Payment]:
    """All attempts to pay the order, as far as they are durable."""
    return [Payment(*row) for row in await books.read("SELECT * FROM payments WHERE order_id = ? ORDER BY sequence", order)]


async def refund_now(books: Bookkeeper, name: str) -> Refund | None:
    """The refund, as far as it is durable."""
    return next((Refund(*row) for row in await books.read("SELECT * FROM refunds WHERE id = ?", name)), None)
