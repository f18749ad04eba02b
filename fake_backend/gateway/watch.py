"""Whether the gateway is well, and whether anything is still under way."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.clock import ClockShown


class Health(msgspec.Struct, frozen=True):
    """What GET /health answers; `faults` names those that are on."""

    status: str
    faults: list[str]
    clock: ClockShown
    schedule: str
    idempotency: str
    dialect: str
    disabled: list[str]
    """endpoints that get no more notices"""


class Quiet(msgspec.Struct, frozen=True):
    """What GET /quiet answers, with 200 where nothing of it is under way and 503 otherwise."""

    payments: int
    """whose payers have still to decide, or that the bank may still authorise late"""
    refunds: int
    """that are being worked on"""
    notices: int
    """that will be sent, or sent again"""
    given_up: int
    """notices that nobody took and that are not sent any more; they keep nobody waiting"""


def routes(health: Callable[[], Awaitable[Health]], quiet: Callable[[], Awaitable[Quiet]]) -> list[web.RouteDef]:
    """GET /health and GET /quiet."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(await health())

    async def show_quiet(request: web.Request) -> web.Response:
        found = await quiet()
        return json_answer(found, 503 if found.payments or found.refunds or found.notices else 200)

    return [web.get("/health", show), web.get("/quiet", show_quiet)]
