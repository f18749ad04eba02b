"""Composition: database → ledger and books → rooms → routes.  The only file that knows them all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from functools import partial
from time import time
from typing import Any, Final, cast

import msgspec
from aiohttp import web

from fake_backend import (
    clock,
    daybook,
    exports,
    fulfilment,
    gauges,
    health,
    identity,
    metrics,
    notices,
    openapi,
    paths,
    planted,
    quiet,
    reservations,
    rounds,
    sales,
    shops,
    stock,
    switches,
    trouble,
)  # fmt: skip
from fake_backend import settings as settings_
from fake_backend.admission import Admission
from fake_backend.answers import LARGEST_BODY, Handler
from fake_backend.books import Bookkeeper
from fake_backend.cache import Cache, Memory
from fake_backend.database import Database, Sequential, Shared
from fake_backend.draw import room as draw
from fake_backend.duties import perform
from fake_backend.entries import LedgerEntries
from fake_backend.everyone import Alone, Everyone
from fake_backend.facts import ClockSetting, Round
from fake_backend.ledger import Ledger
from fake_backend.outbox import Courier, Outbox, Receiver
from fake_backend.outside import Outside
from fake_backend.remembered import Remembered
from fake_backend.room import Room, Site
from fake_backend.settings import DEFAULTS, NOBODY, Links, Settings
from fake_backend.shared_ledger import SharedLedger
from fake_backend.together import Together

MOST_WAITING: Final = 5000
"""Reservations that may wait for their commit before more are shed."""


class Backend(msgspec.Struct):
    """The rooms, put together."""

    web: web.Application
    ledger: Ledger | SharedLedger
    clock: clock.Clock
    rounds: rounds.Rounds
    switches: switches.Switches
    metrics: metrics.Metrics
    site: Site
    rooms: list[Room]
    outbox: Outbox
    together: Together


async def compose(
    database: Database,
    speed: float = 1.0,
    most_waiting: int = MOST_WAITING,
    wall: Callable[[], float] = time,
    lies: switches.Switches | None = None,
    settings: Settings = DEFAULTS,
    links: Links = NOBODY,
    everyone: Everyone | None = None,
    place: int = 0,
    cache: Cache | None = None,
) -> Backend:
    """The backend on an open database; `wall` is unix time, `speed` that of a clock nobody has set.  Of several processes `everyone` is
    the way to all, `place` the number of this one.

    What it does by itself (letters carried, duties performed) begins when its application starts, and ends with it.
    """
    counts, lies = metrics.Metrics(), switches.Switches() if lies is None else lies
    time_ = clock.Clock(database.clock() or clock.unset(speed, wall()), wall)
    cache, everyone = cache or Memory(), everyone or Alone()
    remembered = Remembered(cache) if isinstance(database, Shared) else None
    ledger = await _ledger(database, counts, time_, lies, remembered)
    offer = await _offer(database, ledger, time_, settings)
    guard = identity.guard(settings, links, time_.now)
    common = Together(everyone, place, time_, lies, counts, cache)
    common.well = lambda: health.Health("ok", lies.active(), time_.shown(), len(ledger), ledger.commits.depth, ledger.duplicates)
    admission = Admission(ledger.commits, most_waiting, lambda: database.away, common.elsewhere)
    desk = reservations.Desk(ledger, admission, offer, time_.now, guard)
    outside, books = Outside(), Bookkeeper(database, time_.now)
    site = Site(
        books=books, clock=time_, settings=settings, links=links, cache=cache, http=outside, guard=guard, remembered=remembered,
        entries=LedgerEntries(ledger, database, time_, partial(offer.freeze, books=books)),
    )  # fmt: skip
    rooms = _rooms(site, lies, offer)
    gauges.read(counts, ledger, time_, lies, desk, most_waiting, rooms)
    database.prepare(statement for room in rooms for statement in room.schema)
    outbox = Outbox(books, time_.now, _couriers(rooms), _receivers(rooms), database.leads)

    table = [
        *rounds.routes(offer, time_.now),
        *reservations.routes(desk, ledger, guard),
        *exports.routes(database.reservations_csv, database.rounds_csv),
        *settings_.routes(settings),
        *_of_all(ledger, time_, lies, common),
        *_of_rooms(books, rooms, outbox),
    ]
    application = _application(table, counts)
    wrong = trouble.troubles(lies, counts.doors, database, time_)
    application.cleanup_ctx.append(_by_itself(site, rooms, outside, [outbox.run(), wrong.run(), *common.by_itself()], database.leads))
    return Backend(application, ledger, time_, offer, lies, counts, site, rooms, outbox, common)


def _of_all(ledger: Ledger | SharedLedger, time_: clock.Clock, lies: switches.Switches, common: Together) -> list[web.RouteDef]:
    """The paths whose answer is that of all processes together."""

    async def keep_clock(setting: ClockSetting) -> None:
        await ledger.commits.clock(setting)
        await common.set_clock(setting)

    return [
        *clock.routes(time_, keep_clock),
        *switches.routes(lies, common.switched),
        *health.routes(common.health),
        *metrics.routes(common.exposition),
    ]


def _of_rooms(books: Bookkeeper, rooms: Sequence[Room], outbox: Outbox) -> list[web.RouteDef]:
    """The paths of the rooms, and those that are about all of them."""
    return [
        *(route for room in rooms for route in room.routes),
        *exports.of_rooms(books, rooms),
        *quiet.routes(outbox, rooms),
        *openapi.routes(rooms),
    ]


async def _ledger(
    database: Database, counts: metrics.Metrics, time_: clock.Clock, lies: switches.Switches, remembered: Remembered | None
) -> Ledger | SharedLedger:
    """The ledger of reservations, read whole into memory, or shared with other processes; and the clock is set from now on."""
    crooked = planted.Crook(lies).at_work
    made: Ledger | SharedLedger
    if isinstance(database, Shared):
        made = SharedLedger(database, counts.committed, time_.now, crooked, remembered)
    else:
        made = Ledger(cast(Sequential, database), counts.committed, time_.now, crooked)
    if database.clock() is None:
        await made.commits.clock(time_.setting)
    return made


async def _offer(database: Database, ledger: Ledger | SharedLedger, time_: clock.Clock, settings: Settings) -> rounds.Rounds:
    """The rounds that are on offer, those of this day among them."""
    database.prepare(rounds.SCHEMA)
    frozen = [name for (name,) in await database.read("SELECT round FROM frozen_rounds")]

    async def keep(new: list[Round]) -> None:
        await ledger.commits.rounds(new)

    offer = rounds.Rounds(database.rounds(), keep, settings, frozen)
    await offer.today(time_.now())
    return offer


def _couriers(rooms: Sequence[Room]) -> dict[str, Courier]:
    return {kind: courier for room in rooms for kind, courier in room.couriers.items()}


def _receivers(rooms: Sequence[Room]) -> dict[str, Receiver]:
    return {kind: receiver for room in rooms for kind, receiver in room.receivers.items()}


def _rooms(site: Site, lies: switches.Switches, offer: rounds.Rounds) -> list[Room]:
    """Every room of the day, in the order a person meets them."""
    places = shops.Shops(site.settings)
    bottles = stock.Stock(site.settings, places.heat(), lies.strikes)
    sold = sales.compose(site, bottles, offer.find, lies)
    return [
        daybook.room(site),
        identity.room(site, lies),
        shops.room(site.settings, places),
        stock.room(site, bottles, partial(rounds.on_record, site.books)),
        draw.room(site, partial(rounds.on_record, site.books), bottles.quota, lies.share),
        *sold.rooms,
        *fulfilment.compose(site, sold.till, bottles, offer.find, lies.strikes),
        notices.room(site, lies.strikes),
    ]


def _by_itself(
    site: Site, rooms: Sequence[Room], outside: Outside, more: Sequence[Coroutine[Any, Any, None]], leads: Callable[[], bool]
) -> Callable[[web.Application], AsyncIterator[None]]:
    """What goes on without anybody asking, as long as the application runs."""

    async def begun(_: web.Application) -> AsyncIterator[None]:
        duties = [perform(duty, site.clock, leads) for room in rooms for duty in room.duties]
        tasks = [asyncio.create_task(work) for work in (*more, *duties)]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await site.books.drained()
        await outside.close()
        if site.remembered:
            await site.remembered.kept()
        await site.cache.close()

    return begun


def _application(table: list[web.RouteDef], counts: metrics.Metrics) -> web.Application:
    application = web.Application(client_max_size=LARGEST_BODY)
    for route in table:
        handler = counts.measured(f"{route.method} {route.path}", cast(Handler, route.handler))
        application.router.add_route(route.method, route.path, handler, expect_handler=paths.expected)
    everything_else = counts.measured("unknown", paths.unknown(table))
    application.router.add_route("*", "/{path:.*}", everything_else, expect_handler=paths.expected)
    return application
