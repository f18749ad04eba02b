"""Incidents: declared by the alarm or by people, and over when it is silent again or they say so.

alarm rings ─▶ declared ─▶ those affected are noted ─▶ over ─▶ given time ─▶ told ─▶ handed to the shops
"""

from typing import Annotated, Final

import msgspec
from aiohttp import web

from fake_backend.affected import EVERYBODY, LEDGER, SCHEMA, Affected
from fake_backend.alarm import Alarm
from fake_backend.answers import json_answer, parsed
from fake_backend.books import Books
from fake_backend.contract import BODY, TEXT, operation, parameter, ref
from fake_backend.duties import Duty
from fake_backend.facts import Event, Refusal, midnight, written
from fake_backend.outages import away_since
from fake_backend.problems import Refused
from fake_backend.room import Ledger, Room, Site

_LOOK: Final = 0.5
"""wall seconds between two looks"""
_DAY: Final = 86400.0
_LARGEST: Final = 8
"""times its first size, a wave may grow to"""
_COLUMNS: Final = ("number", "declared_by", "what", "since", "declared", "over", "told", "done")
_TABLE: Final = """CREATE TABLE IF NOT EXISTS incidents (
  number INTEGER PRIMARY KEY, declared_by TEXT NOT NULL, what TEXT NOT NULL, since DOUBLE PRECISION NOT NULL,
  declared DOUBLE PRECISION NOT NULL, over DOUBLE PRECISION, told DOUBLE PRECISION, done DOUBLE PRECISION)"""
_ALL: Final = f"SELECT {', '.join(_COLUMNS)} FROM incidents"


class Incident(msgspec.Struct, frozen=True):
    """One incident; the moments are those of the server's clock, None for what has not happened yet."""

    number: int
    declared_by: str
    what: str
    since: float
    """when it began, as far as can be told"""
    declared: float
    over: float | None
    told: float | None
    """when everybody affected had been told"""
    done: float | None
    """when nothing was left to be done for them"""


class Declare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /incidents."""

    what: Annotated[str, msgspec.Meta(max_length=200)] = ""


class IncidentShown(msgspec.Struct, frozen=True):
    """An incident for people; `open` is how many of those affected have not paid."""

    incident: str
    declared_by: str
    what: str
    since: str
    declared: str
    over: str | None
    affected: int
    open: int


class IncidentsShown(msgspec.Struct, frozen=True):
    """What GET /incidents answers, the latest first; `alarm`: whether the alarm rings."""

    alarm: bool
    incidents: list[IncidentShown]


class Desk:
    """Declares incidents and ends them."""

    def __init__(self, site: Site, alarm: Alarm, affected: Affected) -> None:
        self._site, self._alarm, self._affected = site, alarm, affected
        self._wave, self._next_wave = 0, 0.0

    async def look(self, now: float) -> float:
        """The duty: declare, end, and look after those affected."""
        rows = await self._site.books.read(f"{_ALL} WHERE done IS NULL ORDER BY number")
        incidents = [Incident(*row) for row in rows]
        open_ = next((incident for incident in incidents if incident.over is None), None)
        if open_ is None and self._alarm.rings():
            since = now - self._alarm.failing_for() * self._site.clock.speed
            open_ = await self._site.books.write(lambda books: declare(books, "alarm", "payments fail", since))
        if open_ is not None:
            await self._affected.find(open_.number)
            if open_.declared_by == "alarm" and await self._well_again():
                await self.end(open_.number)
        for incident in incidents:
            if incident.over is not None:
                await self._after(incident, incident.over, now)
        return now + _LOOK * self._site.clock.speed

    async def _well_again(self) -> bool:
        """Whether the alarm has been silent for long, and not because this process was started while the gateway was away."""
        silent = self._alarm.silent_for() > 2 * self._site.settings.alarm_short
        return silent and await away_since(self._site.books) is None

    async def end(self, number: int) -> None:
        """The incident is over."""
        await self._affected.find(number)
        await self._site.books.write(lambda books: self._end(books, number))

    def _end(self, books: Books, number: int) -> None:
        if books.row("SELECT 1 FROM incidents WHERE number = ? AND over IS NULL", number):
            self._affected.find_all(books, number)
            books.run("UPDATE incidents SET over = ? WHERE number = ?", books.at, number)
            (affected,) = books.row("SELECT count(*) FROM affected WHERE incident = ?", number) or (0,)
            books.note(Event("incident_over", f"i{number}", amount=affected))

    async def _after(self, incident: Incident, over: float, now: float) -> None:
        """Give time, tell, and hand over, each when it is due."""
        settings = self._site.settings
        while settings.extend and await self._affected.extend(incident.number, max(over - incident.since, 0.0)):
            pass
        begins = over if settings.tell_affected is None else max(midnight(incident.declared) + settings.tell_affected, over)
        if incident.told is None:
            if now < begins or (settings.tell_affected is not None and not await self._told(incident.number, now)):
                return
            await self._site.books.write(lambda books: books.run("UPDATE incidents SET told = ? WHERE number = ?", now, incident.number))
        elif now >= _next(incident.told, settings.shop_opens):
            while await self._affected.hand_over(incident.number):
                pass
            await self._site.books.write(lambda books: books.run("UPDATE incidents SET done = ? WHERE number = ?", now, incident.number))

    async def _told(self, number: int, now: float) -> bool:
        """Tell the next wave, if it is its turn; whether everybody has been told."""
        settings = self._site.settings
        if not settings.paced:
            await self._affected.tell(number, EVERYBODY)
            return True
        first = max(round(settings.wave * settings.share), 1)
        if self._alarm.rings():
            self._wave = 0
            return False
        if now < self._next_wave:
            return False
        wave = min(2 * self._wave, _LARGEST * first) if self._wave else first
        self._next_wave = now + settings.wave_every
        nobody_left = await self._affected.tell(number, wave) < wave
        self._wave = 0 if nobody_left else wave
        return nobody_left

    async def shown(self, sql: str = "", *values: int) -> list[IncidentShown]:
        """The incidents, as far as they are durable."""
        counted = """SELECT i.number, i.declared_by, i.what, i.since, i.declared, i.over,
  (SELECT count(*) FROM affected a WHERE a.incident = i.number),
  (SELECT count(*) FROM affected a JOIN orders o ON o.id = a.order_id WHERE a.incident = i.number AND o.state = 'open')
  FROM incidents i"""
        rows = await self._site.books.read(f"{counted} {sql} ORDER BY i.number DESC LIMIT 100", *values)
        return [
            IncidentShown(
                f"i{number}", by, what, written(since), written(declared), None if over is None else written(over), affected, left
            )
            for number, by, what, since, declared, over, affected, left in rows
        ]

    async def show(self, request: web.Request) -> web.Response:
        """GET /incidents"""
        return json_answer(IncidentsShown(self._alarm.rings(), await self.shown()))

    async def post(self, request: web.Request) -> web.Response:
        """POST /incidents"""
        command = await parsed(request, _decode)
        incident = await self._site.books.write(lambda books: declare(books, "people", command.what, books.at))
        await self._affected.find(incident.number)
        return json_answer((await self.shown("WHERE i.number = ?", incident.number))[0], 201)

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /incidents/{incident}"""
        name = request.match_info["incident"]
        number = int(name[1:]) if name[:1] == "i" and name[1:].isdecimal() and len(name) < 10 else 0
        if not await self._site.books.read("SELECT 1 FROM incidents WHERE number = ?", number):
            raise Refused(Refusal("no_such_incident", "no incident has this name", "incident"))
        await self.end(number)
        return json_answer((await self.shown("WHERE i.number = ?", number))[0])


def declare(books: Books, by: str, what: str, since: float) -> Incident:
    """The incident that is open, or a new one, which began when the one before it was over at the earliest: no time is given twice."""
    row = books.row(f"{_ALL} WHERE over IS NULL ORDER BY number LIMIT 1")
    if row is not None:
        return Incident(*row)
    last, over = books.row("SELECT coalesce(max(number), 0), coalesce(max(over), 0) FROM incidents") or (0, 0.0)
    incident = Incident(last + 1, by, what, max(since, over), books.at, None, None, None)
    books.run("INSERT INTO incidents VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL)", *msgspec.structs.astuple(incident)[:5])
    books.note(Event("incident_declared", f"i{incident.number}", detail={"by": by, "what": what, "since": incident.since}))
    return incident


def _next(at: float, clock: float) -> float:
    """The next moment after this one at which clocks show so many seconds of the day."""
    today = midnight(at) + clock
    return today if today > at else today + _DAY


_decode = msgspec.json.Decoder(Declare).decode
_NAME: Final = (parameter("incident", "path", TEXT),)
CONTRACT: Final = {
    "/incidents": {
        "get": operation("The incidents, the latest first, and whether the alarm rings", ref("IncidentsShown")),
        "post": operation(
            "Declare an incident; the one that is open where there is one", ref("IncidentShown"), 201, (*BODY, "not_stored"),
            body=ref("Declare"),
        ),
    },
    "/incidents/{incident}": {
        "delete": operation("Say that an incident is over", ref("IncidentShown"), 200, ("no_such_incident", "not_stored"), _NAME)
    },
}  # fmt: skip


def room(site: Site, alarm: Alarm, affected: Affected) -> Room:
    """Incidents, and what is done for those affected."""
    desk = Desk(site, alarm, affected)
    return Room(
        schema=(_TABLE, *SCHEMA),
        routes=(
            web.get("/incidents", desk.show),
            web.post("/incidents", desk.post),
            web.delete("/incidents/{incident}", desk.delete),
        ),
        duties=(Duty("incidents", desk.look),),
        ledgers={"incidents": Ledger(_COLUMNS, f"{_ALL} WHERE number > ? ORDER BY number LIMIT ?"), "affected": LEDGER},
        contract=CONTRACT,
        types=(Declare, IncidentShown, IncidentsShown),
        gauges={"fake_backend_alarm": lambda: float(alarm.rings())},
    )
