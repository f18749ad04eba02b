"""The books: pieces of work that share a transaction and nothing else."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from fake_backend.books import Bookkeeper, Books
from fake_backend.database import Database, Lost, Transaction
from fake_backend.facts import Event, Letter
from fake_backend.group_commit import NotStored, Shed

TABLE = "CREATE TABLE IF NOT EXISTS marbles (name TEXT PRIMARY KEY, weight BIGINT NOT NULL)"


class Between:
    """Stands between the books and their real database: counts transactions, and refuses the commit of those it was told to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0
        self.refuse: set[int] = set()
        self.away = False
        self.prepare, self.read = database.prepare, database.read

    def transact(self, work: Callable[[Transaction], None], done: Callable[[Exception | None], None]) -> None:
        self.transactions += 1
        refused = self.transactions in self.refuse

        def refusing(transaction: Transaction) -> None:
            work(transaction)
            if refused:
                raise Lost("the disk said no at the last moment")

        self._database.transact(refusing, done)


def _put(name: str, weight: int = 1) -> Callable[[Books], int]:
    def work(books: Books) -> int:
        books.run("INSERT INTO marbles VALUES (?, ?)", name, weight)
        return books.note(Event("put", name, amount=weight, detail={"of": "marbles"}))

    return work


def _spoilt(name: str) -> Callable[[Books], None]:
    def work(books: Books) -> None:
        _put(name)(books)
        books.send(Letter("never", name, {}))
        raise ValueError(name)

    return work


async def _marbles(books: Bookkeeper) -> list[str]:
    return [name for (name,) in await books.read("SELECT name FROM marbles ORDER BY name")]


async def _numbers(books: Bookkeeper) -> list[tuple[Any, ...]]:
    return await books.read("SELECT sequence, subject FROM daybook ORDER BY sequence")


def test_pieces_of_work_that_come_together_share_a_transaction_and_each_has_its_own_result(keeping, run) -> None:
    async def scene() -> None:
        held: list[Between] = []
        async with keeping(lambda database: held.append(Between(database)) or held[0]) as books:
            held[0].prepare([TABLE])
            numbers = await asyncio.gather(*(books.write(_put(f"m{number}")) for number in range(20)))
            assert numbers == list(range(1, 21))
            assert held[0].transactions < 20
            assert await _numbers(books) == [(number + 1, f"m{number}") for number in range(20)]

    run(scene())


def test_a_piece_that_fails_harms_only_itself(keeping, run) -> None:
    async def scene() -> None:
        async with keeping() as books:
            await books.write(lambda open_: open_.run(TABLE))
            pieces = [_put("a"), _spoilt("b"), _put("c"), _put("a"), _put("d")]  # the fourth breaks a rule of the database's own
            results = await asyncio.gather(*(books.write(piece) for piece in pieces), return_exceptions=True)
            assert [results[0], results[2], results[4]] == [1, 2, 3]
            assert isinstance(results[1], ValueError)
            assert isinstance(results[3], Exception) and not isinstance(results[3], NotStored)
            assert await _marbles(books) == ["a", "c", "d"]
            assert await _numbers(books) == [(1, "a"), (2, "c"), (3, "d")]
            assert await books.read("SELECT count(*) FROM outbox") == [(0,)]

    run(scene())


def test_a_refused_commit_promises_nothing_to_any_piece_and_leaves_nothing(keeping, run) -> None:
    async def scene() -> None:
        held: list[Between] = []
        async with keeping(lambda database: held.append(Between(database)) or held[0]) as books:
            held[0].prepare([TABLE])
            told: list[int] = []
            books.wrote = lambda: told.append(1)
            held[0].refuse = {1}
            results = await asyncio.gather(*(books.write(_put(name)) for name in "abc"), return_exceptions=True)
            assert [type(result) for result in results] == [NotStored] * 3
            assert await _marbles(books) == [] and not told
            assert await books.write(_put("a")) == 1

    run(scene())


def test_nobody_waits_for_a_database_that_is_away(keeping, run) -> None:
    async def scene() -> None:
        held: list[Between] = []
        async with keeping(lambda database: held.append(Between(database)) or held[0]) as books:
            held[0].away = True
            with pytest.raises(Shed):
                await books.write(_put("a"))
            assert held[0].transactions == 0

    run(scene())


def test_whatever_fails_between_them_the_daybook_has_no_gap_and_every_promise_is_in_it(keeping, run) -> None:
    chance = random.Random(4)

    async def scene() -> None:
        held: list[Between] = []
        async with keeping(lambda database: held.append(Between(database)) or held[0]) as books:
            held[0].prepare([TABLE])
            held[0].refuse = {number for number in range(1, 60) if chance.random() < 0.2}
            promised: dict[int, str] = {}

            async def person(name: str) -> None:
                await asyncio.sleep(chance.random() * 0.02)
                work = _spoilt(name) if chance.random() < 0.2 else _put(name)
                try:
                    number = await books.write(work)
                except (ValueError, NotStored):
                    return
                promised[number] = name

            await asyncio.gather(*(person(f"p{number:03d}") for number in range(80)))
            rows = dict(await _numbers(books))
            assert list(rows) == list(range(1, len(rows) + 1))
            assert rows == promised and sorted(promised.values()) == await _marbles(books)

    run(scene())


def test_what_was_noted_and_sent_is_seen_by_the_work_itself(keeping, run) -> None:
    def work(books: Books) -> tuple[Any, ...]:
        books.note(Event("put", "a", amount=3, detail={"heavy": True}))
        books.send(Letter("post", "a", {"to": "x"}, due=5.0))
        return (
            books.row("SELECT subject, amount FROM daybook"),
            books.row("SELECT kind, due FROM outbox"),
            books.row("SELECT 1 WHERE 1 = 2"),
        )

    async def scene() -> None:
        async with keeping() as books:
            assert await books.write(work) == (("a", 3), ("post", 5.0), None)
            await books.write(work)
            assert await books.read("SELECT number, key FROM outbox ORDER BY number") == [(1, "a"), (2, "a")]
            ((detail,), *_) = await books.read("SELECT detail FROM daybook ORDER BY sequence")
            assert json.loads(detail) == {"heavy": True}

    run(scene())


def test_the_number_of_a_letter_is_never_given_again(keeping, run) -> None:
    async def scene() -> None:
        async with keeping() as books:
            for _ in range(2):
                await books.write(lambda open_: open_.send(Letter("post", "a", {})))
                await books.write(lambda open_: open_.run("DELETE FROM outbox"))
            await books.write(lambda open_: open_.send(Letter("post", "a", {})))
            assert await books.read("SELECT number FROM outbox") == [(3,)]

    run(scene())


def test_pieces_that_take_their_time_leave_room_for_others_between_them(keeping, run) -> None:
    def slow(books: Books) -> float:
        time.sleep(0.004)
        return books.at

    async def scene() -> None:
        held: list[Between] = []
        async with keeping(lambda database: held.append(Between(database)) or held[0]) as books:
            await asyncio.gather(*(books.write(slow) for _ in range(8)))
            assert held[0].transactions >= 3

    run(scene())


def test_a_long_query_holds_up_nobody_else(keeping, run) -> None:
    long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT max(i), sum(i) FROM n"

    async def scene() -> None:
        async with keeping() as books:
            asked = asyncio.create_task(books.read(long))
            turns = 0
            while not asked.done():
                await asyncio.sleep(0.001)
                turns += 1
            assert await asked == [(400_000, 80_000_200_000)]
            assert turns > 5

    run(scene())


def test_reading_what_is_wrong_says_so(keeping, run) -> None:
    async def scene() -> None:
        async with keeping() as books:
            with pytest.raises(Exception, match="nowhere"):
                await books.read("SELECT 1 FROM nowhere")
            assert await books.read("SELECT 1") == [(1,)]

    run(scene())
