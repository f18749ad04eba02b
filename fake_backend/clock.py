"""The server's own clock: it can be set, runs at any speed, turns at moments of its own, and goes on running while the process is down.

    ──────────── speed 30 ────────────┐ at 10:05                    ┌──── speed 600 ────▶
                                      └── a turn: jumps to 17:55 ───┘

now = shown at the last turn + (wall − wall at the last turn) × speed since.  Whatever would be due in the time that a turn leaves out is
due at the turn.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.facts import LATEST, ClockSetting, moment, whole_milliseconds, written

OPENS = dt.datetime(2022, 4, 1, 9)
"""Where a clock that nobody set begins: the first opening of the default day."""

_EARLIEST, _LAST = dt.datetime(1970, 1, 2), dt.datetime(2200, 1, 1)
_AT_LEAST: Final = 1e-6
"""wall seconds until a moment that is not shown yet, however near"""

Instant = Annotated[dt.datetime, msgspec.Meta(tz=False)]
Speed = Annotated[float, msgspec.Meta(gt=0, le=1e6)]


class SetTurn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the clock would show `at` it shows `to` instead, where given, and from then on runs at `speed`, where given."""

    at: Instant
    to: Instant | None = None
    speed: Speed | None = None


class SetClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of PUT /clock: a date and time without a zone, scenario seconds per wall second, and the turns, the earliest first."""

    now: Instant
    speed: Speed = 1.0
    turns: Annotated[list[SetTurn], msgspec.Meta(max_length=1000)] = []

    def __post_init__(self) -> None:
        if not _EARLIEST <= self.now < _LAST:
            raise ValueError("now: expected a date between 1970-01-02 and 2200-01-01")
        shown = self.now
        for number, turn in enumerate(self.turns):
            to = turn.at if turn.to is None else turn.to
            if not shown <= turn.at <= to < _LAST:
                raise ValueError(
                    f"turns: expected moments in their order, none before `now` or after 2200, found otherwise at turn {number}"
                )
            shown = to


class ClockShown(msgspec.Struct, frozen=True):
    """What GET /clock answers: the time, and the speed at this moment."""

    now: str
    speed: float


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """A turn as it is kept: when the clock would show `at` it shows `to`, and runs at `speed`."""

    at: float
    to: float
    speed: float


class _Stretch(msgspec.Struct, frozen=True):
    """Between two turns: from the wall's `since` on the clock shows `shows` and runs at `speed`, up to `until`."""

    since: float
    shows: float
    speed: float
    until: float

    def at(self, wall: float) -> float:
        return min(self.shows + max(wall - self.since, 0.0) * self.speed, self.until)

    def reaches(self, at: float) -> float:
        """The wall at which it shows the moment or a later one."""
        return self.since + max(at - self.shows, 0.0) / self.speed


class Clock:
    """Tells the server's time; `wall` is unix time, in seconds.  To set it, give it another `setting`."""

    def __init__(self, setting: ClockSetting, wall: Callable[[], float]) -> None:
        self.wall = wall
        self._skew = 0.0
        self.setting = setting

    @property
    def setting(self) -> ClockSetting:
        """How the clock was last set."""
        return self._setting

    @setting.setter
    def setting(self, setting: ClockSetting) -> None:
        self._setting, self._stretches = setting, _stretches(setting, self._skew)

    @property
    def skew(self) -> float:
        """How far it is ahead of what it shows to people, in its own seconds: 0 unless a fault makes it wrong."""
        return self._skew

    @skew.setter
    def skew(self, by: float) -> None:
        self._skew, self._stretches = by, _stretches(self._setting, by)

    @property
    def speed(self) -> float:
        """Seconds of the clock for one of the wall, at this moment."""
        return self._stretch(self.wall()).speed

    def now(self) -> float:
        """The server's time, as a moment in whole milliseconds.  Any thread."""
        wall = self.wall()
        return whole_milliseconds(self._stretch(wall).at(wall))

    def in_wall(self, seconds: float) -> float:
        """The moment that it will show so many seconds of the wall from now.  Any thread."""
        wall = self.wall() + seconds
        return whole_milliseconds(self._stretch(wall).at(wall))

    def wall_until(self, at: float) -> float:
        """Wall seconds until the clock shows the moment or jumps over it; 0 or less where it already has."""
        stretches, wall = self._stretches, self.wall()
        reached = next((one for one in stretches if at <= one.until), stretches[-1]).reaches(at)
        if self.now() >= at:
            return min(reached - wall, 0.0)
        return max(reached - wall, _AT_LEAST)

    def shown(self) -> ClockShown:
        """The time and the speed, for people."""
        return ClockShown(written(self.now() - self._skew), self.speed)

    def _stretch(self, wall: float) -> _Stretch:
        stretches = self._stretches
        if len(stretches) == 1:
            return stretches[0]
        return stretches[max(bisect_right(stretches, wall, key=_since) - 1, 0)]


def unset(speed: float, wall: float) -> ClockSetting:
    """How a clock starts that nobody has set."""
    return ClockSetting(moment(OPENS), speed, wall)


def setting_of(wanted: SetClock, wall: float) -> ClockSetting:
    """What the clock is set to when somebody wants it so at the wall's time `wall`."""
    turns, speed = [], wanted.speed
    for turn in wanted.turns:
        speed = speed if turn.speed is None else turn.speed
        turns.append(Turn(moment(turn.at), moment(turn.at if turn.to is None else turn.to), speed))
    return ClockSetting(moment(wanted.now), wanted.speed, wall, msgspec.json.encode(turns).decode())


def routes(clock: Clock, keep: Callable[[ClockSetting], Awaitable[None]]) -> list[web.RouteDef]:
    """`keep` makes a setting durable before it counts."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(clock.shown())

    async def put(request: web.Request) -> web.Response:
        setting = setting_of(await parsed(request, _decode), clock.wall())
        await keep(setting)
        clock.setting = setting
        return json_answer(clock.shown())

    return [web.get("/clock", show), web.put("/clock", put)]


def _stretches(setting: ClockSetting, skew: float) -> tuple[_Stretch, ...]:
    since, shows, speed = setting.since, setting.now + skew, setting.speed
    found = []
    for turn in _decode_turns(setting.turns):
        stretch = _Stretch(since, shows, speed, turn.at + skew)
        found.append(stretch)
        since, shows, speed = stretch.reaches(turn.at + skew), turn.to + skew, turn.speed
    return (*found, _Stretch(since, shows, speed, LATEST))


def _since(stretch: _Stretch) -> float:
    return stretch.since


_decode = msgspec.json.Decoder(SetClock).decode
_decode_turns = msgspec.json.Decoder(list[Turn]).decode
