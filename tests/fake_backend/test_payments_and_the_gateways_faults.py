"""A few hurried days of sales beside the real fake gateway, one with each of its faults: whatever it does, the promises are kept."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from parts import later_port

from fake_backend.app import Backend, compose
from fake_backend.database.sqlite import Sqlite
from fake_backend.facts import Letter
from fake_backend.gateway.app import put_together
from fake_backend.gateway.faults.known import FAULTS
from fake_backend.gateway.gateway import Gateway
from fake_backend.gateway.settings import Settings as GatewaySettings
from fake_backend.settings import Length, Links, Settings
from tests.fake_backend.conftest import Hand

SETTINGS = Settings(bottles=24, shops=1, regions=1, pay_again_within=Length(600), passes=0)
ROUND, SHOP, PRICE, PEOPLE = "2022-04-01.r1", "s00001", 249_900, 8
LEGAL = re.compile(r"payment_begun( payment_doubted)*( payment_failed| payment_closed)?( payment_succeeded)?$")
DUE = """SELECT (SELECT count(*) FROM outbox WHERE due <= ?1 AND kind LIKE 'gateway.%')
  + (SELECT count(*) FROM payments WHERE state IN ('pending', 'doubt') AND ask_at <= ?1)
  + (SELECT count(*) FROM refunds WHERE state = 'processing' AND ask_at <= ?1)
  + (SELECT count(*) FROM orders WHERE state = 'open' AND lapse_at <= ?1)"""
"""what the backend has still to do at the moment; asked at once, as what is in one table now is in another a moment later"""
OPEN = """SELECT (SELECT count(*) FROM orders WHERE state = 'open')
  + (SELECT count(*) FROM payments WHERE state IN ('pending', 'doubt'))
  + (SELECT count(*) FROM refunds WHERE state <> 'done')"""
WAITING = "SELECT (SELECT count(*) FROM payments WHERE wake IS NOT NULL) + (SELECT count(*) FROM notices WHERE standing = 'waiting')"
Events = list[dict[str, Any]]


def _codes(events: Events) -> set[str]:
    return {event["detail"]["code"] for event in events if event["kind"] == "notice_refused"}


def _by(events: Events) -> set[str]:
    return {event["detail"]["by"] for event in events if event["kind"] == "payment_succeeded"}


def _any(kind: str) -> Callable[[Events], bool]:
    return lambda events: any(event["kind"] == kind for event in events)


DAYS: dict[str, tuple[dict[str, Any], Callable[[Events], bool]]] = {
    # the fault's settings, and what shows that it struck
    "lost_notices": ({}, lambda events: _by(events) == {"asked"}),
    "duplicate_notices": ({"copies": 4}, lambda events: bool(_by(events))),
    "reordered_notices": ({}, lambda events: bool(_by(events))),
    "early_notices": ({"hold": 0.2}, lambda events: bool(_by(events))),
    "status_beats_body": ({}, lambda events: bool(_by(events))),
    "impatience": ({"patience": 0.001}, lambda events: bool(_by(events))),
    "forged_notices": ({}, lambda events: {"bad_signature", "too_old"} <= _codes(events)),
    "wrong_amounts": ({}, lambda events: "bad_amount" in _codes(events)),
    "unknown_outcomes": ({"hold": 0.1, "later": 30.0}, _any("payment_doubted")),
    "no_effect": ({"hold": 0.1}, _any("payment_doubted")),
    "system_errors": ({}, _any("payment_doubted")),
    "idempotency_ways": ({"way": "first_result"}, lambda events: bool(_by(events))),
    "close_races": ({"youngest": 30.0}, lambda events: bool(_by(events))),
    "slow_payers": ({"takes": 400.0}, lambda events: bool(_by(events))),
    "late_authorisations": ({"fails_after": 60.0, "within": 900.0}, _any("refund_done")),
    "late_successes": ({"after": 60.0}, lambda events: "payment_closed" not in str(events)),
    "slow_refunds": ({"takes": 30.0}, _any("refund_failed")),
    "rate_limits": ({"rate": 5.0, "concurrency": 1}, _any("payment_doubted")),
    "outages": ({"how": "reset"}, _any("payment_doubted")),
    "brownouts": ({"latency": 0.2, "errors": 0.3}, lambda events: bool(_by(events))),
    "broken_transport": ({"how": "truncated"}, _any("payment_doubted")),
    "disabled_endpoints": ({"after": 1}, lambda events: bool(_by(events))),
    "queued_notices": ({}, lambda events: bool(_by(events))),
    "bill_differences": ({"missing": 0.4, "extra": 0.3, "amount": 0.3}, _any("bill_compared")),
    "clock_skew": ({"by": 120.0}, lambda events: bool(_by(events))),
}

ALONG = {"slow_refunds": ("late_authorisations",)}
"""without which it would find nothing to strike"""


class Street:
    """A backend, the gateway beside it, and the people; time goes on when everybody has done what was due."""

    def __init__(self, name: str, wall: Hand, backend: Backend, gateway: Gateway, books: Sqlite) -> None:
        self.name, self.wall, self.backend, self.gateway, self.books = name, wall, backend, gateway, books
        self.guest: aiohttp.ClientSession
        self.asker: aiohttp.ClientSession
        self.attempts = 0

    async def fault(self, on: bool) -> None:
        for name in (self.name, *ALONG.get(self.name, ())):
            body = {"ttl": 86_400, **DAYS[name][0]}
            async with self.asker.request("PUT" if on else "DELETE", f"/faults/{name}", json=body if on else None) as answer:
                assert answer.status == 200, await answer.text()

    async def win(self) -> None:
        for number in range(1, PEOPLE + 1):
            body = {"reservation": number, "person": f"p{number}", "round": ROUND, "shop": SHOP, "place": 1}
            await self.backend.site.books.write(lambda books, n=number, body=body: books.send(Letter("orders.open", f"o{n}", body)))
        while await self._count("SELECT count(*) FROM orders") < PEOPLE:
            await asyncio.sleep(0.01)

    async def pay(self, people: Iterable[int]) -> None:
        """Each of them tries to."""
        self.attempts += 1
        for number in people:
            body, key = {"person": f"p{number}", "bank": "riverside", "channel": "app"}, f"k{number}-{self.attempts}"
            async with self.guest.post(f"/orders/o{number}/payments", json=body, headers={"Idempotency-Key": key}) as answer:
                assert answer.status in (201, 409), await answer.text()

    async def go_on(self, seconds: float) -> None:
        self.wall.advance(seconds)
        async with asyncio.timeout(60):
            await self.gateway.catch_up()
            while await self._count(DUE, self.backend.clock.now()):
                await asyncio.sleep(0.02)

    async def over(self) -> bool:
        """Whether every order has come out and nothing is under way; the gateway first, as what it tells is in the backend's books before
        it counts as told."""
        return await self._theirs(WAITING) + await self._count(OPEN) == 0

    async def _count(self, query: str, *values: float) -> int:
        return int((await self.backend.site.books.read(query, *values))[0][0])

    async def _theirs(self, query: str) -> int:
        return int((await self.books.read(query))[0][0])

    async def live(self) -> None:
        await self.win()
        await self.fault(on=True)
        for number, seconds in enumerate((0, 5, 5, 10, 10, 15, 15, 30, 60, 60, 60, 60, 60, 60, 60, 60, 40)):
            if number < 10:
                await self.pay(range(1, PEOPLE - 1))
            if number == 15:  # in the last minute; the last of the people never pays
                await self.pay([PEOPLE - 1])
            await self.go_on(seconds)
            if number == 9 and self.name in ("outages", "rate_limits"):
                await self.fault(on=False)
        if self.name == "bill_differences":
            await self.go_on(90_000)
            while not await self._count("SELECT count(*) FROM bills"):
                await asyncio.sleep(0.02)
        await self.fault(on=False)
        for seconds in (30, 60, 120, 300, 300, *(600,) * 12, *(3600,) * 30):
            if await self.over():
                break
            await self.go_on(seconds)

    async def told(self) -> dict[str, Any]:
        """What stands in the ledgers of both."""
        books = self.backend.site.books
        rows = await books.read("SELECT kind, subject, amount, detail FROM daybook ORDER BY sequence")
        return {
            "over": await self.over(),
            "events": [dict(zip(("kind", "subject", "amount", "detail"), (*row[:3], json.loads(row[3])), strict=True)) for row in rows],
            "orders": dict(await books.read("SELECT id, state FROM orders")),
            "paid_by": dict(await books.read("SELECT id, paid_by FROM orders WHERE paid_by <> ''")),
            "stock": (await books.read("SELECT released, free, held, sold, returned FROM stock WHERE round = ?", ROUND))[0],
            "taken": await self.books.read("SELECT merchant_order, amount FROM payments WHERE succeeded_at IS NOT NULL"),
            "back": await self.books.read("SELECT merchant_order, amount FROM refunds WHERE state = 'succeeded'"),
        }


async def _lived(folder: Path, name: str) -> dict[str, Any]:
    wall = Hand()
    async with AsyncExitStack() as stack:
        kept = [Sqlite(folder / f"{name}-{part}.db") for part in ("gateway", "backend")]
        for database in kept:
            stack.callback(database.close)
        gateway, application = await put_together(kept[0], GatewaySettings(), wall, wall, by_itself=False)
        server = await stack.enter_async_context(TestServer(application))
        port = later_port()
        links = Links(own=f"http://127.0.0.1:{port}", gateway=str(server.make_url("")).rstrip("/"))
        backend = await compose(kept[1], wall=wall, settings=SETTINGS, links=links)
        own = await stack.enter_async_context(TestServer(backend.web, port=port))
        street = Street(name, wall, backend, gateway, kept[0])
        street.guest = await stack.enter_async_context(aiohttp.ClientSession(own.make_url("/")))
        street.asker = await stack.enter_async_context(aiohttp.ClientSession(server.make_url("/")))
        while not await backend.site.books.read("SELECT 1 FROM released_rounds WHERE round = ?", ROUND):
            await asyncio.sleep(0.02)
        await street.live()
        return await street.told()


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All the days, lived side by side."""
    folder = tmp_path_factory.mktemp("days")

    async def lived() -> dict[str, dict[str, Any]]:
        return dict(zip(DAYS, await asyncio.gather(*(_lived(folder, name) for name in DAYS), return_exceptions=True), strict=True))

    return asyncio.run(asyncio.wait_for(lived(), 100))


def test_every_fault_of_the_gateway_has_a_day() -> None:
    assert set(DAYS) == set(FAULTS) - {"broken_tls"}  # which `test_payments` breaks by itself


@pytest.mark.parametrize("name", DAYS)
def test_whatever_the_gateway_does_money_and_bottles_stay_together(days, name: str) -> None:
    day = days[name]
    if isinstance(day, BaseException):
        raise day
    assert DAYS[name][1](day["events"]), "the fault did not strike"
    assert day["over"], "something is still under way"
    assert len(day["orders"]) == PEOPLE and set(day["orders"].values()) <= {"paid", "lapsed"}
    # what the gateway took, and did not give back, is the price of a paid order
    net: Counter[str] = Counter()
    for payment, amount in day["taken"]:
        assert amount == PRICE
        net[payment] += amount
    for payment, amount in day["back"]:
        net[payment] -= amount
    assert {payment for payment, amount in net.items() if amount} == set(day["paid_by"].values())
    assert all(amount in (0, PRICE) for amount in net.values())
    assert {order for order, state in day["orders"].items() if state == "paid"} == set(day["paid_by"])
    # bottles
    released, free, held, sold, returned = day["stock"]
    assert (held, returned, sold) == (0, 0, len(day["paid_by"])) and released == free + sold
    # every payment went one legal way
    ways: dict[str, str] = {}
    for event in day["events"]:
        if event["kind"].startswith("payment_"):
            ways[event["subject"]] = f"{ways.get(event['subject'], '')} {event['kind']}".strip()
    assert all(LEGAL.match(way) for way in ways.values()), ways
    begun = Counter(event["subject"] for event in day["events"] if event["kind"] == "refund_done")
    assert all(times == 1 for times in begun.values())
