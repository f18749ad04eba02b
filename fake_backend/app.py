"""Composition: database → ledger → rooms → routes.  The only file that knows them all."""

from collections.abc import Callable
from time import time
from typing import Final, cast

import msgspec
from aiohttp import web

from fake_backend import clock, exports, health, metrics, openapi, paths, planted, reservations, rounds, switches
from fake_backend.admission import Admission
from fake_backend.answers import LARGEST_BODY, Handler
from fake_backend.database import Database
from fake_backend.facts import ClockSetting, Round
from fake_backend.ledger import Ledger

MOST_WAITING: Final = 5000
"""Reservations that may wait for their commit before more are shed."""


class Backend(msgspec.Struct):
    """The rooms, put together."""

    web: web.Application
    ledger: Ledger
    clock: clock.Clock
    rounds: rounds.Rounds
    switches: switches.Switches
    metrics: metrics.Metrics


async def compose(
    database: Database,
    speed: float = 1.0,
    most_waiting: int = MOST_WAITING,
    wall: Callable[[], float] = time,
    lies: switches.Switches | None = None,
) -> Backend:
    """The backend on an open database, whose ledger is read whole; `wall` is unix time, `speed` that of a clock nobody has set."""
    counts, lies = metrics.Metrics(), switches.Switches() if lies is None else lies
    ledger = Ledger(database, counts.committed)

    async def keep_clock(setting: ClockSetting) -> None:
        await ledger.commits.clock(setting)

    async def keep_rounds(new: list[Round]) -> None:
        await ledger.commits.rounds(new)

    setting = database.clock()
    if setting is None:
        setting = clock.unset(speed, wall())
        await keep_clock(setting)
    time_ = clock.Clock(setting, wall)
    offer = rounds.Rounds(database.rounds(), keep_rounds)
    await offer.today(time_.now())
    admission = Admission(ledger.commits, most_waiting)
    desk = reservations.Desk(ledger, admission, offer, time_.now)
    desk.crooked = planted.Crook(ledger, lies).at_work
    _gauges(counts, ledger, time_, lies, desk, most_waiting)

    def well() -> health.Health:
        return health.Health("ok", lies.active(), time_.shown(), len(ledger), ledger.commits.depth, ledger.duplicates)

    table = [
        *rounds.routes(offer, time_.now),
        *reservations.routes(desk),
        *exports.routes(database.reservations_csv, database.rounds_csv),
        *clock.routes(time_, keep_clock),
        *switches.routes(lies),
        *health.routes(well),
        *metrics.routes(counts),
        *openapi.routes(),
    ]
    return Backend(_application(table, counts), ledger, time_, offer, lies, counts)


def _application(table: list[web.RouteDef], counts: metrics.Metrics) -> web.Application:
    application = web.Application(client_max_size=LARGEST_BODY)
    for route in table:
        handler = counts.measured(f"{route.method} {route.path}", cast(Handler, route.handler))
        application.router.add_route(route.method, route.path, handler, expect_handler=paths.expected)
    everything_else = counts.measured("unknown", paths.unknown(table))
    application.router.add_route("*", "/{path:.*}", everything_else, expect_handler=paths.expected)
    return application


def _gauges(
    counts: metrics.Metrics, ledger: Ledger, time_: clock.Clock, lies: switches.Switches, desk: reservations.Desk, most_waiting: int
) -> None:
    counts.gauges.outcomes = lambda: desk.outcomes
    counts.gauges.switches = lambda: {name: lies.setting(name) is not None for name in switches.SWITCHES}
    counts.gauges.read = {
        "fake_backend_queue_depth": lambda: ledger.commits.depth,
        "fake_backend_queue_limit": lambda: most_waiting,
        "fake_backend_ledger_reservations": lambda: len(ledger),
        "fake_backend_ledger_duplicates": lambda: ledger.duplicates,
        "fake_backend_clock_seconds": time_.now,
        "fake_backend_clock_speed": lambda: time_.setting.speed,
    }
