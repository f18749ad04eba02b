"""A batch of reservations, rounds and clock settings in PostgreSQL, in a transaction that has the lock.

Two ways there and back, however many requests: look up, then store and commit.  What goes there goes as one JSON text, which costs this
process a hundredth of as many parameters.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import psycopg
from msgspec.structs import astuple

from fake_backend.asked import Asked
from fake_backend.database import Batch, Judge, Known
from fake_backend.facts import Reservation

UNIQUE: Final = (
    "CREATE UNIQUE INDEX IF NOT EXISTS reservations_key ON reservations (key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS reservations_person_round ON reservations (person, round)",
)
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS reservations (
  sequence BIGINT PRIMARY KEY, person TEXT NOT NULL, round TEXT NOT NULL, shop TEXT NOT NULL, key TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS last_reservation (one INTEGER PRIMARY KEY CHECK (one = 1), number BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS rounds (
  sequence INTEGER PRIMARY KEY, round TEXT NOT NULL UNIQUE, item TEXT NOT NULL,
  open DOUBLE PRECISION NOT NULL, close DOUBLE PRECISION NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS frozen_rounds (round TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL)",
    """CREATE TABLE IF NOT EXISTS clock (
  one INTEGER PRIMARY KEY CHECK (one = 1), now DOUBLE PRECISION NOT NULL, speed DOUBLE PRECISION NOT NULL,
  since DOUBLE PRECISION NOT NULL, turns TEXT NOT NULL)""",
)
TWINS: Final = """
SELECT count(*) FROM reservations r WHERE EXISTS (
  SELECT 1 FROM reservations o WHERE o.sequence < r.sequence AND (o.key = r.key OR (o.person = r.person AND o.round = r.round)))"""


_LOOK_UP: Final = """
WITH asked AS MATERIALIZED (SELECT key, person, round FROM json_to_recordset(%s::json) AS a (key text, person text, round text))
SELECT r.sequence, r.person, r.round, r.shop, r.key, r.at FROM asked JOIN reservations r ON r.key = asked.key
UNION
SELECT r.sequence, r.person, r.round, r.shop, r.key, r.at FROM asked JOIN reservations r USING (person, round)
ORDER BY 1"""
_LAST: Final = "SELECT number FROM last_reservation"
_FROZEN: Final = "SELECT round FROM frozen_rounds"
_STORE: Final = """
INSERT INTO reservations (sequence, person, round, shop, key, at)
SELECT sequence, person, round, shop, key, at FROM json_to_recordset(%s::json)
AS r (sequence bigint, person text, round text, shop text, key text, at double precision)"""
_NOTE_LAST: Final = "INSERT INTO last_reservation VALUES (1, %s) ON CONFLICT (one) DO UPDATE SET number = excluded.number"
_ROUND: Final = """
INSERT INTO rounds SELECT coalesce(max(sequence), 0) + 1, %s, %s, %s, %s FROM rounds
HAVING NOT EXISTS (SELECT 1 FROM rounds WHERE round = %s)"""
_CLOCK: Final = """
INSERT INTO clock VALUES (1, %s, %s, %s, %s) ON CONFLICT (one)
DO UPDATE SET now = excluded.now, speed = excluded.speed, since = excluded.since, turns = excluded.turns"""

_MOMENT: Final = "CASE WHEN {0} = floor({0}) THEN {0}::bigint || '.0' ELSE {0}::text END"
COPY_RESERVATIONS: Final = (
    f"COPY (SELECT sequence, person, round, shop, key, {_MOMENT.format('at')} FROM reservations WHERE sequence > "
    "{} ORDER BY sequence LIMIT {}) TO STDOUT (FORMAT csv)"
)
COPY_ROUNDS: Final = (
    f"COPY (SELECT sequence, round, {_MOMENT.format('open')}, {_MOMENT.format('close')} FROM rounds WHERE sequence > "
    "{} ORDER BY sequence LIMIT {}) TO STDOUT (FORMAT csv)"
)

_encode = msgspec.json.Encoder().encode


class _Marks(msgspec.Struct):
    key: str
    person: str
    round: str


def store(connection: psycopg.Connection[Any], batch: Batch, judge: Judge, delay: Callable[[], float]) -> None:
    """Decide what was asked, store it all, and commit."""
    rows: list[Reservation] = []
    last: int | None = None
    if batch.asked:
        known = _known(connection, batch.asked)
        rows, last = judge(batch.asked, known)
        if len({row.key for row in rows}) < len(rows) or len({(row.person, row.round) for row in rows}) < len(rows):
            for name in ("reservations_key", "reservations_person_round"):  # a planted defect: of a backend without them
                connection.execute(f"DROP INDEX IF EXISTS {name}")
        last = None if last == known.last else last
    if seconds := delay():
        time.sleep(seconds)
    with connection.pipeline():
        if rows:
            connection.execute(_STORE, (_encode(rows).decode(),))
        if last is not None:
            connection.execute(_NOTE_LAST, (last,))
        for round_ in batch.rounds:
            connection.execute(_ROUND, (*astuple(round_), round_.round))
        if batch.clock:
            connection.execute(_CLOCK, astuple(batch.clock))
        connection.execute("COMMIT", prepare=False)


def _known(connection: psycopg.Connection[Any], asked: list[Asked]) -> Known:
    marks = _encode([_Marks(each.key, each.command.person, each.command.round) for each in asked]).decode()
    with connection.pipeline():
        found = connection.execute(_LOOK_UP, (marks,))
        last = connection.execute(_LAST)
        frozen = connection.execute(_FROZEN)
    number = last.fetchone()
    return Known([Reservation(*row) for row in found.fetchall()], number[0] if number else 0, {name for (name,) in frozen.fetchall()})
