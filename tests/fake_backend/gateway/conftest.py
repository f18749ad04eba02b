"""The gateway on a real socket and a real file under clocks moved by hand, and a shop that gets its notices."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fake_backend.database.sqlite import Sqlite
from fake_backend.gateway.app import put_together
from fake_backend.gateway.gateway import Gateway
from fake_backend.gateway.settings import Settings
from fake_backend.signature import fault, signed

DEADLINE = 60.0
SECRET = "reference"


class Hand:
    """A clock moved by hand, in seconds."""

    def __init__(self, at: float = 1_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Heard:
    """One notice as it came to the shop."""

    def __init__(self, at: float, body: bytes, headers: Any, now: float) -> None:
        self.at, self.body, self.headers = at, body, headers
        self.said = json.loads(body) if body.startswith(b"{") else {}
        self.fault = fault("Gateway", SECRET, body, headers, now)


class Shop:
    """A merchant with a real endpoint for notices; `answer` says what the next ones get."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.status, self.body = 200, b""
        self.delay = 0.0
        self.url = ""
        self.now: Callable[[], float] = lambda: 0.0

    async def take(self, request: web.Request) -> web.Response:
        self.heard.append(Heard(self.now(), await request.read(), request.headers, self.now()))
        if self.delay:
            await asyncio.sleep(self.delay)
        return web.Response(status=self.status, body=self.body)

    def states(self) -> list[str]:
        return [heard.said["state"] for heard in self.heard]


class Merchant:
    """Somebody who speaks to one gateway."""

    def __init__(self, session: aiohttp.ClientSession, gateway: Gateway, shop: Shop, wall: Hand) -> None:
        self.session, self.gateway, self.shop, self.wall = session, gateway, shop, wall

    async def __call__(self, method: str, path: str, json_: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and body of one signed request."""
        body = b"" if json_ is None else json.dumps(json_).encode()
        sent = signed("Merchant", SECRET, body, self.gateway.now()) | {"Idempotency-Key": "k1"} | (headers or {})
        async with self.session.request(method, path, data=body or None, headers=sent) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if "json" in answer.content_type else text

    async def pay(self, order: str = "o1.1", amount: int = 149_900, key: str | None = None, **more: Any) -> tuple[int, Any]:
        """One POST /payments."""
        body = {
            "merchant_order": order,
            "amount": amount,
            "bank": "riverside",
            "channel": "app",
            "notify_url": self.shop.url,
            "payer": "p1",
        }
        return await self("POST", more.pop("path", "/payments"), body | more, {"Idempotency-Key": key or f"k-{order}"})

    async def back(self, order: str = "o1.1", amount: int = 149_900, refund: str | None = None, **more: Any) -> tuple[int, Any]:
        """One POST /refunds."""
        body = {"merchant_order": order, "refund": refund or f"{order}.r", "amount": amount, "notify_url": self.shop.url}
        return await self("POST", "/refunds", body | more)

    async def on(self, name: str, **setting: Any) -> None:
        """Turn a fault on."""
        status, shown = await self("PUT", f"/faults/{name}", {"ttl": 3600} | setting)
        assert (status, shown["active"]) == (200, True), shown

    async def after(self, seconds: float) -> None:
        """Let the clocks run so far, and everything happen that is due then."""
        self.wall.at += seconds
        await self.gateway.catch_up()

    async def run_until(self, seconds: float, step: float = 1.0) -> None:
        """Let the clocks run so far in steps, and everything happen in its time."""
        for _ in range(int(seconds / step)):
            await self.after(step)

    async def state(self, order: str = "o1.1") -> str:
        """What GET says."""
        return str((await self("GET", f"/payments/{order}"))[1].get("state"))

    async def rows(self, ledger: str) -> list[dict[str, str]]:
        """The true ledger."""
        _, text = await self("GET", f"/ledger/{ledger}.csv")
        head, *lines = text.splitlines()
        return [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines]


Serving = Callable[..., AbstractAsyncContextManager[Merchant]]


@pytest.fixture
def wall() -> Hand:
    return Hand()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.db"


@pytest.fixture
def serving(file: Path, wall: Hand) -> Serving:
    """`async with serving() as merchant`: a gateway on `file` that does what is due only when told to, let go of at the end."""

    @asynccontextmanager
    async def serve(by_itself: bool = False, **chosen: Any) -> AsyncIterator[Merchant]:
        database, shop = Sqlite(file), Shop()
        try:
            gateway, application = await put_together(database, Settings(**chosen), wall, wall, by_itself)
            shop.now = gateway.now
            endpoint = web.Application()
            endpoint.router.add_post("/notices", shop.take)
            async with TestServer(endpoint) as listening, TestServer(application) as server:
                shop.url = str(listening.make_url("/notices"))
                async with aiohttp.ClientSession(server.make_url("/")) as session:
                    yield Merchant(session, gateway, shop, wall)
        finally:
            database.close()

    return serve


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine to its end, within a deadline."""

    def runner(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(asyncio.wait_for(coroutine, DEADLINE))

    return runner
