"""The life of one payment, from the order to the money given back, between the backend and the gateway on two files.

The same people do the same things under the same keys whether it is lived for the first time or gone on with after a power cut.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import msgspec
from aiohttp.test_utils import TestServer

from fake_backend.app import Backend, compose
from fake_backend.database.sqlite import Sqlite
from fake_backend.facts import Letter
from fake_backend.gateway.app import put_together
from fake_backend.gateway.gateway import Gateway
from fake_backend.gateway.settings import Settings as GatewaySettings
from fake_backend.items import ITEMS
from fake_backend.settings import Links, Moment, Settings
from tests.fake_backend.conftest import Hand
from tests.fake_backend.promises import Promise, noting

ROUND, SHOP, PRICE, BEGINS = "2022-04-01.r1", "s00001", 249_900, 1_000_000.0
SETTINGS = Settings(
    bottles=24, shops=1, regions=1, passes=0,
    publish=Moment.read("10:40"), pay_by=Moment.read("11:00"), pickup_by=Moment.read("12:00"),
)  # fmt: skip
DUE = """SELECT (SELECT count(*) FROM outbox WHERE due <= ?1 AND kind <> 'notices.tell')
  + (SELECT count(*) FROM payments WHERE state IN ('pending', 'doubt') AND ask_at <= ?1)
  + (SELECT count(*) FROM refunds WHERE state = 'processing' AND ask_at <= ?1)
  + (SELECT count(*) FROM orders WHERE state = 'open' AND lapse_at <= ?1)
  + (SELECT count(*) FROM pickups WHERE state = 'waiting' AND pickup_by <= ?1)"""
"""what the backend has still to do at the moment; asked at once, as what is in one table now is in another a moment later"""


class Life(msgspec.Struct, frozen=True):
    """When something is to happen, in seconds from its beginning; what is wrong at the gateway; and how it all ends."""

    moments: tuple[float, ...]
    faults: dict[str, dict[str, float]]
    order: str
    events: tuple[str, ...]
    returned: int


LIVES = {
    "nobody fetches the bottle": Life(
        (0, 12, 11_500, 11_514), {}, "returned",
        ("order_opened", "payment_begun", "payment_succeeded", "order_paid", "refund_begun", "refund_done"), 1,
    ),
    "the money comes after the order has lapsed": Life(
        (0, 12, 7_500, 15_000, 15_014), {"late_authorisations": {"fails_after": 10.0, "within": 14_400.0}}, "lapsed",
        ("order_opened", "payment_begun", "payment_failed", "order_lapsed", "payment_succeeded", "refund_begun", "refund_done"), 0,
    ),
}  # fmt: skip


class Street:
    """Both processes on real sockets, under one clock that is moved by hand, and who comes by."""

    def __init__(
        self, life: Life, wall: Hand, backend: Backend, gateway: Gateway, guest: aiohttp.ClientSession, note: Callable[[Promise], None]
    ) -> None:  # fmt: skip
        self.life, self.wall, self.backend, self.gateway, self.guest, self._note = life, wall, backend, gateway, guest, note

    async def live(self) -> None:
        """All of it, or what is left of it; what was done already is done again as by somebody who had no answer."""
        await self._win()
        await self._pay()
        for moment in self.life.moments:
            self.wall.at = max(self.wall.at, BEGINS + moment)
            await self._due()
            async with self.guest.get("/orders/o1") as answer:
                assert answer.status == 200, await answer.text()

    async def _win(self) -> None:
        books = self.backend.site.books
        letter = Letter("orders.open", "o1", {"reservation": 1, "person": "p1", "round": ROUND, "shop": SHOP, "place": 0})
        await books.write(lambda books: books.send(letter))
        self._note(Promise("backend", "WIN /o1", {}, {}))
        while not await books.read("SELECT 1 FROM orders"):
            await asyncio.sleep(0.002)

    async def _pay(self) -> None:
        body = {"person": "p1", "bank": "riverside", "channel": "app"}
        async with self.guest.post("/orders/o1/payments", json=body, headers={"Idempotency-Key": "k1"}) as answer:
            assert answer.status == 201, await answer.text()

    async def _due(self) -> None:
        """Wait until both have done what is due."""
        read, now = self.backend.site.books.read, self.backend.clock.now
        async with asyncio.timeout(60):
            while True:
                await self.gateway.catch_up()
                if (await read(DUE, now()))[0][0] == 0:
                    return
                await asyncio.sleep(0.002)

    async def at_rest(self) -> None:
        """Wait until neither is in a transaction."""
        for books in (self.backend.site.books, self.gateway.premises.books):
            await books.drained()

    async def told(self) -> dict[str, Any]:
        """What stands in the backend's books at the end."""
        read = self.backend.site.books.read
        (released, free, held, sold, returned), *_ = await read(
            "SELECT released, free, held, sold, returned FROM stock WHERE round = ?", ROUND
        )
        return {
            "quiet": (await read(DUE, 4e9))[0][0] == 0,
            "events": await read("SELECT sequence, at, kind, subject, shop, amount, detail, link, round FROM daybook ORDER BY sequence"),
            "bottles": {"missing": released - free - returned, "held": held, "sold": sold, "returned": returned},
        }


Open = Callable[[str], Sqlite]
"""opens the file of one side"""


@asynccontextmanager
async def street(life: Life, opened: Open, wall: Hand, port: int, note: Callable[[Promise], None]) -> AsyncIterator[Street]:
    """Both, on the two files; the backend on its port, as the gateway remembers where to send its notices."""
    async with AsyncExitStack() as stack:
        theirs, ours = opened("gateway"), opened("backend")
        stack.callback(theirs.close)
        stack.callback(ours.close)
        gateway, application = await put_together(theirs, GatewaySettings(seed=2), wall, wall, by_itself=False)
        application.middlewares.append(noting("gateway", note))
        server = await stack.enter_async_context(TestServer(application))
        asker = await stack.enter_async_context(aiohttp.ClientSession(server.make_url("/")))
        for fault, settings in life.faults.items():  # before the backend carries what it has to carry
            async with asker.put(f"/faults/{fault}", json={"ttl": 86_400, **settings}) as answer:
                assert answer.status == 200, await answer.text()
        links = Links(own=f"http://127.0.0.1:{port}", gateway=str(server.make_url("")).rstrip("/"))
        backend = await compose(ours, wall=wall, settings=SETTINGS, links=links)
        backend.web.middlewares.append(noting("backend", note))
        own = await stack.enter_async_context(TestServer(backend.web, port=port))
        guest = await stack.enter_async_context(aiohttp.ClientSession(own.make_url("/")))
        it = Street(life, wall, backend, gateway, guest, note)
        async with asyncio.timeout(60):
            while len(await backend.site.books.read("SELECT 1 FROM released_rounds")) < len(ITEMS):
                await asyncio.sleep(0.002)
            await it.at_rest()
        yield it
