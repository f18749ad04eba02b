"""The rounds on offer: four a day, each of one item, all open at the moments of the settings.

A day's rounds become facts of the ledger the first time that somebody could see or enter them.  A round whose entries were frozen for
its draw takes nobody any more, whatever the clock says later on.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Literal

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.books import Bookkeeper, Books
from fake_backend.facts import Round, day, moment, written
from fake_backend.items import ITEMS, item_of
from fake_backend.settings import DEFAULTS, Settings

State = Literal["waiting", "open", "closed"]

SCHEMA: Final = ("CREATE TABLE IF NOT EXISTS frozen_rounds (round TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL)",)


class RoundShown(msgspec.Struct, frozen=True):
    """One round as GET /rounds lists it; the price is in cents."""

    round: str
    item: str
    price: int
    open: str
    close: str
    state: State


class RoundsShown(msgspec.Struct, frozen=True):
    """What GET /rounds answers: the server's time, and the rounds of its day."""

    now: str
    rounds: list[RoundShown]


def offered(on: dt.date, settings: Settings = DEFAULTS) -> list[Round]:
    """The rounds of a day."""
    midnight = moment(dt.datetime.combine(on, dt.time()))
    open_, close = midnight + settings.open, midnight + settings.close
    return [Round(f"{on.isoformat()}.r{number}", item.name, open_, close) for number, item in enumerate(ITEMS, 1)]


def state(round_: Round, now: float, frozen: bool = False) -> State:
    """Whether the round can be entered at `now`."""
    if frozen:
        return "closed"
    if now < round_.open:
        return "waiting"
    return "open" if now < round_.close else "closed"


class Rounds:
    """The rounds that were ever on offer, and which of them are frozen; `keep` makes new ones durable."""

    def __init__(
        self,
        known: list[Round],
        keep: Callable[[list[Round]], Awaitable[None]],
        settings: Settings = DEFAULTS,
        frozen: list[str] | None = None,
    ) -> None:
        self._known = {round_.round: round_ for round_ in known}
        self._frozen = set(frozen or ())
        self._keep, self._settings = keep, settings
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
                rounds = offered(on, self._settings)
                new = [round_ for round_ in rounds if round_.round not in self._known]
                if new:
                    await self._keep(new)
                self._known.update((round_.round, round_) for round_ in new)
                self._today = (on, [self._known[round_.round] for round_ in rounds])
        return self._today[1]

    async def freeze(self, before: float, books: Bookkeeper) -> None:
        """Let no round that closed at the moment or earlier take anybody any more; durable in the end, and in this process at once.
        What was decided before may still be on its way into the ledger."""
        names = [round_.round for round_ in await on_record(books) if round_.close <= before and not self.frozen(round_.round)]
        if names:
            self._frozen.update(names)
            await books.write(partial(_note_frozen, names=names))

    def frozen(self, name: str) -> bool:
        """Whether the round takes nobody any more, whatever the clock shows."""
        return name in self._frozen

    def shown(self, rounds: list[Round], now: float) -> RoundsShown:
        """The rounds for people."""
        return RoundsShown(written(now), [_shown(round_, state(round_, now, self.frozen(round_.round))) for round_ in rounds])


async def on_record(books: Bookkeeper) -> list[Round]:
    """The rounds that were ever on offer, in whichever process."""
    return [Round(*row) for row in await books.read("SELECT round, item, open, close FROM rounds ORDER BY sequence")]


def _note_frozen(books: Books, names: list[str]) -> None:
    books.many("INSERT INTO frozen_rounds VALUES (?, ?) ON CONFLICT DO NOTHING", [(name, books.at) for name in names])


def _shown(round_: Round, state: State) -> RoundShown:
    return RoundShown(
        round_.round, round_.item, item_of(round_.item).price, written(round_.open, "seconds"), written(round_.close, "seconds"), state
    )


def routes(rounds: Rounds, now: Callable[[], float]) -> list[web.RouteDef]:
    """GET /rounds."""

    async def show(request: web.Request) -> web.Response:
        at = now()
        return json_answer(rounds.shown(await rounds.today(at), at))

    return [web.get("/rounds", show)]
