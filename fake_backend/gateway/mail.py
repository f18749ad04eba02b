"""The mail: sends the notices that are due, and sends them again as the schedule says.

due ──▶ sent ──▶ taken │ not taken ──▶ the schedule's next gap │ given up
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

import aiohttp
import msgspec
from aiohttp import web
from msgspec.structs import replace

from fake_backend.answers import json_answer
from fake_backend.books import Bookkeeper, Books
from fake_backend.gateway import notices
from fake_backend.gateway.active import Active, concerning
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.notices import FORGED, Content, Flavour, Notice
from fake_backend.gateway.payments import BY_NUMBER, Payment, of_row
from fake_backend.gateway.schedules import Schedule, gap, taken
from fake_backend.group_commit import NotStored

log = logging.getLogger(__name__)

_AT_ONCE: Final = 256
"""sendings under way at the same time"""
_LONGEST_ANSWER: Final = 4096
_UNREACHABLE: Final = "unreachable"


class Voice(Protocol):
    """How a notice is written and signed: a dialect's."""

    def tells(self, content: Content) -> bool:
        """Whether merchants are told of this at all."""

    def notice(self, content: Content, payment: Payment, flavour: Flavour, now: float) -> tuple[bytes, dict[str, str]]:
        """The body and the headers of one sending."""


class EndpointsShown(msgspec.Struct, frozen=True):
    """What /endpoints answers."""

    disabled: list[str]


class Mail:
    """Sends what is in the table of notices; belongs to the loop it was made in."""

    def __init__(
        self, books: Bookkeeper, now: Callable[[], float], active: Active, schedule: Schedule, voice: Voice,
        session: Callable[[], aiohttp.ClientSession],
    ) -> None:  # fmt: skip
        self._books, self._now, self._active, self._voice, self._session = books, now, active, voice, session
        self.schedule = schedule
        self.came_back: Callable[[], None] = lambda: None
        """told when a sending has been written down"""
        self._out: dict[int, asyncio.Task[None]] = {}

    async def send(self, now: float) -> float:
        """Begin to send what is due by `now`; the next moment at which something is."""
        enough = len(self._out) > _AT_ONCE // 2  # fetch many now and then, not a few each time that one came back
        for row in () if enough else await self._books.read(notices.DUE, now, _AT_ONCE):
            notice = notices.of_row(row)
            faults = self._concerning(notice)
            if notice.number in self._out or len(self._out) >= _AT_ONCE or any(fault.silent(notice) for fault in faults):
                continue
            self._out[notice.number] = asyncio.create_task(self._send(notice, faults))
        ((due,),) = await self._books.read(notices.NEXT, now)
        return float("inf") if due is None else due

    async def sent(self) -> None:
        """Returns when nothing is on its way any more."""
        while self._out:
            await asyncio.wait(list(self._out.values()))

    async def waiting(self) -> tuple[int, int]:
        """How many notices will be sent or sent again, and how many were given up."""
        waiting, given_up = [int((await self._books.read(query))[0][0]) for query in (notices.WAITING, notices.GIVEN_UP)]
        return waiting, given_up

    async def disabled(self) -> list[str]:
        """The endpoints that get no more notices."""
        return [row[0] for row in await self._books.read("SELECT url FROM endpoints WHERE disabled = 1 ORDER BY url")]

    def routes(self) -> list[web.RouteDef]:
        """GET /endpoints lists those that get no more notices, DELETE /endpoints lets them have notices again."""

        async def show(request: web.Request) -> web.Response:
            return json_answer(EndpointsShown(await self.disabled()))

        async def enable(request: web.Request) -> web.Response:
            await self._books.write(lambda books: books.run("DELETE FROM endpoints"))
            self.came_back()
            return json_answer(EndpointsShown(await self.disabled()))

        return [web.get("/endpoints", show), web.delete("/endpoints", enable)]

    def stop(self) -> None:
        """Leave what is on its way to itself; it is sent again after the next start."""
        for task in self._out.values():
            task.cancel()

    def _concerning(self, notice: Notice) -> list[Fault]:
        order = notices.content(notice).merchant_order
        return concerning(self._active.all(), self._active.chance, order, notice.bank, notice.channel)

    async def _send(self, notice: Notice, faults: list[Fault]) -> None:
        try:
            content, schedule = notices.content(notice), self.schedule
            for fault in faults:
                content, schedule = fault.said(content, notice.tries + 1), fault.ways(schedule)
            ((*row,),) = await self._books.read(BY_NUMBER, content.merchant_order)
            body, headers = self._voice.notice(content, of_row(tuple(row)), notice.flavour, self._now())
            in_vain = any(fault.in_vain(notice) for fault in faults)
            outcome = _UNREACHABLE if in_vain else await self._asked(notice.url, body, headers, schedule)
            await self._books.write(lambda books: _settled(books, notice, content, schedule, outcome, self._now()))
            if outcome == "taken" and notice.flavour == "true" and any(fault.echoes() for fault in faults):
                again, echo = await self._asked(notice.url, body, headers, schedule), replace(notice, flavour="replayed")
                await self._books.write(lambda books: notices.sent(books, echo, content, 1, again, self._now()))
        except NotStored:
            await asyncio.sleep(0.25)  # the ledger is away: it is still waiting, and sent again
        except Exception:
            log.exception("notice %d could not be sent", notice.number)
            await asyncio.sleep(0.25)
        finally:
            del self._out[notice.number]
            self.came_back()

    async def _asked(self, url: str, body: bytes, headers: dict[str, str], schedule: Schedule) -> str:
        """`taken`, or what was wrong with the answer."""
        patience = aiohttp.ClientTimeout(total=schedule.patience)
        try:
            async with self._session().post(url, data=body, headers=headers, timeout=patience, allow_redirects=False) as answer:
                text = await _beginning(answer.content)
                return "taken" if taken(schedule.rule, answer.status, text) else f"answered {answer.status}"
        except TimeoutError:
            return "too late"
        except (aiohttp.ClientError, OSError, ValueError):
            return _UNREACHABLE


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """As much of an answer as is looked at, in however many pieces it comes."""
    try:
        return await content.readexactly(_LONGEST_ANSWER)
    except asyncio.IncompleteReadError as end:
        return end.partial


def _settled(books: Books, notice: Notice, content: Content, schedule: Schedule, outcome: str, now: float) -> None:
    """Write what came of a sending, and when the next one is due."""
    tries = notice.tries + 1
    notices.sent(books, notice, content, tries, outcome, now)
    wait = None if outcome == "taken" or notice.flavour in FORGED else gap(schedule, tries)
    standing = "taken" if outcome == "taken" else "given_up" if wait is None else "waiting"
    queued = int(bool(schedule.queue) and standing == "waiting" and tries > len(schedule.gaps))
    after = replace(notice, standing=standing, due=now + (wait or 0.0), tries=tries, queued=queued)
    books.run(
        "UPDATE notices SET standing = ?, due = ?, tries = ?, queued = ? WHERE number = ?",
        after.standing, after.due, after.tries, after.queued, after.number,
    )  # fmt: skip
    if outcome == "taken" and notice.queued:
        books.run("UPDATE notices SET due = ? WHERE url = ? AND standing = 'waiting' AND due > ?", now, notice.url, now)
    if notice.flavour not in FORGED and standing != "waiting":
        _counted(books, notice.url, standing == "taken", schedule.disabled_after)


def _counted(books: Books, url: str, was_taken: bool, disabled_after: int) -> None:
    """How many notices in a row an endpoint let go by; too many, and it gets no more."""
    in_vain = 0 if was_taken else 1 + next((row[0] for row in books.rows("SELECT in_vain FROM endpoints WHERE url = ?", url)), 0)
    disabled = int(0 < disabled_after <= in_vain)
    books.run(
        "INSERT INTO endpoints VALUES (?, ?, ?) ON CONFLICT (url) DO UPDATE SET in_vain = excluded.in_vain, disabled = excluded.disabled",
        url, in_vain, disabled,
    )  # fmt: skip
