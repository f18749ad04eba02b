"""The backend and its providers over real sockets and real files, under one clock that is moved by hand."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from msgspec.structs import replace
from parts import later_port

from fake_backend import pages, sales
from fake_backend.app import Backend
from fake_backend.app import compose as compose_backend
from fake_backend.books import Books
from fake_backend.database import Database
from fake_backend.database.sqlite import Sqlite
from fake_backend.facts import Letter
from fake_backend.providers.app import Providers
from fake_backend.providers.app import compose as compose_providers
from fake_backend.providers.behaviour import Behaviour
from fake_backend.sale import Payment, Truth
from fake_backend.settings import DEFAULTS, Links, Settings
from fake_backend.stock import Stock
from fake_backend.switches import Switches

PATIENCE = 10.0
ROUND = "2022-04-01.r1"


class Still:
    """A wall clock that stands still but for the hand that moves it, in seconds."""

    def __init__(self, at: float = 1_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Asker:
    """Somebody who sends requests to one process."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def __call__(self, method: str, path: str, json: object = None, **more: Any) -> tuple[int, Any]:
        """Status and body of one answer."""
        async with self.session.request(method, path, json=json, **more) as answer:
            return answer.status, await answer.json(content_type=None) if "json" in answer.content_type else await answer.text()

    async def rows(self, path: str) -> list[dict[str, str]]:
        """A ledger, each row by the names of its columns."""
        status, text = await self("GET", path)
        assert status == 200, text
        return list(csv.DictReader(io.StringIO(text)))

    async def events(self, *kinds: str) -> list[dict[str, str]]:
        """The daybook's events of these kinds."""
        return [row for row in await self.rows("/ledger/daybook.csv") if row["kind"] in kinds]


class Trade:
    """Both processes and their clock."""

    def __init__(self, wall: Still, backend: Backend, shop: Asker, providers: Providers, outside: Asker) -> None:
        self.wall, self.backend, self.shop, self.providers, self.outside = wall, backend, shop, providers, outside

    async def send(self, *letters: Letter) -> None:
        """Put letters into the backend's outbox."""

        def work(books: Books) -> None:
            for letter in letters:
                books.send(letter)

        await self.backend.site.books.write(work)

    async def at(self, now: str) -> None:
        """Set both clocks."""
        for asked in (self.shop, self.outside):
            status, answer = await asked("PUT", "/clock", {"now": now})
            assert status == 200, answer

    async def quiet(self) -> None:
        """Wait until the backend has nothing more to do, each look a little later by the clock."""
        async with asyncio.timeout(PATIENCE):
            while (await self.shop("GET", "/quiet"))[0] != 200:
                self.wall.at += 0.01
                await asyncio.sleep(0.01)

    async def until(self, *kinds: str, least: int = 1) -> list[dict[str, str]]:
        """Wait for events of these kinds."""
        async with asyncio.timeout(PATIENCE):
            while len(found := await self.shop.events(*kinds)) < least:
                await asyncio.sleep(0.02)
        return found

    async def paid(self, person: str = "p1", reservation: int = 1) -> str:
        """The order that the person has won and paid; its bottle waits at the shop."""
        return await paid(self.backend, self.shop, person, reservation)


async def shop_with_bottles(ask: Asker) -> str:
    """A shop that has bottles of the round, once they are released."""
    async with asyncio.timeout(PATIENCE):
        while not (cells := (await ask("GET", f"/stock?round={ROUND}&limit=1"))[1]["stock"]):
            await asyncio.sleep(0.02)
    return str(cells[0]["shop"])


async def paid(backend: Backend, ask: Asker, person: str = "p1", reservation: int = 1) -> str:
    """The order that the person has won and paid; its bottle waits at the shop."""
    site, shop, order = backend.site, await shop_with_bottles(ask), f"o{reservation}"
    till = sales.compose(site, Stock(site.settings, {}), backend.rounds.find, Switches()).till
    body = {"reservation": reservation, "person": person, "round": ROUND, "shop": shop, "place": 0}

    def work(books: Books) -> None:
        till.open(books, Letter("orders.open", order, body))
        opened = pages.order(books, order)
        assert opened is not None
        payment = Payment(f"{order}.1", order, person, opened.price, "icbc", "app", f"key-{order}", "pending", books.at, 1)
        pages.keep_payment(books, payment)
        till.settle(books, payment.payment, Truth("succeeded", opened.price, books.at, f"t-{order}"), "notice")

    await site.books.write(work)
    async with asyncio.timeout(PATIENCE):
        while (await ask("GET", f"/orders/{order}/pickup?person={person}"))[0] != 200:
            await asyncio.sleep(0.01)
    return order


@asynccontextmanager
async def open_providers(folder: Path, wall: Still, usual: Behaviour) -> AsyncIterator[tuple[Providers, str, Asker]]:
    """The providers, their URL, and somebody to ask them."""
    database = Sqlite(folder / "providers.db")
    try:
        providers = await compose_providers(database, wall=wall, usual=usual, tick=wall)
        async with TestServer(providers.web) as server, aiohttp.ClientSession(server.make_url("/")) as session:
            yield providers, str(server.make_url("")).rstrip("/"), Asker(session)
    finally:
        database.close()


@asynccontextmanager
async def open_trade(
    opened: Callable[[], Database],
    folder: Path,
    usual: Behaviour | None = None,
    settings: Settings = DEFAULTS,
    lies: Switches | None = None,
) -> AsyncIterator[Trade]:
    """Both, the backend knowing where its providers are and they where it is."""
    wall = Still()
    server: TestServer | None = None
    database = opened()
    try:
        async with open_providers(folder, wall, usual or Behaviour()) as (providers, url, outside):
            port = later_port()
            links = replace(Links(), providers=url, own=f"http://127.0.0.1:{port}")
            backend = await compose_backend(database, wall=wall, settings=settings, links=links, lies=lies)
            server = TestServer(backend.web, port=port)
            async with server, aiohttp.ClientSession(server.make_url("/")) as session:
                yield Trade(wall, backend, Asker(session), providers, outside)
            await backend.ledger.commits.drained()
    finally:
        database.close()
