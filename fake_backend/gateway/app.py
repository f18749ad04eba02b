"""Composition: database → books → till, mail and counter → routes.  The only file of the gateway that knows them all."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, cast

import msgspec
from aiohttp import web

from fake_backend import clock, exports, paths, signature
from fake_backend.answers import LARGEST_BODY, Handler
from fake_backend.books import Bookkeeper
from fake_backend.database import Database
from fake_backend.facts import ClockSetting
from fake_backend.gateway import banks, idempotency, notices, payments, problems, refunds, switchboard, watch
from fake_backend.gateway.active import Active
from fake_backend.gateway.chance import Chance
from fake_backend.gateway.counter import Counter, Voice
from fake_backend.gateway.door import Door
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.idempotency import Flavour
from fake_backend.gateway.mail import Mail
from fake_backend.gateway.meter import Meter
from fake_backend.gateway.schedules import SCHEDULES
from fake_backend.gateway.till import Till
from fake_backend.group_commit import GroupCommit, NotStored
from fake_backend.metrics import refusal_of
from fake_backend.outside import Outside
from fake_backend.room import Ledger, Room

_LONGEST: Final = 0.25
"""wall seconds between two looks at what is due: the clock may be set meanwhile"""
_LEDGERS: Final = Room(
    ledgers={
        "payments": Ledger(
            ("number", "at", "merchant_order", "transaction", "bank", "channel", "amount", "state", "succeeded_at", "payer"),
            """SELECT number, at, merchant_order, transaction_id, bank, channel, amount, state, succeeded_at, payer FROM payments
               WHERE number > ? ORDER BY number LIMIT ?""",
        ),
        "refunds": Ledger(
            ("number", "at", "refund", "merchant_order", "amount", "state", "succeeded_at"),
            """SELECT number, at, refund, merchant_order, amount, state, succeeded_at FROM refunds
               WHERE number > ? ORDER BY number LIMIT ?""",
        ),
        "notices": Ledger(
            ("number", "at", "kind", "merchant_order", "try", "outcome", "flavour"),
            "SELECT number, at, kind, merchant_order, try, outcome, flavour FROM sendings WHERE number > ? ORDER BY number LIMIT ?",
        ),
    }
)
"""The true ledger, for the audit and nobody else"""
log = logging.getLogger(__name__)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this gateway goes about things."""

    seed: int = 1
    schedule: str = "wechat"
    idempotency: Flavour = "order"
    dialect: str = "native"
    secret: str = "reference"
    """shared with the merchant; keys what is signed"""
    checks: bool = True
    """whether merchants have to sign"""
    speed: float = 1.0
    """of a clock that nobody has set"""
    hosts: tuple[str, ...] = ()
    """to which notices may go, beside this machine"""


DEFAULTS: Final = Settings()


class Gateway:
    """The parts, put together; what goes on by itself begins with its application."""

    def __init__(self, database: Database, settings: Settings, time_: clock.Clock, monotonic: Callable[[], float]) -> None:
        self.settings, self.clock = settings, time_
        self.chance = Chance(settings.seed)
        self.active = Active(self.chance, monotonic)
        self.outside, self.meter = Outside(), Meter(monotonic)
        self.books = Bookkeeper(database, self.now)
        for schema in (payments.SCHEMA, refunds.SCHEMA, notices.SCHEMA, idempotency.SCHEMA):
            database.prepare(schema)
        self.till = Till(self.books, self.now, self.active, settings.hosts)
        self.mail = Mail(self.books, self.now, self.active, SCHEDULES[settings.schedule], Voice(settings.secret), self.outside)
        self._wake = asyncio.Event()
        self.till.wrote = self.mail.came_back = self._wake.set

    def now(self) -> float:
        """The gateway's time."""
        return self.clock.now() + self.active.skew()

    def remaining(self, fault: Fault) -> float:
        """Wall seconds until the fault ends."""
        return self.active.remaining(fault)

    async def told(self, order: str) -> None:
        """Returns when everything that has happened to the order was told once."""
        await self.catch_up()

    async def catch_up(self) -> None:
        """Do what is due now, and wait until the notices that are due have been sent."""
        now = self.now()
        await self.till.settle(now)
        await self.mail.send(now)
        await self.mail.sent()

    async def work(self) -> None:
        """Do what is due whenever it is, until cancelled."""
        while True:
            self._wake.clear()
            wait = _LONGEST
            try:
                now = self.now()
                due = min(await self.till.settle(now), await self.mail.send(now))
                if due != float("inf"):
                    wait = self.clock.wall_until(due - self.active.skew())
            except NotStored:
                log.debug("the ledger is away")
            except Exception:
                log.exception("what was due could not be done")
            try:
                async with asyncio.timeout(min(max(wait, 0.001), _LONGEST)):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def believes(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        """What is wrong with a merchant's signature."""
        if not self.settings.checks:
            return None
        tolerance = max(signature.TOLERANCE, 5.0 * self.clock.speed)  # two clocks that run fast differ by more
        return signature.fault("Merchant", self.settings.secret, body, headers, self.now(), tolerance)

    def way(self) -> idempotency.Way:
        """What the same request gets a second time."""
        way = idempotency.WAYS[self.settings.idempotency]
        for fault in self.active.all():
            way = fault.kept(way)
        return way

    async def health(self) -> watch.Health:
        """Whether it is well."""
        disabled = await self.mail.disabled()
        names = [fault.name for fault in self.active.all()]
        chosen = self.settings
        return watch.Health("ok", names, self.clock.shown(), chosen.schedule, self.way().name, chosen.dialect, disabled)

    async def quiet(self) -> watch.Quiet:
        """What is under way."""
        under_way = [int((await self.books.read(query))[0][0]) for query in (payments.UNDER_WAY, refunds.UNDER_WAY)]
        return watch.Quiet(under_way[0], under_way[1], await self.mail.waiting())


async def put_together(
    database: Database, settings: Settings = DEFAULTS, wall: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic, by_itself: bool = True,
) -> tuple[Gateway, web.Application]:  # fmt: skip
    """The gateway on an open database, and its application; `wall` is unix time.  Not `by_itself`: only `catch_up` does what is due."""
    commits = GroupCommit(database, lambda batch, took: None, lambda: None)

    async def keep_clock(setting: ClockSetting) -> None:
        await commits.clock(setting)

    setting = database.clock()
    if setting is None:
        setting = clock.unset(settings.speed, wall())
        await keep_clock(setting)
    gateway = Gateway(database, settings, clock.Clock(setting, wall), monotonic)
    results = idempotency.Results(gateway.books, gateway.now, gateway.way)
    door = Door(gateway.books, gateway.active, gateway, results, problems.answer)
    table = [
        *Counter(gateway.till, door, gateway.believes).routes(),
        *banks.routes(),
        *exports.of_rooms(gateway.books, [_LEDGERS]),
        *clock.routes(gateway.clock, keep_clock),
        *switchboard.routes(gateway.active),
        *watch.routes(gateway.health, gateway.quiet),
        *gateway.mail.routes(),
    ]
    application = _application(table)
    application.cleanup_ctx.append(_going_on(gateway, by_itself))
    return gateway, application


async def compose(database: Database, settings: Settings = DEFAULTS, wall: Callable[[], float] = time.time) -> web.Application:
    """The gateway's application on an open database."""
    return (await put_together(database, settings, wall))[1]


def _going_on(gateway: Gateway, by_itself: bool) -> Callable[[web.Application], AsyncIterator[None]]:
    async def begun(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(gateway.work()) if by_itself else None
        yield
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        gateway.mail.stop()
        await gateway.mail.sent()
        await gateway.outside.close()

    return begun


def _application(table: list[web.RouteDef]) -> web.Application:
    application = web.Application(client_max_size=LARGEST_BODY)
    for route in table:
        application.router.add_route(route.method, route.path, _said(cast(Handler, route.handler)), expect_handler=paths.expected)
    application.router.add_route("*", "/{path:.*}", _said(paths.unknown(table)), expect_handler=paths.expected)
    return application


def _said(handler: Handler) -> Handler:
    """The handler, its refusals turned into answers."""

    async def say(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as problem:
            return problems.answer(refusal_of(problem))

    return say
