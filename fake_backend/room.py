"""What a room gives to whoever composes the backend, and what it is given."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import aiohttp
import msgspec
from aiohttp import web

from fake_backend.books import Bookkeeper
from fake_backend.cache import Cache
from fake_backend.clock import Clock
from fake_backend.duties import Duty
from fake_backend.facts import Refusal, Reservation
from fake_backend.outbox import Courier, Receiver
from fake_backend.remembered import Remembered
from fake_backend.settings import Links, Settings


async def _nothing() -> int:
    return 0


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One domain noun of the backend: its tables, its paths, what it does by itself."""

    schema: tuple[str, ...] = ()
    """CREATE … IF NOT EXISTS, in SQL that both databases speak"""
    routes: tuple[web.RouteDef, ...] = ()
    duties: tuple[Duty, ...] = ()
    ready: Callable[[], Awaitable[object]] = _nothing
    """what is to be done before a process serves anybody; it may have been done before, or by another one"""
    couriers: Mapping[str, Courier] = {}
    receivers: Mapping[str, Receiver] = {}
    ledgers: Mapping[str, "Ledger"] = {}
    """what it exports for the audit, by the name under `/ledger/`"""
    under_way: Callable[[], Awaitable[int]] = _nothing
    """how many things it has begun and not yet settled, other than letters"""
    gauges: Mapping[str, Callable[[], float]] = {}
    """what it has to show in the metrics"""
    before_gauges: Callable[[], Awaitable[object]] = _nothing
    """called before they are read"""
    contract: Mapping[str, Any] = {}
    """its paths in the OpenAPI document"""
    types: tuple[type[msgspec.Struct], ...] = ()
    """whose schemas the contract refers to"""


class Ledger(msgspec.Struct, frozen=True):
    """A table for the audit, exported page by page."""

    columns: tuple[str, ...]
    """the first one is a number that grows"""
    query: str
    """rows of these columns, `… WHERE first > ? ORDER BY first LIMIT ?`"""


Guard = Callable[[web.Request, str], Refusal | None]
"""why the request may not speak for the person; None where it may"""


def nobody_stopped(request: web.Request, person: str) -> Refusal | None:
    """The guard of a backend that asks for no tokens."""
    return None


class Entries(Protocol):
    """The reservations, for rooms that have to do with them once they were made."""

    async def settled(self, before: float) -> None:
        """Returns when everything that was accepted before the moment is durable, in every process: a round that closes then, or
        earlier, gets no more entries.  Waits for the moment where the clock does not show it yet."""

    async def pages(self, round_: str, after: int, limit: int) -> list[Reservation]:
        """The round's next entries, in the order of their sequence; fewer than `limit` only where they end."""

    async def of_person(self, person: str, rounds: Sequence[str]) -> list[Reservation]:
        """What the person has in these rounds; cheap."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What every room is given."""

    books: Bookkeeper
    clock: Clock
    settings: Settings
    links: Links
    entries: Entries
    cache: Cache
    http: Callable[[], aiohttp.ClientSession]
    """for calls to other processes; one for all rooms, closed with the application"""
    guard: Guard = nobody_stopped
    remembered: Remembered | None = None
    """what never changes and is asked for often; none where a look into the database costs no more"""
