"""One table in both databases, and what a query of it brings."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rushproof.ledgers import Span, sql

TABLE = "CREATE TABLE bookings (id INT PRIMARY KEY, customer VARCHAR(200), written TIMESTAMP(3) NULL)"
ROWS = "INSERT INTO bookings VALUES (1, 'p1', '2022-04-01 01:00:00'), (3, NULL, NULL), (4, 'a, \"b\"\nc 红', '2022-04-01 01:00:09.5')"
SPAN = Span(1648774795.0, 1648774805.0)


class Database:
    """A real database: `run` as its owner, `fetched` as the harness reads it."""

    def __init__(self, dsn: str, run: Callable[..., list[Any]], folder: Path) -> None:
        self.dsn, self.run, self._folder = dsn, run, folder
        self.postgres = dsn.startswith("postgresql")

    def fetched(self, query: str, dsn: str | None = None) -> str:
        """The CSV that a query becomes."""
        file = self._folder / "fetched.csv"
        asyncio.run(asyncio.wait_for(sql.fetch(dsn or self.dsn, query, SPAN, file), 60.0))
        return file.read_text()

    def columns(self, query: str, dsn: str | None = None) -> tuple[str, ...]:
        return asyncio.run(asyncio.wait_for(sql.columns(dsn or self.dsn, query, SPAN), 60.0))


@pytest.fixture(params=["postgres", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database with a table of three bookings."""
    dsn = request.getfixturevalue(request.param)
    if request.param == "postgres":
        import psycopg

        connection: Any = psycopg.connect(dsn, autocommit=True)
    else:
        import pymysql

        name, _, socket = dsn.removeprefix("mysql://root@localhost/").partition("?unix_socket=")
        connection = pymysql.connect(user="root", unix_socket=socket, database=name, autocommit=True)

    def run(statement: str, values: tuple[Any, ...] | None = None) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    try:
        run(TABLE)
        run(ROWS)
        yield Database(dsn, run, tmp_path)
    finally:
        connection.close()
