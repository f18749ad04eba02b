"""Whether the backend is well, and everything about it that is not as it should be in earnest use: switches, duplicates, the clock."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.clock import ClockShown


class Health(msgspec.Struct, frozen=True):
    """What GET /health answers; `switches` names the faults and defects that are on."""

    status: str
    switches: list[str]
    clock: ClockShown
    reservations: int
    waiting: int
    duplicates: int


def routes(health: Callable[[], Awaitable[Health]]) -> list[web.RouteDef]:
    """GET /health."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(await health())

    return [web.get("/health", show)]
