"""What the drills' queries count, on evenings so small that one can count them oneself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rushproof import catalogue
from rushproof.audit import is_question, read_question

AUDIT = catalogue.folder(catalogue.SCENARIOS) / "audit"
QUESTIONS = sorted(path for path in AUDIT.glob("*.sql") if is_question(path))
TABLES = """
CREATE TABLE daybook (sequence BIGINT, "at" DOUBLE, kind VARCHAR, subject VARCHAR, person UBIGINT, detail VARCHAR);
CREATE TABLE affected (number BIGINT, "at" DOUBLE, order_id VARCHAR, person UBIGINT);
CREATE TABLE gateway_payments (number BIGINT, merchant_order VARCHAR, succeeded_at VARCHAR);
CREATE TABLE attempts_of_all (person UBIGINT, kind VARCHAR, sent DOUBLE);
CREATE MACRO ledger_clock("at") AS "at" - 1000;
CREATE MACRO load_clock(wall) AS wall * 10;
"""


class Day:
    """Tables that a test fills, at scenario times."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(TABLES)
        self._number = 0

    def note(self, at: float, kind: str, subject: str, person: int = 0, **detail: Any) -> None:
        self._number += 1
        told = "{" + ", ".join(f'"{name}": "{value}"' for name, value in detail.items()) + "}"
        self.connection.execute("INSERT INTO daybook VALUES (?, ?, ?, ?, ?, ?)", [self._number, 1000 + at, kind, subject, person, told])

    def hit(self, at: float, order: str, person: int = 0) -> None:
        self._number += 1
        self.connection.execute("INSERT INTO affected VALUES (?, ?, ?, ?)", [self._number, 1000 + at, order, person])

    def took(self, at: float | None, payment: str) -> None:
        said = "" if at is None else str(1000 + at)
        self.connection.execute("INSERT INTO gateway_payments VALUES (1, ?, ?)", [payment, said])

    def tried(self, person: int, *sent: float, kind: str = "payment") -> None:
        for at in sent:
            self.connection.execute("INSERT INTO attempts_of_all VALUES (?, ?, ?)", [person, kind, at / 10])

    def asked(self, name: str) -> list[dict[str, Any]]:
        found = self.connection.execute(read_question(AUDIT / f"{name}.sql").query)
        columns = [column[0] for column in found.description or []]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def open(self, name: str) -> list[tuple[float, int]]:
        return [(row["at"], row["open"]) for row in self.asked(name)]


@pytest.fixture
def day() -> Iterator[Day]:
    made = Day()
    yield made
    made.connection.close()


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_of_an_evening_without_anything_has_the_columns_that_it_names(day: Day, path: Path) -> None:
    question = read_question(path)
    found = day.connection.execute(question.query)

    assert set(question.columns) <= {column[0] for column in found.description or []}
    assert found.fetchall() == []


def test_the_backlog_is_what_was_begun_and_has_not_come_out(day: Day) -> None:
    day.note(0, "payment_begun", "o1.1")
    day.note(5, "payment_begun", "o2.1")
    day.note(5, "payment_begun", "o3.1")
    day.note(7, "payment_doubted", "o2.1")
    day.note(9, "payment_succeeded", "o1.1")
    day.note(20, "payment_closed", "o2.1")
    day.note(30, "payment_succeeded", "o2.1")  # late: it had come out before

    assert day.open("open_payments") == [(0, 1), (5, 3), (9, 2), (20, 1)]


def test_the_ledgers_differ_from_five_minutes_after_the_money_was_taken_until_ours_knows_of_it(day: Day) -> None:
    for payment, took, known in (("quick.1", 10, 12), ("slow.1", 20, 900), ("never.1", 40, None)):
        day.note(0, "payment_begun", payment)
        day.took(took, payment)
        if known is not None:
            day.note(known, "payment_succeeded", payment)

    assert day.open("open_ledger") == [(0, 0), (320, 1), (340, 2), (900, 1)]


def test_a_doubt_is_over_when_what_is_true_is_known_and_not_when_it_was_given_up(day: Day) -> None:
    for payment in ("nothing.1", "late.1"):
        day.note(0, "payment_begun", payment)
        day.note(100, "payment_doubted", payment)
        day.note(500, "payment_closed", payment)
    day.took(None, "nothing.1")
    day.took(300, "late.1")
    day.note(2000, "payment_succeeded", "late.1")

    assert day.open("open_ledger") == [(0, 0), (400, 2), (500, 1), (2000, 0)]


def test_a_customer_is_made_whole_when_the_end_was_told_to_them(day: Day) -> None:
    for nth, order in enumerate(("paid", "lapsed", "untold", "open")):
        day.hit(nth, order)
    day.note(10, "order_paid", "paid")
    day.note(12, "told", "k1", order="paid", what="pay_again")  # this is not the end
    day.note(15, "told", "k2", order="paid", what="paid")
    day.note(20, "order_lapsed", "lapsed")
    day.note(25, "told", "k3", order="lapsed", what="lapsed")
    day.note(30, "order_paid", "untold")
    day.note(31, "order_paid", "somebody else")

    assert day.open("open_customers") == [(0, 1), (1, 2), (2, 3), (3, 4), (15, 3), (25, 2)]


def test_those_affected_are_in_one_state_at_a_time_and_add_up(day: Day) -> None:
    for order in ("o1", "o2", "o3", "o4", "o5"):
        day.hit(0, order)
    day.note(10, "order_paid", "o1", payment="o1.1")
    day.note(20, "follow_up_done", "o2", outcome="reached")
    day.note(21, "follow_up_done", "o1", outcome="reached")  # had paid already
    day.note(30, "order_paid", "o2")
    day.note(40, "follow_up_done", "o3", outcome="reached")
    day.note(41, "follow_up_done", "o4", outcome="not_reached")
    day.note(50, "order_lapsed", "o3")
    day.note(60, "order_lapsed", "o4")
    day.note(70, "refund_done", "o4.1.r", order="o4")
    day.note(80, "refund_done", "o1.2.r", order="o1")  # paid twice, and once is left
    day.note(90, "order_paid", "somebody else")
    rows = day.asked("affected")

    assert all(row["paid"] + row["reached"] + row["open"] + row["lapsed"] + row["refunded"] == row["affected"] == 5 for row in rows)
    assert [(row["at"], row["paid"], row["reached"], row["open"], row["lapsed"], row["refunded"]) for row in rows] == [
        (0, 0, 0, 5, 0, 0), (10, 1, 0, 4, 0, 0), (20, 1, 1, 3, 0, 0), (30, 2, 0, 3, 0, 0), (40, 2, 1, 2, 0, 0), (50, 2, 0, 2, 1, 0),
        (60, 2, 0, 1, 2, 0), (70, 2, 0, 1, 1, 1),
    ]  # fmt: skip


def test_tries_are_those_of_people_affected_while_the_incident_lasted(day: Day) -> None:
    day.note(130, "incident_declared", "i1", since=1100)
    day.note(500, "incident_over", "i1")
    for person in (1, 2, 3):
        day.hit(140, f"o{person}", person)
    day.tried(1, 50, 100, 200, 300, 499, 600)
    day.tried(2, 120, kind="reservation")
    day.tried(2, 120)
    day.tried(9, 200, 300)

    assert {row["person"]: row["tries"] for row in day.asked("affected_tries")} == {1: 4, 2: 1, 3: 0}
