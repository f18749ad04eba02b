"""Whether anything that was begun is still under way: what has to be known before anybody compares ledgers."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.outbox import Outbox
from fake_backend.room import Room


class Quiet(msgspec.Struct, frozen=True):
    """What GET /quiet answers, with 200 where nothing waits that anybody carries and 503 otherwise."""

    letters: int
    """that wait in the outbox"""
    stranded: int
    """letters of kinds that nobody carries, as a link was not given; nobody waits for them"""
    under_way: int
    """payments and other things that were begun and not settled"""


def routes(outbox: Outbox, rooms: Sequence[Room]) -> list[web.RouteDef]:
    """GET /quiet."""

    async def show(request: web.Request) -> web.Response:
        found = Quiet(*await outbox.waiting(), sum([await room.under_way() for room in rooms]))
        return json_answer(found, 503 if found.letters or found.under_way else 200)

    return [web.get("/quiet", show)]
