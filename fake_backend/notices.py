"""Notices: what people are told, at least once and told apart by its key, no faster than the providers take it.

    notices.tell      ─▶ sms.send, inapp.send      one person, by each channel that is right for what it says
    notices.tell_all  ─▶ inapp.send_all            everybody who entered, so many in a post

A letter is carried until nothing of it is on the way any more; only then is it noted as told.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import aiohttp
import msgspec

from fake_backend.books import Books
from fake_backend.facts import Event, Letter, Reservation
from fake_backend.outbox import Again, Unreachable
from fake_backend.room import Room, Site

SMS: Final = "sms"
IN_APP: Final = "in-app"
MOST: Final = 1000
"""messages in a post"""
_BY: Final = {"won": (SMS,), "lost": (IN_APP,), "listed": (IN_APP,), "paid": (IN_APP,)}
"""by which channels somebody hears of it, where not by both; that they won everybody hears in the app with the results"""
_SEND: Final = {SMS: "sms.send", IN_APP: "inapp.send"}
_ASK_AGAIN: Final = 10.0
"""seconds of the clock until a provider is asked again what became of messages that were on the way"""

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS notices (key TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS notice_pace (channel TEXT PRIMARY KEY, free DOUBLE PRECISION NOT NULL)",
)


class Left(msgspec.Struct, frozen=True):
    """The provider has taken it; so many of its messages are still on the way."""

    on_the_way: int
    people: int = 1


class Later(msgspec.Struct, frozen=True):
    """The provider takes no more for so many seconds of the clock."""

    after: float


class Pace:
    """Spreads messages over time: each gets the moment from which on it may be carried.  Kept in the books, for all processes."""

    def __init__(self, site: Site) -> None:
        settings = site.settings
        self._rates = {SMS: settings.sms_a_second * settings.share, IN_APP: settings.in_app_a_second * settings.share}

    def next(self, books: Books, channel: str, messages: int) -> float:
        """The moment for so many messages more."""
        found = books.row("SELECT free FROM notice_pace WHERE channel = ?", channel)
        at = max(books.at, found[0] if found else 0.0)
        free = at + messages / self._rates[channel]
        books.run("INSERT INTO notice_pace VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET free = excluded.free", channel, free)
        return at


class Teller:
    """Receives what is to be told and writes a letter for each channel."""

    def __init__(self, site: Site, lies: Callable[[str], bool]) -> None:
        self._reachable, self._pace, self._lies = bool(site.links.providers), Pace(site), lies

    def tell(self, books: Books, letter: Letter) -> None:
        """Receive `notices.tell`: {person, what, round?, order?, shop?, channel?}; its key tells the notices of a person apart."""
        body = letter.body
        what, channel = str(body["what"]), body.get("channel")
        for by in (str(channel),) if channel else _BY.get(what, (SMS, IN_APP)):
            for key in self._keys(books, f"{by}:{letter.key}"):
                books.send(Letter(_SEND[by], key, body, self._pace.next(books, by, 1)))

    def tell_all(self, books: Books, letter: Letter) -> None:
        """Receive `notices.tell_all`: {round, first, last, people, won, listed}; the last two are sequences with blanks between."""
        people = int(letter.body.get("people") or MOST)
        for key in self._keys(books, f"{IN_APP}:{letter.key}"):
            books.send(Letter("inapp.send_all", key, letter.body, self._pace.next(books, IN_APP, people)))

    def _keys(self, books: Books, key: str) -> Iterable[str]:
        """The keys to send under: none where it was told before, as two rooms may know of the same thing."""
        if not self._reachable or books.row("SELECT 1 FROM notices WHERE key = ?", key):
            return ()
        books.run("INSERT INTO notices VALUES (?)", key)
        if self._lies("tell_nobody"):
            return ()
        return (key, f"{key}:again") if self._lies("tell_twice") else (key,)


class _Provider:
    """A courier to one path of the providers."""

    def __init__(self, site: Site, path: str) -> None:
        self._site, self._url = site, site.links.providers + path

    async def _post(self, body: Any, people: int) -> Left | Later:
        try:
            async with self._site.http().post(self._url, data=_encode(body), headers=_JSON) as answer:
                text = await answer.read()
                if answer.status == 429:
                    return Later(_seconds(answer.headers.get("Retry-After")))
                if answer.status // 100 != 2:
                    raise Unreachable(f"answered {answer.status}")
                return Left(int(msgspec.json.decode(text)["on_the_way"]), people)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError) as problem:
            raise Unreachable from problem

    def _again(self, books: Books, answer: Left | Later) -> Again | None:
        if isinstance(answer, Later):
            return Again(books.at + answer.after)
        return Again(books.at + _ASK_AGAIN) if answer.on_the_way else None


class Single(_Provider):
    """`sms.send` and `inapp.send`: one message to one person."""

    def __init__(self, site: Site, path: str, channel: str) -> None:
        super().__init__(site, path)
        self._channel = channel

    async def carry(self, letter: Letter) -> Left | Later:
        body = letter.body
        message = _message(letter.key, str(body["person"]), str(body["what"]), body.get("round"), body.get("order"))
        return await self._post(message if self._channel == SMS else {"post": letter.key, "messages": [message]}, 1)

    def settle(self, books: Books, letter: Letter, answer: Left | Later) -> Again | None:
        again = self._again(books, answer)
        if again is None:
            body = letter.body
            detail = {"channel": self._channel, "what": body["what"], "order": body.get("order")}
            person, round_, shop = (str(body.get(name) or "") for name in ("person", "round", "shop"))
            books.note(Event("told", letter.key, person, round_, shop, detail=detail))
        return again


class Everybody(_Provider):
    """`inapp.send_all`: the results to those who entered, from one reservation to another."""

    async def carry(self, letter: Letter) -> Left | Later:
        body = letter.body
        round_, first, last = str(body["round"]), int(body["first"] or 0), int(body["last"] or 0)
        won, listed = (frozenset(map(int, str(body.get(name) or "").split())) for name in ("won", "listed"))
        on_the_way = people = 0
        while first <= last:
            page = await self._site.entries.pages(round_, first - 1, min(int(body.get("people") or MOST), MOST))
            entered = [entry for entry in page if entry.sequence <= last]
            if not entered:
                break
            answer = await self._post(results(letter.key, entered, won, listed), len(entered))
            if isinstance(answer, Later):
                return answer
            on_the_way, people = on_the_way + answer.on_the_way, people + answer.people
            first = entered[-1].sequence + 1
        return Left(on_the_way, people)

    def settle(self, books: Books, letter: Letter, answer: Left | Later) -> Again | None:
        again = self._again(books, answer)
        if again is None and isinstance(answer, Left):
            body = letter.body
            detail = {"first": body["first"], "last": body["last"]}
            books.note(Event("told_all", str(body["round"]), round=str(body["round"]), amount=answer.people, detail=detail))
        return again


def results(key: str, entered: Sequence[Reservation], won: frozenset[int], listed: frozenset[int]) -> dict[str, Any]:
    """A post with what came of each entry.  The same letter makes the same posts whenever it is carried."""
    messages = []
    for entry in entered:
        what = "won" if entry.sequence in won else "listed" if entry.sequence in listed else "lost"
        again = ":again" if key.endswith(":again") else ""
        messages.append(_message(f"{IN_APP}:{what}:{entry.round}:{entry.person}{again}", entry.person, what, entry.round, None))
    return {"post": f"{key}:{entered[0].sequence}", "messages": messages}


def _message(key: str, person: str, what: str, round_: Any, order: Any) -> dict[str, Any]:
    about = {name: value for name, value in (("round", round_), ("order", order)) if value}
    return {"key": key, "person": person, "what": what, **about}


def _seconds(text: str | None) -> float:
    try:
        after = float(text or "")
    except ValueError:
        return 1.0
    return max(after, 1.0) if math.isfinite(after) else 1.0


def room(site: Site, lies: Callable[[str], bool] = lambda defect: False) -> Room:
    """Tells people what they have to know; nobody, where there are no providers."""
    teller = Teller(site, lies)
    return Room(
        schema=SCHEMA,
        receivers={"notices.tell": teller.tell, "notices.tell_all": teller.tell_all},
        couriers={
            "sms.send": Single(site, "/sms", SMS),
            "inapp.send": Single(site, "/in-app", IN_APP),
            "inapp.send_all": Everybody(site, "/in-app"),
        },
    )


_encode: Final = msgspec.json.Encoder().encode
_JSON: Final = {"Content-Type": "application/json"}
