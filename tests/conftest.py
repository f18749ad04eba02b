"""Options of the whole suite, which pytest reads only here, and the databases that several rooms' tests ask for."""

import os
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.append(str(Path(__file__).parent))  # for `parts`, which tests of many folders share

from parts import mariadb_server, postgres_server

# A shell lets what it starts in the background ignore Ctrl-C, and what that starts would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Cores are shared: how long an example takes says nothing about it.
settings.register_profile("rushproof", deadline=None)
# A build draws the same examples each time, so that it blames a change for nothing but the change; whoever works here draws new ones.
settings.register_profile("build", settings.get_profile("rushproof"), derandomize=True, database=None)
settings.load_profile("build" if os.environ.get("CI") else "rushproof")

TIMED = (
    "foreign/", "capacity/", "contract/test_survival", "cli/", "run/", "engine/", "driver/", "inject/", "metastable/test_storm",
    "fake_backend/test_postgres_stopped", "fake_backend/test_away", "ledgers/test_sql",
)  # fmt: skip
"""files in which wall time is measured and judged: `make test` lets them have the machine before the others"""

LONG = (
    "foreign/", "capacity/test_real", "capacity/test_knees", "contract/test_survival", "cli/test_persons", "cli/test_check",
    "metastable/test_storm", "run/test_probed", "run/test_stopped", "run/test_capacity", "driver/", "crash/", "contract/test_planted_day",
    "people/test_persons_file", "ledgers/", "fake_backend/test_payments", "fake_backend/draw/test_room", "audit/",
)  # fmt: skip
"""files that take longest, begun first so that nobody waits for them at the end where files run side by side"""

_numbers = count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing with them")
    parser.addoption("--crashes", type=int, default=12, help="how often processes are killed by tests/crash")


def pytest_itemcollected(item: pytest.Item) -> None:
    if any(f"tests/{name}" in item.nodeid for name in TIMED):
        item.add_marker("timed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONG))


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    with postgres_server() as dsn:
        yield dsn


@pytest.fixture
def postgres(_postgres_server: str) -> str:
    """The DSN of a fresh PostgreSQL database, as its owner."""
    import psycopg

    name = f"fresh{next(_numbers)}"
    with psycopg.connect(_postgres_server.format("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return _postgres_server.format(name)


@pytest.fixture(scope="session")
def _mariadb_server() -> Iterator[Path]:
    with mariadb_server() as socket:
        yield socket


@pytest.fixture
def mariadb(_mariadb_server: Path) -> str:
    """The DSN of a fresh MariaDB database, as root; the test is skipped where there is no MariaDB."""
    import pymysql

    name = f"fresh{next(_numbers)}"
    with pymysql.connect(user="root", unix_socket=str(_mariadb_server)) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return f"mysql://root@localhost/{name}?unix_socket={_mariadb_server}"
