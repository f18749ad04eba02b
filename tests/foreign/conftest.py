"""The foreign service, started for tests that are its users."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import psycopg
import pytest

sys.path.append(str(Path(__file__).parent))  # for `company`, which is no test

from company import Company, running

_numbers = count()
Start = Callable[..., AbstractContextManager[Company]]


@pytest.fixture(scope="session")
def start(_postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts the service over a database of its own: `with start(bug=…, seats=…) as company`."""

    def started(**options: object) -> AbstractContextManager[Company]:
        name = f"seats{next(_numbers)}"
        with psycopg.connect(_postgres_server.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return running(tmp_path_factory.mktemp(name), _postgres_server.format(name), **options)

    return started


@pytest.fixture(scope="module")
def company(start: Start) -> Iterator[Company]:
    """The service as it should be, shared by the tests of a file."""
    with start() as running:
        yield running
