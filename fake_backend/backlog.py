"""The backlog: how much of what was begun has not come to its end yet."""

from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.books import Bookkeeper
from fake_backend.contract import operation, ref
from fake_backend.database import Away
from fake_backend.room import Room, Site

_COUNTS: Final = """SELECT
  (SELECT count(*) FROM payments WHERE state IN ('pending', 'doubt')),
  (SELECT count(*) FROM orders WHERE state = 'open'),
  (SELECT count(DISTINCT o.id) FROM affected a JOIN orders o ON o.id = a.order_id WHERE o.state = 'open'),
  (SELECT min(begun) FROM payments WHERE state IN ('pending', 'doubt'))"""


class Open(msgspec.Struct, frozen=True):
    """What GET /open answers: payments that have not come out, orders that are not paid, those of them whose people an incident has kept
    from paying, and how long ago the oldest of these payments was begun, in seconds of the server's clock."""

    payments: int = 0
    orders: int = 0
    affected: int = 0
    oldest: float = 0.0


async def counted(books: Bookkeeper, now: float) -> Open:
    """What is open, as far as it is durable."""
    payments, orders, affected, begun = (await books.read(_COUNTS))[0]
    return Open(payments, orders, affected, 0.0 if begun is None else max(round(now - begun, 3), 0.0))


class Watch:
    """What was open when it was last looked at, for the metrics."""

    def __init__(self, site: Site) -> None:
        self._site, self.open = site, Open()

    async def look(self) -> None:
        """Count anew; while the database is away it stays as it was."""
        with suppress(Away):
            self.open = await counted(self._site.books, self._site.clock.now())


CONTRACT: Final = {"/open": {"get": operation("How much has not come to its end yet", ref("Open"))}}


def room(site: Site) -> Room:
    """GET /open, and the same in the metrics."""
    watch = Watch(site)

    async def show(request: web.Request) -> web.Response:
        return json_answer(await counted(site.books, site.clock.now()))

    return Room(
        routes=(web.get("/open", show),),
        contract=CONTRACT,
        types=(Open,),
        gauges={
            "fake_backend_payments_open": lambda: watch.open.payments,
            "fake_backend_orders_open": lambda: watch.open.orders,
            "fake_backend_affected_open": lambda: watch.open.affected,
        },
        before_gauges=watch.look,
    )
