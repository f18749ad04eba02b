"""Both databases, for real: a query's rows come as CSV, nothing can be written, and what goes wrong is told without a secret."""

import asyncio
import csv
import io
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import InputError, LoadError
from rushproof.ledgers import sql
from rushproof.run.secret import masked, resolved

ALL = "SELECT id AS sequence, customer AS person, written AS at FROM bookings ORDER BY id"
SECRET = "hunter2-CANARY"


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_rows_come_as_csv_with_a_header(database: Any) -> None:
    found = rows(database.fetched(f"{ALL};\n"))

    assert found[0] == ["sequence", "person", "at"]
    assert [row[:2] for row in found[1:]] == [["1", "p1"], ["3", ""], ["4", 'a, "b"\nc 红']]
    assert [row[2][:19] + row[2][19:].rstrip(".0+") for row in found[1:]] == ["2022-04-01 01:00:00", "", "2022-04-01 01:00:09.5"]


def test_the_runs_time_is_put_in_as_numbers(database: Any) -> None:
    epoch = "extract(epoch FROM written)" if database.postgres else "UNIX_TIMESTAMP(CONVERT_TZ(written, '+00:00', @@session.time_zone))"
    query = f"SELECT id FROM bookings WHERE {epoch} BETWEEN :begin AND :end AND ':begin' <> customer"

    assert database.fetched(query).split() == ["id", "1"]


def test_a_query_without_rows_is_a_header(database: Any) -> None:
    assert database.fetched("SELECT id, customer FROM bookings WHERE id < 0").split() == ["id,customer"]


def test_its_columns_are_told_without_running_it(database: Any) -> None:
    sleeping, begun = "pg_sleep(9)" if database.postgres else "SLEEP(9)", time.monotonic()
    found = database.columns(f"SELECT id AS sequence, customer, {sleeping} AS s FROM bookings")
    assert found == ("sequence", "customer", "s")
    assert time.monotonic() - begun < 8


WRITES = [
    "INSERT INTO bookings VALUES (9, 'p9', NULL)",
    "DELETE FROM bookings",
    "UPDATE bookings SET customer = 'x'",
    "DROP TABLE bookings",
    "TRUNCATE TABLE bookings",
    "SELECT 1; DELETE FROM bookings",
    "SELECT 1) TO STDOUT; DELETE FROM bookings; COPY (SELECT 1",
    "SELECT 1) AS ledger; DELETE FROM bookings; SELECT * FROM (SELECT 1",
    "COMMIT",
    "SELECT written_down() AS id",
]


@pytest.mark.parametrize("query", WRITES)
def test_the_database_refuses_to_write(database: Any, query: str) -> None:
    """`written_down` is a function with a side effect: the transaction itself forbids it, whatever the query looks like."""
    if database.postgres:
        database.run("""CREATE FUNCTION written_down() RETURNS int LANGUAGE sql AS
                        'INSERT INTO bookings VALUES (9, ''p9'', NULL) RETURNING 1'""")
    else:
        database.run("CREATE FUNCTION written_down() RETURNS INT BEGIN INSERT INTO bookings VALUES (9, 'p9', NULL); RETURN 1; END")

    with pytest.raises(LoadError):
        database.fetched(query)

    assert [row[0] for row in database.run("SELECT id FROM bookings ORDER BY id")] == [1, 3, 4]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.parametrize("query", ["INSERT INTO bookings VALUES (9, 'p9', NULL) RETURNING id", "SELECT nextval('numbers') AS id"])
def test_postgresql_refuses_what_gives_rows_and_writes(database: Any, query: str) -> None:
    database.run("CREATE SEQUENCE numbers")

    with pytest.raises(LoadError, match="read-only transaction"):
        database.fetched(query)


def test_the_read_only_transaction_is_what_refuses(database: Any) -> None:
    """In the database's own words, so that nobody has to trust a look at the query's text."""
    if database.postgres:
        database.run("CREATE FUNCTION made() RETURNS int LANGUAGE plpgsql AS 'BEGIN CREATE TABLE t (a int); RETURN 1; END'")
    else:
        database.run("CREATE FUNCTION made() RETURNS INT BEGIN DELETE FROM bookings; RETURN 1; END")

    with pytest.raises(LoadError, match=r"(?i)read.only transaction"):
        database.fetched("SELECT made() AS id")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nosuch FROM bookings", "nosuch"),
        ("SELECT id FROM nosuch", "nosuch"),
        ("SELECT FROM WHERE", "syntax"),
        ("", "refused|gives no rows"),
    ],
)
def test_a_query_that_is_wrong_is_told_in_the_databases_words(database: Any, query: str, said: str) -> None:
    with pytest.raises(LoadError, match=said):
        database.columns(query)


def test_values_of_rows_are_not_repeated(database: Any) -> None:
    database.run("INSERT INTO bookings VALUES (8, 'CANARY-ID', NULL)")
    cast = "CAST(customer AS int)" if database.postgres else "JSON_VALUE(customer, customer) + ST_GeomFromText(customer)"

    try:
        text = database.fetched(f"SELECT {cast} AS sequence FROM bookings WHERE id = 8")
    except LoadError as problem:
        text = str(problem)

    assert "CANARY" not in text


def test_a_wrong_password_is_told_without_user_and_password(database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = "guarded" if database.postgres else "guarded_user"
    if not database.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{user}'" if database.postgres else "SELECT 1 FROM DUAL WHERE 1 = 0"):
        database.run(
            f"CREATE ROLE {user} LOGIN PASSWORD 'right'" if database.postgres else f"CREATE OR REPLACE USER {user} IDENTIFIED BY 'r'"
        )
    dsn = database.dsn.replace("postgres:@", f"{user}:hunter2%2DCANARY@").replace("root@", f"{user}:hunter2%2DCANARY@")
    monkeypatch.setenv("LEDGER_DSN", dsn)

    with pytest.raises(LoadError, match="the database cannot be reached") as caught:
        database.columns(ALL, resolved("${env:LEDGER_DSN}", tmp_path))

    said = masked(str(caught.value))
    assert SECRET not in said
    assert "hunter2" not in said
    assert user not in said


def test_a_database_that_is_not_there_is_told_in_seconds(database: Any, tmp_path: Path) -> None:
    scheme = database.dsn.partition(":")[0]
    begun = time.monotonic()

    with pytest.raises(LoadError, match=r"the database cannot be reached: .*refused"):
        database.columns(ALL, f"{scheme}://somebody@127.0.0.1:9/rows")
    with pytest.raises(LoadError, match="the database cannot be reached"):
        database.columns(ALL, f"{scheme}://somebody@localhost/rows?{'host' if database.postgres else 'unix_socket'}={tmp_path}/none")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("oracle://scott:tiger@db/x", "found one that begins with oracle://"),
        ("host=db password=tiger", "found something else"),
        ("", "found something else"),
        ("mysql://root@db:port/x", "a port that is no number"),
        ("mysql://root:tiger@db/x?sslca=/x", "not known here: sslca; did you mean 'ssl_ca'"),
    ],
)
def test_a_dsn_that_is_none_is_told_without_repeating_it(dsn: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        asyncio.run(sql.columns(dsn, "SELECT 1", sql.Span(0, 1)))

    assert "tiger" not in str(caught.value)


@pytest.mark.parametrize(("dsn", "module", "extra"), [("postgres://db/x", "psycopg", "postgres"), ("mysql://db/x", "pymysql", "mysql")])
def test_a_driver_that_is_not_installed_is_named_with_its_extra(dsn: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"rushproof.ledgers.{extra}", raising=False)

    with pytest.raises(InputError, match=rf"pip install 'rushproof\[{extra}\]'"):
        asyncio.run(sql.columns(dsn, "SELECT 1", sql.Span(0, 1)))


def test_a_statement_that_takes_too_long_is_ended_by_the_database(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rushproof.ledgers import mysql, postgres

    monkeypatch.setattr(postgres, "_SETTINGS", postgres._SETTINGS.replace("'600s'", "'1s'"))
    monkeypatch.setattr(mysql, "STATEMENT", 1)

    with pytest.raises(LoadError, match="refused the query"):
        database.fetched("SELECT pg_sleep(50)" if database.postgres else "SELECT SLEEP(50) AS s FROM bookings")


def test_a_query_that_is_no_longer_wanted_is_ended(database: Any, tmp_path: Path) -> None:
    slow = "SELECT pg_sleep(50) AS s FROM bookings" if database.postgres else "SELECT SLEEP(50) AS s FROM bookings"

    async def cancelled() -> None:
        fetching = asyncio.ensure_future(sql.fetch(database.dsn, slow, sql.Span(0, 1), tmp_path / "slow.csv"))
        while not running():
            await asyncio.sleep(0.02)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching

    def running() -> bool:
        if database.postgres:
            return bool(database.run("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%pg_sleep(50)%' AND state = 'active'"))
        return any("SLEEP(50)" in str(row[7]) for row in database.run("SHOW FULL PROCESSLIST"))

    begun = time.monotonic()
    asyncio.run(asyncio.wait_for(cancelled(), 30.0))

    while running():  # the database was told, and does it in its own time
        assert time.monotonic() - begun < 25
        time.sleep(0.05)
    assert not [thread for thread in threading.enumerate() if "asyncio" in thread.name]


def test_memory_stays_flat_over_many_rows(database: Any, tmp_path: Path) -> None:
    import resource

    many = "SELECT n AS sequence, repeat('x', 90) AS person FROM "
    many += "generate_series(1, 600000) AS g(n)" if database.postgres else "(SELECT seq AS n FROM seq_1_to_600000) AS g"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    asyncio.run(asyncio.wait_for(sql.fetch(database.dsn, many, sql.Span(0, 1), tmp_path / "many.csv"), 60.0))

    assert (tmp_path / "many.csv").stat().st_size > 50_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kilobytes; the rows are twice that
