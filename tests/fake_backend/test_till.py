"""The till by itself, on a real database: whatever it is told, in whatever order, its events go legal ways and its money adds up."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_backend import books as books_
from fake_backend import pages
from fake_backend.books import Books
from fake_backend.facts import LATEST, Letter, Round
from fake_backend.sale import Order, Payment, Truth
from fake_backend.settings import DEFAULTS
from fake_backend.till import Till

PRICE = 249_900
ROUND = Round("r1", "Year of the Tiger 500 ml", 0.0, 3600.0)
WAYS = {
    "payment": re.compile(r"(payment_failed|payment_closed)?( ?payment_succeeded)?$"),
    "refund": re.compile(r"refund_begun( refund_failed refund_begun)*( refund_done)?$"),
    "order": re.compile(r"order_opened( order_paid| order_lapsed)?$"),
}


class Memory:
    """A transaction on a database of its own."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in (*books_.SCHEMA, *pages.SCHEMA):
            self.connection.execute(statement)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql, values))

    def run(self, sql: str, *values: Any) -> None:
        self.connection.execute(sql, values)

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        self.connection.executemany(sql, values)


class Shelf:
    """One shop's bottles, counted."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, str]] = []

    def hold(self, books: Books, round_: str, shop: str, order: str) -> bool:
        return not self.moves.append(("hold", order))

    def free(self, books: Books, round_: str, shop: str, order: str) -> bool:
        return not self.moves.append(("free", order))

    def sell(self, books: Books, round_: str, shop: str, order: str) -> bool:
        return not self.moves.append(("sell", order))


class Nobody:
    """A work list that nobody reads."""

    def open(self, books: Books, order: Order, why: str) -> None: ...
    def done(self, books: Books, order: Order, outcome: str) -> None: ...


PAYMENTS, REFUNDS = ("created", "paying", "succeeded", "failed", "closed"), ("processing", "done", "failed")
MOSTLY = st.sampled_from((PRICE, PRICE, PRICE, 1))
TOLD = st.one_of(
    st.tuples(st.just("lapse"), st.just("o1"), st.just(0)),
    st.tuples(st.sampled_from(PAYMENTS), st.sampled_from(("o1.1", "o1.2", "o9.9")), MOSTLY),
    st.tuples(st.sampled_from(REFUNDS), st.sampled_from(("o1.1.r", "o1.2.r")), MOSTLY),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(TOLD, max_size=25))
def test_whatever_it_is_told_money_is_kept_once_and_everything_else_given_back_once(told: list[tuple[str, str, int]]) -> None:
    memory, shelf = Memory(), Shelf()
    till = Till(shelf, Nobody(), lambda name: ROUND, DEFAULTS)
    books = Books(memory, 100.0)
    till.open(books, Letter("orders.open", "o1", {"reservation": 1, "person": "p1", "round": "r1", "shop": "s1"}))
    for number in (1, 2):
        pages.keep_payment(books, Payment(f"o1.{number}", "o1", "p1", PRICE, "b", "c", f"k{number}", "pending", 100.0, number))
    for what, name, amount in told:
        order = pages.order(books, "o1")
        assert order is not None
        if what == "lapse":
            if order.state == "open" and order.lapse_at != LATEST:
                till.expire(books, order)
        elif name.endswith(".r"):
            till.refunded(books, name, what, amount, 1.0)  # type: ignore[arg-type]
        else:
            till.settle(books, name, Truth(what, amount, 1.0), "notice")  # type: ignore[arg-type]
    books.flush()
    order = pages.order(books, "o1")
    succeeded = {payment.payment for payment in pages.payments_of(books, "o1") if payment.state == "succeeded"}
    assert succeeded == {name for what, name, amount in told if (what, amount) == ("succeeded", PRICE)} - {"o9.9"}
    begun = {row[0] for row in books.rows("SELECT payment FROM refunds")}
    assert order is not None and succeeded == begun | ({order.paid_by} - {""}) and order.paid_by not in begun
    assert shelf.moves == [("hold", "o1")] + {"open": [], "paid": [("sell", "o1")], "lapsed": [("free", "o1")]}[order.state]
    ways: dict[str, list[str]] = {}
    for kind, subject in books.rows("SELECT kind, subject FROM daybook ORDER BY sequence"):
        ways.setdefault(subject, []).append(kind)
    for way in ways.values():
        assert WAYS[way[0].split("_")[0]].match(" ".join(way)), way
    letters = Counter(f"{kind} {key}" for kind, key in books.rows("SELECT kind, key FROM outbox"))
    assert all(times == 1 for times in letters.values())


def test_a_payment_is_given_back_once_however_often_and_however_late_that_is_asked_for() -> None:
    memory, till = Memory(), Till(Shelf(), Nobody(), lambda name: ROUND, DEFAULTS)
    books = Books(memory, 100.0)
    till.open(books, Letter("orders.open", "o1", {"reservation": 1, "person": "p1", "round": "r1", "shop": "s1"}))
    payment = Payment("o1.1", "o1", "p1", PRICE, "b", "c", "k1", "succeeded", 100.0, 1)
    pages.keep_payment(books, payment)
    for told in (None, "processing", "done"):
        if told is not None:
            till.refunded(books, "o1.1.r", told, PRICE, 2.0)  # type: ignore[arg-type]
        before = pages.refund(books, "o1.1.r")
        till.refund(books, payment, "lapsed")
        if told is not None:
            assert pages.refund(books, "o1.1.r") == before
        till.refund(books, payment, "not collected")
    books.flush()
    (found,) = memory.rows("SELECT payment, state, why, tries FROM refunds")
    assert found == ("o1.1", "done", "lapsed", 1)
    assert memory.rows("SELECT kind FROM daybook WHERE subject = 'o1.1.r'") == [("refund_begun",), ("refund_done",)]
    assert memory.rows("SELECT key FROM outbox WHERE kind = 'gateway.refund'") == [("o1.1.r:1",)]
