"""The server's own clock: it can be set, runs at any speed, and goes on running while the process is down.

now = setting.now + (wall − setting.since) × speed
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.facts import LATEST, ClockSetting, moment, whole_milliseconds, written

OPENS = dt.datetime(2022, 4, 1, 9)
"""Where a clock that nobody set begins: the first opening of the default day."""

_EARLIEST, _LAST = dt.datetime(1970, 1, 2), dt.datetime(2200, 1, 1)


class SetClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of PUT /clock: a date and time without a zone, and scenario seconds per wall second."""

    now: Annotated[dt.datetime, msgspec.Meta(tz=False)]
    speed: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 1.0

    def __post_init__(self) -> None:
        if not _EARLIEST <= self.now < _LAST:
            raise ValueError("now: expected a date between 1970-01-02 and 2200-01-01")


class ClockShown(msgspec.Struct, frozen=True):
    """What GET /clock answers."""

    now: str
    speed: float


class Clock:
    """Tells the server's time; `wall` is unix time, in seconds."""

    def __init__(self, setting: ClockSetting, wall: Callable[[], float]) -> None:
        self.wall = wall
        self.setting = setting

    def now(self) -> float:
        """The server's time, as a moment in whole milliseconds."""
        setting = self.setting
        return whole_milliseconds(min(setting.now + max(self.wall() - setting.since, 0.0) * setting.speed, LATEST))

    def wall_until(self, at: float) -> float:
        """Wall seconds until the clock shows the moment; 0 or less where it already does."""
        return (at - self.now()) / self.setting.speed

    def shown(self) -> ClockShown:
        """The time and the speed, for people."""
        return ClockShown(written(self.now()), self.setting.speed)


def unset(speed: float, wall: float) -> ClockSetting:
    """How a clock starts that nobody has set."""
    return ClockSetting(moment(OPENS), speed, wall)


def routes(clock: Clock, keep: Callable[[ClockSetting], Awaitable[None]]) -> list[web.RouteDef]:
    """`keep` makes a setting durable before it counts."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(clock.shown())

    async def put(request: web.Request) -> web.Response:
        wanted = await parsed(request, _decode)
        setting = ClockSetting(moment(wanted.now), wanted.speed, clock.wall())
        await keep(setting)
        clock.setting = setting
        return json_answer(clock.shown())

    return [web.get("/clock", show), web.put("/clock", put)]


_decode = msgspec.json.Decoder(SetClock).decode
