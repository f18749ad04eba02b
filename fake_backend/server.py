"""One process that serves: its start, its orderly end."""

import gc
import socket
from contextlib import AsyncExitStack
from typing import Final

import msgspec
from aiohttp import web
from msgspec.structs import replace

from fake_backend.app import compose
from fake_backend.cache import Cache
from fake_backend.crew import Crew
from fake_backend.database import Database
from fake_backend.listening import BACKLOG, told_to_end, url
from fake_backend.settings import Links, Settings

_DRAIN: Final = 10.0


class Wanted(msgspec.Struct, frozen=True):
    """How the server is to be, as the command line says."""

    speed: float
    most_waiting: int
    settings: Settings
    links: Links


class Place(msgspec.Struct, frozen=True):
    """A process's place among several."""

    link: int
    """the number of the socket to its parent"""
    number: int
    size: int
    run: str
    """the name of this run, the same in all of them"""

    @classmethod
    def read(cls, text: str) -> "Place":
        """As `processes.Parent` writes it."""
        link, number, size, run = text.split()
        return cls(int(link), int(number), int(size), run)


async def serve(listening: socket.socket, database: Database, cache: Cache, wanted: Wanted, place: Place | None = None) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent has gone, then answer what is under way and return."""
    stop = told_to_end()
    crew = Crew(place.size, stop.set) if place else None
    links = replace(wanted.links, own=wanted.links.own or url(listening))
    backend = await compose(
        database, wanted.speed, wanted.most_waiting, settings=wanted.settings, links=links, everyone=crew,
        place=place.number if place else 0, cache=cache,
    )  # fmt: skip
    database.sync_delay = backend.switches.sync_delay
    async with AsyncExitStack() as ended:
        runner = web.AppRunner(backend.web, access_log=None, shutdown_timeout=_DRAIN)
        await runner.setup()
        ended.push_async_callback(backend.ledger.commits.drained)
        ended.push_async_callback(runner.cleanup)
        if crew and place:
            await crew.join(socket.socket(fileno=place.link))
            await backend.together.catch_up()
        for room in backend.rooms:
            await room.ready()
        _settled()
        await web.SockSite(runner, listening, backlog=BACKLOG).start()
        if crew:
            crew.listens()
        else:
            print(f"listening on {url(listening)}", flush=True)
        await stop.wait()


def _settled() -> None:
    """What was loaded stays; the collector need not walk it again and again, nor every few hundred objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
