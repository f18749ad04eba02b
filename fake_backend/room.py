"""What a room gives to whoever composes the backend, and what it is given."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from fake_backend.books import Bookkeeper
from fake_backend.clock import Clock
from fake_backend.duties import Duty
from fake_backend.facts import Refusal
from fake_backend.outbox import Courier, Receiver
from fake_backend.settings import Links, Settings


async def _nothing() -> int:
    return 0


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One domain noun of the backend: its tables, its paths, what it does by itself."""

    schema: tuple[str, ...] = ()
    """CREATE … IF NOT EXISTS, in SQL that both databases speak"""
    routes: tuple[web.RouteDef, ...] = ()
    duties: tuple[Duty, ...] = ()
    couriers: Mapping[str, Courier] = {}
    receivers: Mapping[str, Receiver] = {}
    ledgers: Mapping[str, "Ledger"] = {}
    """what it exports for the audit, by the name under `/ledger/`"""
    under_way: Callable[[], Awaitable[int]] = _nothing
    """how many things it has begun and not yet settled, other than letters"""
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


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What every room is given."""

    books: Bookkeeper
    clock: Clock
    settings: Settings
    links: Links
    http: Callable[[], aiohttp.ClientSession]
    """for calls to other processes; one for all rooms, closed with the application"""
    guard: Guard = nobody_stopped
