"""PostgreSQL under several processes: one ledger and one daybook without a gap, one who leads, and SQL that means the same in both."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp.test_utils import TestServer

from fake_backend.app import compose
from fake_backend.books import Books
from fake_backend.database.postgres import Postgres
from fake_backend.database.postgres_words import native
from fake_backend.facts import Event
from tests.fake_backend.conftest import Guest

databases = ("postgres",)
ROUND = "2022-04-01.r1"


@contextlib.asynccontextmanager
async def several(dsn: str, wall: Any, count: int = 2) -> AsyncIterator[list[Guest]]:
    """As many backends on one database, each with connections of its own."""
    async with contextlib.AsyncExitStack() as ended:
        guests = []
        for _ in range(count):
            database = Postgres(dsn)
            ended.callback(database.close)
            backend = await compose(database, wall=wall)
            server = await ended.enter_async_context(TestServer(backend.web))
            guests.append(Guest(await ended.enter_async_context(aiohttp.ClientSession(server.make_url("/"))), backend))
        yield guests


def test_whoever_is_asked_a_person_has_one_entry_and_no_number_is_left_out(postgres, wall, run) -> None:
    chance = random.Random(7)

    async def scene() -> None:
        async with several(postgres, wall) as guests:
            tries = [(f"p{chance.randrange(60)}", f"k{chance.randrange(120)}") for _ in range(240)]
            answers = await asyncio.gather(*(chance.choice(guests).reserve(*each) for each in tries))
            assert {status for status, _, _ in answers} == {201, 409, 422}
            promised = {body["person"]: body["sequence"] for status, body, _ in answers if status == 201}
            first, second = [await guest.rows() for guest in guests]
            assert first == second
            assert [int(row[0]) for row in first] == list(range(1, len(first) + 1))
            assert {row[1]: int(row[0]) for row in first} == promised and len(promised) == len(first)
            again = await asyncio.gather(*(guest.reserve(row[1], row[4]) for row in first for guest in guests))
            assert all(status == 201 and "Idempotent-Replay" in headers for status, _, headers in again)

    run(scene())


def test_the_books_of_all_are_one(postgres, wall, run) -> None:
    def work(name: str, fails: bool) -> Any:
        def write(books: Books) -> int:
            number = books.note(Event("put", name))
            if fails:
                raise ValueError(name)
            return number

        return write

    async def scene() -> None:
        async with several(postgres, wall) as guests:
            books = [guest.backend.site.books for guest in guests]
            pieces = [books[number % 2].write(work(f"e{number}", number % 7 == 3)) for number in range(70)]
            results = await asyncio.gather(*pieces, return_exceptions=True)
            promised = sorted(result for result in results if isinstance(result, int))
            rows = await books[0].read("SELECT sequence FROM daybook WHERE kind = 'put' ORDER BY sequence")
            assert promised == [number for (number,) in rows]
            ((every, last),) = await books[1].read("SELECT count(*), max(sequence) FROM daybook")
            assert every == last >= promised[-1], "no gap, whatever else was noted meanwhile"

    run(scene())


def test_after_all_has_settled_a_closed_round_gets_no_entry_from_any_process(postgres, wall, run) -> None:
    async def scene() -> None:
        async with several(postgres, wall) as guests:
            close = guests[0].backend.rounds.find(ROUND).close

            async def hammer(number: int) -> None:
                for turn in range(8):
                    await guests[(number + turn) % 2].reserve(f"p{number}-{turn}", f"k{number}-{turn}")

            crowd = [asyncio.create_task(hammer(number)) for number in range(12)]
            settled = asyncio.create_task(guests[0].backend.site.entries.settled(close))
            while len(guests[0].backend.ledger) < 10:
                await asyncio.sleep(0.001)
            assert not settled.done()
            wall.advance(3600)
            await settled
            then = await guests[1].rows()
            await asyncio.gather(*crowd)
            assert await guests[0].rows() == then
            entries = guests[1].backend.site.entries
            assert 0 < len(then) < 96
            pages = [await entries.pages(ROUND, 0, 5), await entries.pages(ROUND, 5, 1000)]
            assert [entry.sequence for page in pages for entry in page] == [int(row[0]) for row in then]
            assert [entry.key for entry in await entries.of_person(then[0][1], [ROUND, "2022-04-01.r2"])] == [then[0][4]]

    run(scene())


def test_one_leads_and_another_takes_over_when_it_has_gone(postgres, run) -> None:
    async def scene() -> None:
        one, other = Postgres(postgres), Postgres(postgres)
        try:
            async with asyncio.timeout(60):
                while not (one.leads() or other.leads()):
                    await asyncio.sleep(0.01)
            leader, follower = (one, other) if one.leads() else (other, one)
            await asyncio.sleep(0.25)
            assert not follower.leads()
            with psycopg.connect(postgres, autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7071003")
            async with asyncio.timeout(60):
                while not (leader.leads() or follower.leads()):
                    await asyncio.sleep(0.01)
            assert leader.leads() != follower.leads()
        finally:
            one.close()
            other.close()

    run(scene())


def test_the_indexes_have_the_last_word(postgres, wall, run) -> None:
    async def scene() -> None:
        async with several(postgres, wall, 1) as (guest,):
            assert (await guest.reserve())[0] == 201
            with psycopg.connect(postgres, autocommit=True) as connection:
                for row in ((9, "p1", ROUND, "s", "k9", 0.0), (9, "p9", ROUND, "s", "k1", 0.0)):
                    with pytest.raises(psycopg.errors.UniqueViolation):
                        connection.execute("INSERT INTO reservations VALUES (%s, %s, %s, %s, %s, %s)", row)

    run(scene())


@pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("SELECT ?", ("a",), "a"),
        ("SELECT 'why?' || ?", ("x",), "why?x"),
        ("SELECT '50%' || ?", ("!",), "50%!"),
        ("SELECT 'it''s ?' || ?", ("!",), "it's ?!"),
        ("SELECT 7 % 4", (), 3),
        ("SELECT sum(n) FROM (SELECT CAST(? AS BIGINT) AS n) AS one", (3,), 3),
        ("SELECT avg(n) FROM (SELECT 1 AS n UNION ALL SELECT 2) AS two", (), 1.5),
        ("SELECT CAST(? AS INTEGER) + 1", (True,), 2),
        ("SELECT 1 WHERE 'a' LIKE ?", ("%",), 1),
    ],
)
def test_sql_means_the_same_in_both(postgres, file, run, sql: str, values: tuple[Any, ...], expected: object) -> None:
    from fake_backend.database.sqlite import Sqlite

    async def scene() -> None:
        for database in (Postgres(postgres, stands=False), Sqlite(file)):
            ((found,),) = await database.read(sql, *values)
            database.close()
            assert found == expected and type(found) is type(expected)

    run(scene())


def test_placeholders_inside_text_are_text() -> None:
    assert native("SELECT '?%', ?, 1 % 2") == "SELECT '?%%', %s, 1 %% 2"
