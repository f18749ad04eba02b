"""What Prometheus reads at /metrics.

Counting is a list index and an addition, as it happens for every request; `exposition` gives it its form only when asked.
"""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import perf_counter
from typing import Final, Protocol

import msgspec
from aiohttp import web

from fake_backend.admission import AWAY
from fake_backend.answers import Handler
from fake_backend.database import Away
from fake_backend.facts import Refusal
from fake_backend.group_commit import NotStored, Shed
from fake_backend.problems import Refused, answer
from fake_backend.totals import Counted

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ROWS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)

NAMES: Final = {
    "fake_backend_request_seconds": "From a request's first line read to its answer handed over, by route and status",
    "fake_backend_reservations_total": "Reservations asked for, by what came of them: accepted, replayed, or the code of the refusal",
    "fake_backend_shed_total": "Requests refused because too many were waiting",
    "fake_backend_queue_depth": "Facts that wait for their commit",
    "fake_backend_queue_limit": "How many may wait before more are shed",
    "fake_backend_commit_seconds": "From a batch handed to the writer to its sync",
    "fake_backend_commit_rows": "Reservations in one commit",
    "fake_backend_ledger_reservations": "Reservations that are durable",
    "fake_backend_ledger_duplicates": "Rows found at the start that should not be there",
    "fake_backend_switch_active": "1 while the fault or defect is on",
    "fake_backend_clock_seconds": "The server's own clock, as seconds since 1970 of its local time",
    "fake_backend_clock_speed": "Seconds of the server's clock for one of the wall",
    "fake_backend_alarm": "1 while calls about payments fail so often that an incident is declared",
    "fake_backend_payments_open": "Payments that have not come out yet",
    "fake_backend_orders_open": "Orders that are neither paid nor lapsed",
    "fake_backend_affected_open": "Open orders of people whom an incident kept from paying",
}
"""Every metric of the backend, beside the usual `process_…` and `python_info`."""


class Buckets:
    """A histogram: counts by upper bound, and the sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.counts, self.sum = bounds, [0] * (len(bounds) + 1), 0.0

    def observe(self, value: float) -> None:
        """Count one value; a value on a bound belongs below it."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def counted(self) -> tuple[list[int], float]:
        """The counts and the sum."""
        return self.counts, self.sum


class Gauged(Protocol):
    """A room that has something to show."""

    @property
    def gauges(self) -> Mapping[str, Callable[[], float]]:
        """What is read, by the metric's name."""

    @property
    def before_gauges(self) -> Callable[[], Awaitable[object]]:
        """Called before."""


class Gauges:
    """What is read at the moment of asking; filled by whoever composes the rooms."""

    def __init__(self) -> None:
        self.read: dict[str, Callable[[], float]] = {}
        self.outcomes: Callable[[], dict[str, int]] = dict
        self.switches: Callable[[], dict[str, bool]] = dict
        self._before: list[Callable[[], Awaitable[object]]] = []

    def of(self, rooms: Iterable[Gauged]) -> None:
        """Read those of the rooms, too."""
        for room in rooms:
            self.read.update(room.gauges)
            self._before.append(room.before_gauges)

    async def look(self) -> None:
        """To be called before they are read."""
        for before in self._before:
            await before()


class Door(msgspec.Struct):
    """A route's handler, and the way to put another one in its place."""

    handler: Handler
    put: Callable[[Handler], None]


class Metrics:
    """Counts as they happen, gauges when asked."""

    def __init__(self) -> None:
        self.gauges = Gauges()
        self.doors: dict[str, Door] = {}
        self._requests: dict[str, dict[int, Buckets]] = {}
        self._commit_seconds, self._commit_rows = Buckets(SECONDS), Buckets(ROWS)

    def committed(self, rows: int, seconds: float) -> None:
        """One transaction has been synced."""
        self._commit_seconds.observe(seconds)
        self._commit_rows.observe(rows)

    def measured(self, route: str, handler: Handler) -> Handler:
        """The handler, its time and status counted, and its refusals turned into answers."""
        tally = self._requests.setdefault(route, {})

        def put(other: Handler) -> None:
            nonlocal handler
            handler = other

        self.doors[route] = Door(handler, put)

        async def count(request: web.Request) -> web.StreamResponse:
            begun = perf_counter()
            try:
                response: web.StreamResponse = await handler(request)
            except Exception as problem:
                response = answer(refusal_of(problem))
            status = response.status
            buckets = tally.get(status)
            if buckets is None:
                buckets = tally[status] = Buckets(SECONDS)
            buckets.observe(perf_counter() - begun)
            return response

        return count

    def counted(self) -> Counted:
        """All of it, as it can be put together with what other processes counted."""
        return Counted(
            {route: {status: buckets.counted() for status, buckets in tally.items()} for route, tally in self._requests.items()},
            self._commit_seconds.counted(),
            self._commit_rows.counted(),
            dict(self.gauges.outcomes()),
            {name: read() for name, read in self.gauges.read.items()},
        )


def refusal_of(problem: Exception) -> Refusal:
    """What an exception that ended a route means to the client; one that means nothing to them is raised again."""
    if isinstance(problem, Refused):
        return problem.refusal
    if isinstance(problem, (Shed, Away)):
        return AWAY
    if isinstance(problem, NotStored):
        return Refusal("not_stored", "the database could not store it; whether to try again is yours to decide")
    if isinstance(problem, web.HTTPRequestEntityTooLarge):
        return Refusal("body_too_large", "a body has at most 64 KiB")
    if isinstance(problem, (web.HTTPException, web.RequestPayloadError, ValueError)):
        return Refusal("malformed_request", "the request's body or headers cannot be read")
    raise problem


def routes(written: Callable[[], Awaitable[bytes]]) -> list[web.RouteDef]:
    """GET /metrics."""

    async def show(request: web.Request) -> web.Response:
        return web.Response(body=await written(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    return [web.get("/metrics", show)]
