"""A database that is away: whoever comes is told so at once, nothing that was promised is lost, and it goes on by itself."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from fake_backend.books import Books
from fake_backend.database.postgres import RESERVING
from fake_backend.database.sqlite import Sqlite
from fake_backend.facts import Letter
from fake_backend.group_commit import NotStored

databases = ("postgres",)
AWAY = {"database_away", "not_stored"}


class Switch:
    """Cuts every connection to one PostgreSQL database and lets no new one in, as a server that was stopped; and mends it."""

    def __init__(self, dsn: str) -> None:
        self._name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
        self._other = dsn.replace(f"/{self._name}?", "/postgres?")

    def _say(self, sql: str) -> None:
        with psycopg.connect(self._other, autocommit=True) as connection:
            connection.execute(sql)

    def cut(self) -> None:
        self._say(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false')
        self.end()

    def end(self) -> None:
        """End every connection, and come back when they are dead; who wants a new one gets it."""
        self._say(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{self._name}'")

    def mend(self) -> None:
        self._say(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')


@pytest.fixture
def switch(postgres: str) -> Switch:
    return Switch(postgres)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():
            await asyncio.sleep(0.02)


async def _well(guest) -> bool:
    return (await guest.reserve("back", "back"))[0] == 201


def test_while_postgres_is_away_everybody_is_told_at_once_and_then_it_goes_on(serving, run, switch) -> None:
    async def scene() -> None:
        async with serving() as guest:
            promised = [(await guest.reserve(f"p{number}", f"k{number}"))[1] for number in range(3)]
            switch.cut()
            first = await asyncio.gather(*(guest.reserve(f"q{number}", f"q{number}") for number in range(5)))
            assert {(status, body["code"]) for status, body, _ in first} <= {(503, code) for code in AWAY}
            begun = asyncio.get_running_loop().time()
            for status, body, headers in [await guest.reserve(f"q{number}", f"q{number}") for number in range(5)]:
                assert (status, body["code"], headers["Retry-After"]) == (503, "database_away", "1")
            assert asyncio.get_running_loop().time() - begun < 2
            status, body, headers = await guest("GET", "/reservations?person=p1&round=2022-04-01.r1")
            assert (status, body["code"], headers["Retry-After"]) == (503, "database_away", "1")
            assert (await guest("GET", "/health"))[0] == 200
            switch.mend()
            await _until(lambda: _well(guest))
            rows = await guest.rows()
            assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
            assert [row[:4] for row in rows[:3]] == [[str(one["sequence"]), one["person"], one["round"], one["shop"]] for one in promised]
            assert [(await guest.reserve(f"p{number}", f"k{number}"))[1] for number in range(3)] == promised

    run(scene())


def test_what_was_on_its_way_when_postgres_went_is_not_promised_and_can_be_asked_again(serving, run, switch) -> None:
    async def scene() -> None:
        async with serving() as guest:
            inside, gone = threading.Event(), threading.Event()

            def held() -> float:
                if threading.current_thread().name == f"writer-{RESERVING}":
                    inside.set()
                    gone.wait(5)
                return 0.0

            guest.backend.ledger._database.sync_delay = held
            asked = asyncio.create_task(guest.reserve("p1", "k1"))
            assert await asyncio.to_thread(inside.wait, 5)
            switch.cut()
            gone.set()
            status, body, _ = await asked
            assert (status, body["code"]) == (503, "not_stored")
            switch.mend()
            guest.backend.ledger._database.sync_delay = lambda: 0.0
            await _until(lambda: _well(guest))
            assert (await guest.reserve("p1", "k1"))[0] == 201
            assert sorted(row[1] for row in await guest.rows()) == ["back", "p1"]

    run(scene())


def test_the_books_and_the_outbox_go_on_by_themselves(serving, run, switch) -> None:
    def send(books: Books) -> None:
        books.send(Letter("nobody", "a", {}))

    async def scene() -> None:
        async with serving() as guest:
            books = guest.backend.site.books
            await books.write(send)
            switch.cut()
            for _ in range(3):
                with pytest.raises(NotStored):
                    await books.write(send)
            assert (await guest("GET", "/quiet"))[1]["code"] == "database_away"
            switch.mend()
            await _until(lambda: _well(guest))
            await _until(lambda: _written(books, send))
            assert (await guest("GET", "/quiet"))[0] == 200

    run(scene())


async def _written(books: Any, work: Callable[[Books], None]) -> bool:
    try:
        await books.write(work)
    except NotStored:
        return False
    return True


def test_a_connection_that_died_while_it_was_idle_is_nobodys_loss(serving, run, switch) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest.reserve())[0] == 201
            await guest.backend.site.books.read("SELECT 1")
            switch.end()
            assert (await guest.reserve("p2", "k2"))[0] == 201
            assert await guest.backend.site.books.read("SELECT 1") == [(1,)]
            await guest.backend.site.books.write(lambda books: books.run("DELETE FROM outbox"))

    run(scene())


def test_a_disk_that_is_full_is_a_database_that_is_away_until_there_is_room(serving, run, file) -> None:
    async def scene() -> None:
        database = Sqlite(file)
        async with serving(database) as guest:
            promised = await guest.reserve("p0", "k0")
            (pages,) = next(iter(database._writer.execute("PRAGMA page_count")))
            list(database._writer.execute(f"PRAGMA max_page_count = {pages}"))
            codes = []
            for number in range(400):
                status, body, headers = await guest.reserve(f"q{number}", f"q{number}", shop="s" * 60)
                if status == 503:
                    codes.append((body["code"], headers.get("Retry-After")))
                    if len(codes) == 2:
                        break
            assert codes[1] == ("database_away", "1") and codes[0][0] in AWAY  # a duty may have met the full disk before
            assert (await guest("GET", "/health"))[0] == 200
            list(database._far.execute("PRAGMA max_page_count = 1000000"))
            list(database._writer.execute("PRAGMA max_page_count = 1000000"))
            await _until(lambda: _well(guest))
            rows = await guest.rows()
            assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
            assert (await guest.reserve("p0", "k0"))[:2] == promised[:2]

    run(scene())
