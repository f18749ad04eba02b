"""GET /results: what came of a person's entries, shown to all at once when the winners' orders are there.

Everybody comes for it in the same minute, so it costs a few look-ups in memory: the places of a published draw are read once a process,
and only who was on a waiting list is looked up in the books.  Where several processes share the database, what is final for a person is
remembered for all of them; what may still change is not.
"""

import datetime as dt
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.books import Bookkeeper
from fake_backend.contract import GUARDED, TEXT, operation, parameter, ref
from fake_backend.facts import Identifier, Reservation, Round, day, written
from fake_backend.problems import answer, refused
from fake_backend.room import Site

_FRESH: Final = 0.2
"""wall seconds that what was read of a draw which is not published yet is believed"""
_MOST: Final = 16
_PUBLISHED: Final = ("published", "told")
_FINAL: Final = ("won", "lost")
"""what becomes of nobody anything else, once the draw is published"""


class Result(msgspec.Struct, frozen=True):
    """What came of one entry: its order where there is one, and its place on the waiting list where it has one (0 for a winner)."""

    round: str
    reservation: int
    shop: str
    state: Literal["waiting", "won", "lost", "listed"]
    order: str | None = None
    place: int | None = None


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[Result]).decode


class ResultsShown(msgspec.Struct, frozen=True):
    """What GET /results answers: the server's time, and the person's entries of the day."""

    now: str
    results: list[Result]


class Places:
    """Who has a place in the draws that are published, in memory; None for a draw that is not."""

    def __init__(self, books: Bookkeeper, wall: Callable[[], float] = time.monotonic) -> None:
        self._books, self._wall = books, wall
        self._of: OrderedDict[str, dict[int, int]] = OrderedDict()
        self._not_before: dict[str, float] = {}
        self._published: set[str] = set()

    async def published(self, rounds: Sequence[str]) -> bool:
        """Whether the draws of all these rounds are published: nobody enters them any more."""
        for round_ in rounds:
            if round_ not in self._published and await self.of(round_) is None:
                return False
        return True

    async def of(self, round_: str) -> dict[int, int] | None:
        """The place of each reservation of the round that has one."""
        found = self._of.get(round_)
        if found is not None or self._wall() < self._not_before.get(round_, 0.0):
            return found
        self._not_before[round_] = self._wall() + _FRESH
        rows = await self._books.read("SELECT state FROM draws WHERE round = ?", round_)
        if not rows or rows[0][0] not in _PUBLISHED:
            return None
        places = dict(await self._books.read("SELECT sequence, place FROM draw_places WHERE round = ?", round_))
        self._of[round_] = places
        self._published.add(round_)
        while len(self._of) > _MOST:
            self._not_before.pop(self._of.popitem(last=False)[0], None)
        return places

    async def result(self, made: Reservation) -> Result:
        """What came of the reservation."""
        places = await self.of(made.round)
        if places is None:
            return Result(made.round, made.sequence, made.shop, "waiting")
        place = places.get(made.sequence)
        if place is None:
            return Result(made.round, made.sequence, made.shop, "lost")
        if place and await self._books.read("SELECT 1 FROM draw_places WHERE sequence = ? AND state = 'listed'", made.sequence):
            return Result(made.round, made.sequence, made.shop, "listed", None, place)
        return Result(made.round, made.sequence, made.shop, "won", f"o{made.sequence}", place)


def routes(site: Site, on_record: Callable[[], Awaitable[list[Round]]]) -> tuple[web.RouteDef, ...]:
    """GET /results."""
    places = Places(site.books)
    days: dict[dt.date, list[str]] = {}

    async def show(request: web.Request) -> web.Response:
        person, now = person_of(request), site.clock.now()
        refusal = site.guard(request, person)
        if refusal is not None:
            return answer(refusal)
        on = _day(request, now)
        if on not in days:
            of_day = [round_.round for round_ in await on_record() if day(round_.open) == on]
            if not of_day:
                return json_answer(ResultsShown(written(now), []))
            days[on] = of_day
        return json_answer(ResultsShown(written(now), await of_person(person, on)))

    async def of_person(person: str, on: dt.date) -> list[Result]:
        remembered, key = site.remembered, f"results:{on}:{person}"
        if remembered is None or not await places.published(days[on]):
            return await looked_up(person, on)
        kept = _final(await remembered.get(key))
        if kept is not None:
            return kept
        results = await looked_up(person, on)
        if all(one.state in _FINAL for one in results):
            remembered.keep({key: _encode(results)})
        return results

    async def looked_up(person: str, on: dt.date) -> list[Result]:
        return [await places.result(made) for made in await site.entries.of_person(person, days[on])]

    return (web.get("/results", show),)


def _final(kept: bytes | None) -> list[Result] | None:
    try:
        return None if kept is None else _decode(kept)
    except msgspec.DecodeError:
        return None


def person_of(request: web.Request) -> str:
    """The person that the question is about."""
    text = request.query.get("person")
    if text is None:
        raise refused("bad_field", "the person is needed", "person")
    try:
        return msgspec.convert(text, Identifier)
    except msgspec.ValidationError as problem:
        raise refused("bad_field", str(problem), "person") from None


def _day(request: web.Request, now: float) -> dt.date:
    text = request.query.get("day")
    if text is None:
        return day(now)
    try:
        return msgspec.convert(text, dt.date)
    except msgspec.ValidationError:
        raise refused("bad_field", "expected a date such as 2022-04-01", "day") from None


CONTRACT: Final[dict[str, Any]] = {
    "/results": {
        "get": operation(
            "What came of a person's entries of a day (the clock's own unless given); waiting until the results are published",
            ref("ResultsShown"), codes=(*GUARDED, "bad_field"),
            parameters=(parameter("person", "query", TEXT), parameter("day", "query", {**TEXT, "format": "date"}, False)),
        )
    }
}  # fmt: skip
