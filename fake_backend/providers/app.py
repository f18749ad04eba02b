"""Composition of the providers: one file, one clock, a room for each trade."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from time import monotonic, time
from typing import Final

import msgspec
from aiohttp import web

from fake_backend import clock, exports, openapi, paths
from fake_backend.answers import Handler, json_answer
from fake_backend.books import Bookkeeper
from fake_backend.clock import ClockShown
from fake_backend.contract import operation, ref
from fake_backend.database import Database
from fake_backend.duties import perform
from fake_backend.facts import ClockSetting
from fake_backend.group_commit import GroupCommit
from fake_backend.metrics import refusal_of
from fake_backend.outbox import Outbox
from fake_backend.outside import Outside
from fake_backend.problems import Problem, answer, refused
from fake_backend.providers import behaviour, carriers, desk, verification
from fake_backend.providers.behaviour import DEFAULTS, Behaviour, Temper
from fake_backend.providers.cap import Cap
from fake_backend.providers.chances import chance
from fake_backend.providers.messages import Messages
from fake_backend.room import Room

_LARGEST: Final = 1 << 20
"""bytes of a body: a post of a thousand messages fits"""


class Well(msgspec.Struct, frozen=True):
    """What GET /health answers; `faults` names the traits that are not as usual."""

    status: str
    faults: list[str]
    clock: ClockShown


class Quiet(msgspec.Struct, frozen=True):
    """What GET /quiet answers, with 200 where it is 0 and 503 otherwise."""

    under_way: int
    """messages on the way, and reports that are due and were not taken"""


class Providers(msgspec.Struct):
    """The rooms, put together."""

    web: web.Application
    clock: clock.Clock
    books: Bookkeeper
    temper: Temper
    messages: Messages


async def compose(
    database: Database,
    speed: float = 1.0,
    wall: Callable[[], float] = time,
    usual: Behaviour = DEFAULTS,
    secret: str = "reference",
    tick: Callable[[], float] = monotonic,
) -> Providers:
    """The providers on an open database; `wall` is unix time, `speed` that of a clock nobody has set, `tick` what faults end by."""
    commits = GroupCommit(database, lambda batch, took: None, lambda: None)

    async def keep(setting: ClockSetting) -> None:
        await commits.clock(setting)

    setting = database.clock()
    if setting is None:
        setting = clock.unset(speed, wall())
        await keep(setting)
    time_ = clock.Clock(setting, wall)
    books, temper, outside = Bookkeeper(database, time_.now), Temper(usual, tick), Outside()
    messages = Messages(books, temper)
    rooms = [
        desk.room(messages, temper, Cap(time_.now), Cap(time_.now)),
        verification.room(books, temper, secret),
        carriers.room(books, time_, temper, secret, outside),
        behaviour.room(temper),
    ]
    for room in rooms:
        database.prepare(room.schema)
    await messages.load()
    outbox = Outbox(books, time_.now, {kind: courier for room in rooms for kind, courier in room.couriers.items()}, {})
    table = [
        *(route for room in rooms for route in room.routes),
        *exports.of_rooms(books, rooms),
        *clock.routes(time_, keep),
        *_quiet(rooms),
        *_health(temper, time_),
        *_document(rooms),
    ]
    application = _application(table, temper)
    application.cleanup_ctx.append(_by_itself(time_, outbox, rooms, outside))
    return Providers(application, time_, books, temper, messages)


def _quiet(rooms: Sequence[Room]) -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.Response:
        found = Quiet(sum([await room.under_way() for room in rooms]))
        return json_answer(found, 503 if found.under_way else 200)

    return [web.get("/quiet", show)]


def _health(temper: Temper, time_: clock.Clock) -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.Response:
        faults = [name for name in behaviour.TRAITS if temper.shown(name).remaining > 0]
        return json_answer(Well("ok", faults, time_.shown()))

    return [web.get("/health", show)]


def _document(rooms: Sequence[Room]) -> list[web.RouteDef]:
    """GET /openapi.json, of these rooms and what every process has."""
    shared = {path: openapi.PATHS[path] for path in ("/clock", "/quiet", "/openapi.json")}
    health = {"/health": {"get": operation("Whether the providers are well, and which faults are on", ref("Well"))}}
    pages = {f"/ledger/{name}.csv": openapi.PATHS["/ledger/rounds.csv"] for room in rooms for name in room.ledgers}
    described = {path: operations for room in rooms for path, operations in room.contract.items()}
    types = [*_TYPES, *(kind for room in rooms for kind in room.types)]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    contract = {
        "openapi": "3.1.0",
        "info": {"title": "Providers of the reference reservation backend", "version": "1"},
        "paths": {**shared, **health, **pages, **described},
        "components": {"schemas": schemas},
    }

    async def show(request: web.Request) -> web.Response:
        return json_answer(contract)

    return [web.get("/openapi.json", show)]


_TYPES: Final = (clock.ClockShown, clock.SetClock, Quiet, Problem, Well)


def _application(table: list[web.RouteDef], temper: Temper) -> web.Application:
    application = web.Application(client_max_size=_LARGEST)
    for route in table:
        application.router.add_route(route.method, route.path, _answered(_open(route, temper)), expect_handler=paths.expected)
    application.router.add_route("*", "/{path:.*}", _answered(paths.unknown(table)), expect_handler=paths.expected)
    return application


def _open(route: web.RouteDef, temper: Temper) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of what others buy here, closed while the providers are away."""
    handler, count = route.handler, itertools.count()
    if route.method != "POST":
        return handler

    async def open_(request: web.Request) -> web.StreamResponse:
        behaviour = temper()
        if behaviour.providers_away and chance(behaviour.seed, "away", route.path, next(count)) < behaviour.providers_away:
            raise refused("not_stored", "the providers are away")
        return await handler(request)

    return open_


def _answered(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Handler:
    """The handler, its refusals turned into answers."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as problem:
            return answer(refusal_of(problem))

    return answered


def _by_itself(
    time_: clock.Clock, outbox: Outbox, rooms: Sequence[Room], outside: Outside
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def begun(_: web.Application) -> AsyncIterator[None]:
        duties = [perform(duty, time_) for room in rooms for duty in room.duties]
        tasks = [asyncio.create_task(work) for work in (outbox.run(), *duties)]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await outside.close()

    return begun
