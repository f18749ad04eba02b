"""Composition: database → premises → dialect → gateway → routes.  The only file of the gateway that knows them all."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Final, cast

from aiohttp import web

from fake_backend import clock, exports, paths
from fake_backend.answers import LARGEST_BODY, Handler
from fake_backend.database import Database
from fake_backend.facts import ClockSetting
from fake_backend.gateway import banks, idempotency, notices, openapi, payments, problems, refunds, switchboard, watch
from fake_backend.gateway.dialects import keys
from fake_backend.gateway.dialects.alipay import Alipay
from fake_backend.gateway.dialects.dialect import EAST, Dialect
from fake_backend.gateway.dialects.native import Native
from fake_backend.gateway.dialects.wechat import Wechat
from fake_backend.gateway.door import Door
from fake_backend.gateway.gateway import Gateway
from fake_backend.gateway.premises import Premises
from fake_backend.gateway.settings import DEFAULTS, Settings
from fake_backend.group_commit import GroupCommit
from fake_backend.metrics import refusal_of
from fake_backend.room import Ledger, Room

LEDGERS: Final = Room(
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


async def put_together(
    database: Database, settings: Settings = DEFAULTS, wall: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic, by_itself: bool = True,
) -> tuple[Gateway, web.Application]:  # fmt: skip
    """The gateway on an open database, and its application; `wall` is unix time.  Not `by_itself`: only `catch_up` does what is due."""
    commits = GroupCommit(database, lambda batch, took: None, lambda: None)

    async def keep_clock(setting: ClockSetting) -> None:
        await commits.clock(setting)

    for schema in (payments.SCHEMA, refunds.SCHEMA, notices.SCHEMA, idempotency.SCHEMA, keys.SCHEMA):
        database.prepare(schema)
    setting = database.clock()
    if setting is None:
        setting = _unset(settings, wall())
        await keep_clock(setting)
    premises = Premises(database, settings, clock.Clock(setting, wall), monotonic)
    dialect = await _dialect(premises)
    gateway = Gateway(premises, dialect)
    results = idempotency.Results(premises.books, premises.now, premises.way)
    door = Door(premises.books, premises.active, gateway, results, dialect.say)
    table = [
        *dialect.routes(gateway.till, door),
        *banks.routes(),
        *exports.of_rooms(premises.books, [LEDGERS]),
        *clock.routes(premises.clock, keep_clock),
        *switchboard.routes(premises.active),
        *watch.routes(gateway.health, gateway.quiet),
        *gateway.mail.routes(),
        *openapi.routes(settings.dialect),
    ]
    application = _application(table)
    application.cleanup_ctx.append(_going_on(gateway, by_itself))
    return gateway, application


async def compose(database: Database, settings: Settings = DEFAULTS, wall: Callable[[], float] = time.time) -> web.Application:
    """The gateway's application on an open database."""
    return (await put_together(database, settings, wall))[1]


def _unset(settings: Settings, wall: float) -> ClockSetting:
    """How a clock starts that nobody has set: on the day of the reference backend, or, for merchants of the documented dialects, now."""
    if settings.dialect == "native":
        return clock.unset(settings.speed, wall)
    return ClockSetting(wall + EAST, settings.speed, wall)


async def _dialect(premises: Premises) -> Dialect:
    settings = premises.settings
    if settings.dialect == "native":
        return Native(settings.secret, settings.checks, premises.now, lambda: premises.clock.speed)
    key = await keys.kept(premises.books)
    merchant = keys.PublicKey(settings.merchant) if settings.merchant else None
    if settings.dialect == "alipay":
        return Alipay(key, merchant, settings.checks, premises.chance)
    return Wechat(key, api_key(settings.secret), merchant, settings.checks, premises.now, premises.chance)


def api_key(secret: str) -> bytes:
    """The APIv3 key: the secret itself where it has 32 bytes, otherwise the first 32 hexadecimal digits of its SHA-256."""
    raw = secret.encode()
    return raw if len(raw) == 32 else hashlib.sha256(raw).hexdigest()[:32].encode()


def _going_on(gateway: Gateway, by_itself: bool) -> Callable[[web.Application], AsyncIterator[None]]:
    async def begun(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(gateway.work()) if by_itself else None
        yield
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await gateway.close()

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
