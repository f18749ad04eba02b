"""The backend on a real socket and a real file, under a clock moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from fake_backend.app import MOST_WAITING, Backend, compose
from fake_backend.books import Bookkeeper
from fake_backend.database import Database
from fake_backend.database.postgres import Postgres
from fake_backend.database.sqlite import Sqlite
from fake_backend.switches import Switches

DEADLINE = 60.0


class Hand:
    """A clock moved by hand, in seconds."""

    def __init__(self, at: float = 1_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


class Guest:
    """Somebody who sends requests to one backend."""

    def __init__(self, session: aiohttp.ClientSession, backend: Backend) -> None:
        self.session, self.backend = session, backend

    async def __call__(self, method: str, path: str, json: object = None, **more: Any) -> tuple[int, Any, Any]:
        """Status, body and headers of one answer."""
        async with self.session.request(method, path, json=json, **more) as answer:
            text = await answer.text()
            decoded = await answer.json(content_type=None) if "json" in answer.content_type else text
            return answer.status, decoded, answer.headers

    async def reserve(self, person: str = "p1", key: str = "k1", round_: str = "2022-04-01.r1", shop: str = "s1") -> tuple[int, Any, Any]:
        """One POST /reservations."""
        body = {"person": person, "round": round_, "shop": shop}
        return await self("POST", "/reservations", body, headers={"Idempotency-Key": key})

    async def rows(self) -> list[list[str]]:
        """The exported ledger, without its header."""
        _, text, _ = await self("GET", "/ledger/reservations.csv")
        return [line.split(",") for line in text.splitlines()[1:]]


@pytest.fixture
def wall() -> Hand:
    return Hand()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


DATABASES = ("sqlite", "postgres")
"""what every test that opens a database runs on, for real; a file of tests that are about one of them says `databases = (…,)`"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "opened" in metafunc.fixturenames:
        metafunc.parametrize("opened", getattr(metafunc.module, "databases", DATABASES), indirect=True)


@pytest.fixture
def opened(request: pytest.FixtureRequest, file: Path) -> Callable[[], Database]:
    """Opens the test's database; again and again if asked to, as after a restart."""
    if request.param == "sqlite":
        return lambda: Sqlite(file)
    dsn = request.getfixturevalue("postgres")
    return lambda: Postgres(dsn)


Serving = Callable[..., AbstractAsyncContextManager[Guest]]


@pytest.fixture
def serving(opened: Callable[[], Database], wall: Hand) -> Serving:
    """`async with serving() as guest`: a backend on the test's database, let go of at the end."""

    @asynccontextmanager
    async def serve(
        database: Database | None = None, lies: Switches | None = None, most_waiting: int = MOST_WAITING, **chosen: Any
    ) -> AsyncIterator[Guest]:
        kept = database or opened()
        try:
            backend = await compose(
                kept, most_waiting=most_waiting, wall=wall, lies=Switches(clock=wall) if lies is None else lies, **chosen
            )
            server = TestServer(backend.web)
            async with server, aiohttp.ClientSession(server.make_url("/")) as session:
                yield Guest(session, backend)
            await backend.ledger.commits.drained()
        finally:
            kept.close()

    return serve


@pytest.fixture
def keeping(opened: Callable[[], Database], wall: Hand) -> Callable[..., AbstractAsyncContextManager[Bookkeeper]]:
    """`async with keeping() as books`: the books alone, on the test's database, perhaps behind something that comes between."""

    @asynccontextmanager
    async def keep(between: Callable[[Database], Any] = lambda database: database) -> AsyncIterator[Bookkeeper]:
        database = opened()
        try:
            yield Bookkeeper(between(database), wall)
        finally:
            database.close()

    return keep


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine to its end, within a deadline."""

    def runner(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(asyncio.wait_for(coroutine, DEADLINE))

    return runner
