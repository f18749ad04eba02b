"""The rounds on offer: four a day, each of one item, all from nine to ten.

A day's rounds become facts of the ledger the first time that somebody could see or enter them.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.facts import Round, day, moment, written

ITEMS: Final = ("Year of the Tiger 500 ml", "Year of the Tiger 2 × 375 ml", "Treasure 500 ml", "1935 500 ml")
"""What is on offer each day, in the order r1, r2, …"""

State = Literal["waiting", "open", "closed"]


class RoundShown(msgspec.Struct, frozen=True):
    """One round as GET /rounds lists it."""

    round: str
    item: str
    open: str
    close: str
    state: State


class RoundsShown(msgspec.Struct, frozen=True):
    """What GET /rounds answers: the server's time, and the rounds of its day."""

    now: str
    rounds: list[RoundShown]


def offered(on: dt.date) -> list[Round]:
    """The rounds of a day."""
    open_, close = (moment(dt.datetime.combine(on, dt.time(hour))) for hour in (9, 10))
    return [Round(f"{on.isoformat()}.r{number}", item, open_, close) for number, item in enumerate(ITEMS, 1)]


def state(round_: Round, now: float) -> State:
    """Whether the round can be entered at `now`."""
    if now < round_.open:
        return "waiting"
    return "open" if now < round_.close else "closed"


class Rounds:
    """The rounds that were ever on offer; `keep` makes new ones durable."""

    def __init__(self, known: list[Round], keep: Callable[[list[Round]], Awaitable[None]]) -> None:
        self._known = {round_.round: round_ for round_ in known}
        self._keep = keep
        self._keeping = asyncio.Lock()
        self._today: tuple[dt.date, list[Round]] = (dt.date.min, [])

    def find(self, name: str) -> Round | None:
        """The round of that name, if it was ever on offer."""
        return self._known.get(name)

    async def today(self, now: float) -> list[Round]:
        """The rounds of the day that the clock shows, durable before anybody sees them."""
        on = day(now)
        if self._today[0] != on:
            async with self._keeping:
                rounds = offered(on)
                new = [round_ for round_ in rounds if round_.round not in self._known]
                if new:
                    await self._keep(new)
                self._known.update((round_.round, round_) for round_ in new)
                self._today = (on, rounds)
        return self._today[1]


def shown(rounds: list[Round], now: float) -> RoundsShown:
    """The rounds for people."""
    return RoundsShown(
        written(now),
        [RoundShown(r.round, r.item, written(r.open, "seconds"), written(r.close, "seconds"), state(r, now)) for r in rounds],
    )


def routes(rounds: Rounds, now: Callable[[], float]) -> list[web.RouteDef]:
    """GET /rounds."""

    async def show(request: web.Request) -> web.Response:
        at = now()
        return json_answer(shown(await rounds.today(at), at))

    return [web.get("/rounds", show)]
