"""Trouble: what the faults that are on do to requests, to the database and to the clock, and the end of it.

    a switch is turned on ──▶ begun: every route's handler is covered up by one that asks the faults first
    the last one is over  ──▶ ended: the handlers stand there themselves again

So a request costs what it always does while nothing is wrong.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from aiohttp import web

from fake_backend.answers import Handler
from fake_backend.clock import Clock
from fake_backend.database import Away, Database
from fake_backend.facts import Refusal
from fake_backend.faults import ClockSkew, DatabaseAway, Drop, Hang, Refuse, Slow
from fake_backend.metrics import Door, refusal_of
from fake_backend.problems import Refused
from fake_backend.switches import Switches

_LOOK: Final = 0.02
"""wall seconds between two looks whether a fault's time is over"""
_SPARED: Final = (
    "/switches", "/incidents", "/open", "/health", "/metrics", "/clock", "/quiet", "/settings", "/ledger/", "/openapi.json",
)  # fmt: skip
"""what an operator asks for, by how its path begins"""
_NO_DATABASE: Final = "the fault database_away is on"


class Effect(Protocol):
    """What one or more switches do as long as one of them is on."""

    names: tuple[str, ...]

    def begin(self) -> None:
        """Let it begin, or go on as the switches say now."""

    def end(self) -> None:
        """Undo it."""


class Troubles:
    """Begins the effects when their switches are turned on, and ends them."""

    def __init__(self, switches: Switches, effects: tuple[Effect, ...]) -> None:
        self._switches, self._effects = switches, effects
        self._begun: list[Effect] = []
        self._on = asyncio.Event()
        switches.changed = self._changed

    def _changed(self) -> None:
        for effect in self._effects:
            on = any(self._switches.setting(name) is not None for name in effect.names)
            if on:
                effect.begin()
                self._begun += [] if effect in self._begun else [effect]
            elif effect in self._begun:
                effect.end()
                self._begun.remove(effect)
        (self._on.set if self._begun else self._on.clear)()

    async def run(self) -> None:
        """End what is over, until cancelled."""
        try:
            while True:
                await self._on.wait()
                await asyncio.sleep(_LOOK)
                self._changed()
        finally:
            for effect in self._begun:
                effect.end()


class OfRequests:
    """`slow`, `refuse`, `hang` and `drop`."""

    names: tuple[str, ...] = ("slow", "refuse", "hang", "drop")

    def __init__(self, switches: Switches, doors: Mapping[str, Door]) -> None:
        self._switches = switches
        self._doors = {route: door for route, door in doors.items() if not route.partition(" ")[2].startswith(_SPARED)}
        self._covered = False
        self._hanging: list[asyncio.Future[None]] = []

    def begin(self) -> None:
        """Stand before every handler."""
        if not self._covered:
            self._covered = True
            for door in self._doors.values():
                door.put(self._before(door.handler))
        if self._switches.fault("hang", Hang) is None:
            self._let_go()

    def end(self) -> None:
        """Step aside."""
        self._covered = False
        for door in self._doors.values():
            door.put(door.handler)
        self._let_go()

    def _let_go(self) -> None:
        hanging, self._hanging = self._hanging, []
        for waiting in hanging:
            if not waiting.done():
                waiting.set_result(None)

    def _before(self, handler: Handler) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            path = request.path
            if self._switches.troubles("hang", Hang, path):
                waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._hanging.append(waiting)
                await waiting
            drop = self._switches.troubles("drop", Drop, path)
            if drop is not None:
                if drop.done:
                    await _whatever_it_says(handler, request)
                return _cut(request)
            refuse = self._switches.troubles("refuse", Refuse, path)
            if refuse is not None:
                headers = {"Retry-After": str(refuse.retry_after)} if refuse.retry_after else {}
                raise Refused(Refusal("out_of_order", "the fault refuse is on", None, headers))
            slow = self._switches.troubles("slow", Slow, path)
            return await (_late(slow.delay, handler, request) if slow else handler(request))

        return serve


async def _late(delay: float, handler: Handler, request: web.Request) -> web.StreamResponse:
    try:
        answer = await handler(request)
    except Exception:
        await asyncio.sleep(delay)
        raise
    await asyncio.sleep(delay)
    return answer


async def _whatever_it_says(handler: Handler, request: web.Request) -> None:
    try:
        await handler(request)
    except Exception as problem:
        refusal_of(problem)  # what is none is raised


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class OfTheDatabase:
    """`database_away`: its ways to look up and to store are covered up by ones that say so."""

    names: tuple[str, ...] = ("database_away",)

    def __init__(self, switches: Switches, database: Database) -> None:
        self._switches, self._database = switches, database
        self._covered: dict[str, Any] = {}

    def begin(self) -> None:
        """Take the database away."""
        if self._covered or self._switches.fault("database_away", DatabaseAway) is None:
            return
        covers = {"commit": _not_done, "transact": _not_done, "read": _not_read, "page": _not_read, "reservation": _not_found}
        for name, cover in covers.items():
            if hasattr(self._database, name):
                self._covered[name] = vars(self._database).get(name)  # None: its class's
                setattr(self._database, name, cover)

    def end(self) -> None:
        """Bring it back."""
        covered, self._covered = self._covered, {}
        for name, own in covered.items():
            if own is None:
                delattr(self._database, name)
            else:
                setattr(self._database, name, own)


def _not_done(_: Any, done: Callable[[Exception | None], None]) -> None:
    done(Away(_NO_DATABASE))


async def _not_read(*_: Any) -> Any:
    raise Away(_NO_DATABASE)


def _not_found(_: int) -> Any:
    raise Away(_NO_DATABASE)


class OfTheClock:
    """`clock_skew`."""

    names: tuple[str, ...] = ("clock_skew",)

    def __init__(self, switches: Switches, clock: Clock) -> None:
        self._switches, self._clock = switches, clock

    def begin(self) -> None:
        """Let the clock be wrong."""
        skew = self._switches.fault("clock_skew", ClockSkew)
        if skew is not None:
            self._clock.skew = skew.by

    def end(self) -> None:
        """Put it right."""
        self._clock.skew = 0.0


def troubles(switches: Switches, doors: Mapping[str, Door], database: Database, clock: Clock) -> Troubles:
    """All of them."""
    return Troubles(switches, (OfRequests(switches, doors), OfTheDatabase(switches, database), OfTheClock(switches, clock)))
