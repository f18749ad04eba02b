"""The ledger as CSV, page by page, for whoever audits it."""

import asyncio
import csv
import io
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from fake_backend.answers import Handler, whole_number
from fake_backend.books import Bookkeeper
from fake_backend.room import Ledger, Room

LARGEST_PAGE: Final = 200_000
"""Rows; a larger `limit` is refused."""

_AT_ONCE: Final = 500
"""rows that are written without looking up"""
_HEADERS: Final = {"Content-Type": "text/csv; charset=utf-8"}
_LAST: Final = 2**63 - 1
Lines = Callable[[int, int], str]


def of_rooms(books: Bookkeeper, rooms: Sequence[Room]) -> list[web.RouteDef]:
    """The ledgers of the rooms, page by page as the others."""

    def exported(ledger: Ledger) -> Handler:
        async def show(request: web.Request) -> web.StreamResponse:
            after = whole_number(request, "after", 0, 0, _LAST)
            limit = whole_number(request, "limit", 100_000, 1, LARGEST_PAGE)
            text = io.StringIO()
            written = csv.writer(text, lineterminator="\n")
            written.writerow(ledger.columns)
            rows = await books.read(ledger.query, after, limit)
            for start in range(0, len(rows), _AT_ONCE):
                written.writerows(rows[start : start + _AT_ONCE])
                await asyncio.sleep(0)  # others' requests come in between
            return web.Response(body=text.getvalue().encode(), headers=_HEADERS)

        return show

    return [web.get(f"/ledger/{name}.csv", exported(ledger)) for room in rooms for name, ledger in room.ledgers.items()]


def routes(reservations: Lines, rounds: Lines) -> list[web.RouteDef]:
    """Both ledgers; each is given the way to read lines after a sequence, at most so many.  The reading happens in a thread."""

    async def page(request: web.Request, header: str, lines: Lines) -> web.Response:
        after = whole_number(request, "after", 0, 0, _LAST)
        limit = whole_number(request, "limit", 100_000, 1, LARGEST_PAGE)
        text = await asyncio.to_thread(lines, after, limit)
        return web.Response(body=f"{header}\n{text}".encode(), headers=_HEADERS)

    async def of_reservations(request: web.Request) -> web.Response:
        return await page(request, "sequence,person,round,shop,key,at", reservations)

    async def of_rounds(request: web.Request) -> web.Response:
        return await page(request, "sequence,round,open,close", rounds)

    return [web.get("/ledger/reservations.csv", of_reservations), web.get("/ledger/rounds.csv", of_rounds)]
