"""A backend with bottles to sell beside a gateway that does what the test says, both on real sockets; the clock is moved by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from parts import later_port

from fake_backend.app import Backend, compose
from fake_backend.books import Books
from fake_backend.database import Database
from fake_backend.facts import Letter
from fake_backend.outbox import Receiver
from fake_backend.settings import Links, Settings
from fake_backend.signature import fault, signed
from fake_backend.switches import Switches
from tests.fake_backend.conftest import Hand

DEADLINE = 60.0
ROUND, SHOP, PRICE = "2022-04-01.r1", "s00001", 249_900
SETTINGS = Settings(bottles=16, shops=1, regions=1, doubt_after=15.0)


class Double:
    """A gateway of a few lines: keeps what was asked of it, says what the test lets it say, signs the notices it is told to send."""

    def __init__(self, wall: Hand) -> None:
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.now: Callable[[], float] = lambda: 0.0
        self.mood: Callable[[str, str], str] = lambda method, path: "well"
        """`well`, `away` (before it did anything), `mute` (after it did) or a code with which it says no"""
        self.begin_as, self.refund_as = "paying", "processing"
        self.url = ""
        self._session: aiohttp.ClientSession | None = None
        self._nonces = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        assert fault("Merchant", "reference", body, request.headers, self.now()) is None
        self.asked.append((request.method, request.path))
        mood = self.mood(request.method, request.path)
        if mood == "away":
            return await self._cut(request)
        if mood not in ("well", "mute"):
            return web.json_response({"code": mood}, status=int(mood.split(":")[1]) if ":" in mood else 500)
        answer = self._answer(request.method, request.path, json.loads(body) if body else {})
        return await self._cut(request) if mood == "mute" else answer

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> web.Response:
        if path == "/bill":
            return web.Response(text=self.bill, content_type="text/csv")
        if (method, path) == ("POST", "/payments"):
            known = self.payments.setdefault(body["merchant_order"], self._new(body))
            return web.json_response(known, status=201)
        if (method, path) == ("POST", "/refunds"):
            known = self.refunds.setdefault(body["refund"], {**body, "state": self.refund_as, "at": self.now()})
            known["state"] = self.refund_as if known["state"] == "failed" else known["state"]
            return web.json_response(known, status=201)
        kind, name = path.split("/")[1:3]
        found = (self.payments if kind == "payments" else self.refunds).get(name)
        if found is None:
            return web.json_response({"code": f"no_such_{kind[:-1]}"}, status=404)
        if path.endswith("/close"):
            if found["state"] == "succeeded":
                return web.json_response({"code": "order_paid"}, status=409)
            found["state"] = "closed"
        return web.json_response(found)

    def _new(self, body: dict[str, Any]) -> dict[str, Any]:
        number = len(self.payments) + 1
        return {
            "merchant_order": body["merchant_order"], "amount": body["amount"], "state": self.begin_as, "transaction": f"t{number}",
            "at": self.now(), "expires_at": body["expires_at"],
        }  # fmt: skip

    bill = ""

    async def tell(self, name: str, state: str = "succeeded", **changed: Any) -> tuple[int, str]:
        """Send a notice of a payment or refund; the status and code with which it was answered."""
        kind = "refund" if name.endswith(".r") else "payment"
        known = (self.refunds if kind == "refund" else self.payments).get(name, {})
        content = {
            "kind": kind, "id": f"{name}.{state}", "merchant_order": known.get("merchant_order", name), "state": state,
            "amount": known.get("amount", PRICE), "at": self.now(), "transaction": known.get("transaction", "t1"),
            "refund": name if kind == "refund" else "",
        }  # fmt: skip
        headers = changed.pop("headers", {})
        self._nonces += 1
        body = json.dumps({**content, **changed}).encode()
        then = self.now() - changed.pop("age", 0.0) if "age" in changed else self.now()
        secret = changed.pop("secret", "reference")
        return await self.post(body, {**signed("Gateway", secret, body, then, nonce=f"n{self._nonces}"), **headers})

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        assert self._session is not None
        async with self._session.post(self.url + "/gateway/notices", data=body, headers=headers) as answer:
            return answer.status, (await answer.json(content_type=None)).get("code", "")


class Day:
    """What a test does and sees."""

    def __init__(self, backend: Backend, double: Double, session: aiohttp.ClientSession, wall: Hand, lies: Switches) -> None:
        self.backend, self.double, self._session, self.wall, self.lies = backend, double, session, wall, lies
        self._taken: list[tuple[str, str]] = []
        receivers = cast(dict[str, Receiver], backend.outbox._receivers)
        for kind, receive in list(receivers.items()):
            receivers[kind] = partial(self._noted, receive)

    def _noted(self, receive: Receiver, books: Books, letter: Letter) -> None:
        self._taken.append((letter.kind, letter.key))
        receive(books, letter)

    async def __call__(self, method: str, path: str, json: object = None, key: str = "", **more: Any) -> tuple[int, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        async with self._session.request(method, path, json=json, headers=headers, **more) as answer:
            text = await answer.text()
            return answer.status, await answer.json(content_type=None) if "json" in answer.content_type else text

    async def win(self, reservation: int = 1, person: str = "p1", place: int = 0) -> str:
        """An order is opened for whoever won."""
        body = {"reservation": reservation, "person": person, "round": ROUND, "shop": SHOP, "place": place}
        await self.backend.site.books.write(lambda books: books.send(Letter("orders.open", f"o{reservation}", body)))
        await self.until(lambda: self.happened("order_opened", f"o{reservation}"))
        return f"o{reservation}"

    async def pay(self, order: str = "o1", key: str = "k1", person: str = "p1", bank: str = "riverside") -> tuple[int, Any]:
        return await self("POST", f"/orders/{order}/payments", {"person": person, "bank": bank, "channel": "app"}, key)

    async def events(self, *kinds: str) -> list[dict[str, Any]]:
        """The daybook's events of these kinds, or all."""
        rows = await self.backend.site.books.read("SELECT kind, subject, amount, detail, at FROM daybook ORDER BY sequence")
        names = ("kind", "subject", "amount", "detail", "at")
        found = [dict(zip(names, (*row[:3], json.loads(row[3]), row[4]), strict=True)) for row in rows]
        return [event for event in found if not kinds or event["kind"] in kinds]

    async def happened(self, kind: str, subject: str = "") -> list[dict[str, Any]]:
        return [event for event in await self.events(kind) if subject in ("", event["subject"])]

    async def state(self, order: str = "o1") -> str:
        return str((await self("GET", f"/orders/{order}"))[1]["state"])

    async def cell(self) -> dict[str, int]:
        """The counts of the shop's bottles."""
        _, body = await self("GET", f"/stock?round={ROUND}&shop={SHOP}")
        return {name: body["stock"][0][name] for name in ("free", "held", "sold", "returned")}

    async def letters(self, *kinds: str) -> list[str]:
        """The letters of these kinds that wait, or were taken to another room."""
        rows = await self.backend.site.books.read("SELECT kind, key FROM outbox ORDER BY number")
        return [f"{kind} {key}" for kind, key in (*self._taken, *rows) if kind in kinds]

    async def put_off(self, kind: str) -> bool:
        """Whether a letter of the kind was carried in vain, and that is written down: only then is it known until when it waits."""
        due = "SELECT 1 FROM outbox WHERE kind = ? AND tries > 0 AND due > ?"
        return bool(await self.backend.site.books.read(due, kind, self.backend.clock.now()))

    async def was_asked(self, path: str) -> bool:
        """Whether the gateway was asked for something there."""
        return any(asked.startswith(path) for _, asked in self.double.asked)

    def go_on(self, seconds: float) -> None:
        """Time passes, for all clocks."""
        self.wall.advance(seconds)

    async def until(self, there: Callable[[], Any]) -> Any:
        """Wait for what there must be."""
        async with asyncio.timeout(DEADLINE):
            while not (found := await there()):
                await asyncio.sleep(0.01)
            return found

    async def settled(self) -> None:
        """Wait until no letter to the gateway is due, and every duty has looked."""
        due = "SELECT count(*) FROM outbox WHERE due <= ? AND kind LIKE 'gateway.%'"

        async def none() -> bool:
            return (await self.backend.site.books.read(due, self.backend.clock.now()))[0][0] == 0

        await asyncio.sleep(0.3)
        await self.until(none)
        await asyncio.sleep(0.05)


@asynccontextmanager
async def day(
    opened: Callable[[], Database],
    wall: Hand | None = None,
    double: Double | None = None,
    settings: Settings = SETTINGS,
    scheme: str = "http",
) -> AsyncIterator[Day]:
    """The backend, its gateway and their clock; again on the same database: after a restart."""
    wall = wall or Hand()
    double, port = double or Double(wall), later_port()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", double.serve)
    database = opened()
    try:
        async with TestServer(application) as gateway, aiohttp.ClientSession() as session:
            double.url, double._session = f"http://127.0.0.1:{port}", session
            links = Links(own=double.url, gateway=str(gateway.make_url("").with_scheme(scheme)).rstrip("/"))
            lies = Switches(clock=wall)
            backend = await compose(database, wall=wall, lies=lies, settings=settings, links=links)
            double.now = backend.clock.now
            async with TestServer(backend.web, port=port) as server, aiohttp.ClientSession(server.make_url("/")) as guest:
                found = Day(backend, double, guest, wall, lies)
                await found.until(lambda: backend.site.books.read("SELECT 1 FROM released_rounds WHERE round = ?", ROUND))
                yield found
    finally:
        database.close()
