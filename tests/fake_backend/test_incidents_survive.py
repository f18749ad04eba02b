"""Whom an incident affects is noted, given time, told and handed over once, though the backend is killed in the middle of each."""

import asyncio
import csv
import json
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer

from fake_backend.app import compose
from fake_backend.books import Books
from fake_backend.clock import OPENS
from fake_backend.database.sqlite import Sqlite
from fake_backend.facts import moment
from tests.fake_backend.test_notices_survive import kill, start

PEOPLE = 500
OPENED, PAY_BY = moment(OPENS), moment(OPENS) + 2 * 86_400.0
SETTINGS = ("--set", "tell_affected=12:00")


async def _prepared(file: Path) -> None:
    """A backend's file with so many open orders, a payment of each in doubt."""
    database = Sqlite(file)
    try:
        backend = await compose(database, speed=60.0)
        async with TestServer(backend.web):
            await backend.site.books.write(_written)
    finally:
        database.close()


def _written(books: Books) -> None:
    numbers = range(1, PEOPLE + 1)
    order = ("2022-04-01.r1", "s00001", "item", 100, 0, 0, "open", OPENED, PAY_BY, PAY_BY, 0.0, "")
    books.many(f"INSERT INTO orders VALUES ({', '.join('?' * 15)})", [(f"o{n}", n, f"p{n}", *order) for n in numbers])
    books.many(
        "INSERT INTO payments VALUES (?, ?, ?, 100, 'b', 'app', ?, 'doubt', ?, ?, 1, '', 1, 1e12, 0)",
        [(f"o{n}.1", f"o{n}", f"p{n}", f"k{n}", OPENED, n) for n in numbers],
    )


def ask(url: str, method: str, path: str, body: object = None) -> Any:
    """The answer's JSON, or its text; also where it is a refusal."""
    content = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, content, method=method), timeout=30) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as refusal:
        text = refusal.read().decode()
    return json.loads(text) if text.startswith("{") else text


def shown(url: str, column: str) -> int:
    """Of how many of those affected this is filled in."""
    return sum(row[column] != "" for row in csv.DictReader(ask(url, "GET", "/ledger/affected.csv").splitlines()))


def until(there: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not there():
        assert time.monotonic() < ends
        time.sleep(0.01)


def asked(url: str, method: str, path: str, body: object = None) -> None:
    with suppress(OSError):  # killed before it could answer
        ask(url, method, path, body)


def test_nobody_is_forgotten_and_nothing_is_told_twice_though_it_is_killed_in_the_middle_of_everything(tmp_path: Path) -> None:
    file = tmp_path / "backend.db"
    asyncio.run(_prepared(file))
    providers, address = start("fake_backend.providers", "--port", "0", "--database", str(tmp_path / "providers.db"))
    backend, url = start("fake_backend", "--port", "0", "--database", str(file), "--providers", address, *SETTINGS)
    try:
        for column, what in {
            "at": ("POST", "/incidents", {"what": "nobody can pay"}),
            "extended": ("DELETE", "/incidents/i1"),
            "told": ("PUT", "/clock", {"now": "2022-04-01T12:00:00", "speed": 60}),
            "handed": ("PUT", "/clock", {"now": "2022-04-02T10:00:00", "speed": 60}),
        }.items():
            ask(url, "PUT", "/switches/slow_sync", {"ttl": 60, "delay": 0.2})
            asking = threading.Thread(target=asked, args=(url, *what))
            asking.start()
            until(lambda column=column, url=url: shown(url, column) > 0)
            kill(backend)
            asking.join(60)
            with closing(sqlite3.connect(file)) as books:
                (done,) = books.execute(f"SELECT count({column}) FROM affected").fetchone()
            assert 0 < done < PEOPLE, "it was in the middle of it"
            backend, url = start("fake_backend", "--port", "0", "--database", str(file), "--providers", address, *SETTINGS)
            until(lambda column=column, url=url: shown(url, column) == PEOPLE)
        until(lambda: ask(url, "GET", "/quiet")["letters"] == 0)
    finally:
        kill(backend)
        kill(providers)
    _once_each(file, tmp_path / "providers.db")


def _once_each(file: Path, inbox: Path) -> None:
    with closing(sqlite3.connect(file)) as books:
        happened = Counter(books.execute("SELECT kind, subject FROM daybook WHERE subject LIKE 'o%'").fetchall())
        kinds = ("affected", "order_extended", "follow_up_opened")
        assert happened == {(kind, f"o{n}"): 1 for kind in kinds for n in range(1, PEOPLE + 1)}
        ((since, over),) = books.execute("SELECT since, over FROM incidents").fetchall()
        assert books.execute("SELECT DISTINCT pay_by, extended FROM orders").fetchall() == [(PAY_BY + (over - since), over - since)]
    with closing(sqlite3.connect(inbox)) as log:
        told = "SELECT count(*), count(DISTINCT key), count(DISTINCT person) FROM arrived WHERE what = 'pay_again'"
        assert log.execute(told).fetchall() == [(2 * PEOPLE, 2 * PEOPLE, PEOPLE)]
