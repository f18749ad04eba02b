"""A backend that draws, with a notary and a beacon beside it, all under one clock moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from fake_backend.beacon import desk as beacon
from fake_backend.beacon.chain import Chains
from fake_backend.clock import Clock, unset
from fake_backend.notary import desk as notary
from fake_backend.settings import Links, Settings

HOUR = 3600.0
ROUND = "2022-04-01.r1"
FEW = Settings(bottles=12, shops=3, regions=1, passes=1)
CHAINS = Chains(b"chains of the tests", 300_000)


class Beside(beacon.Own):
    """The beacon's source, its chain made once for all tests."""

    def __init__(self) -> None:
        self._chains = CHAINS


class Day:
    """One day, walked through by hand."""

    def __init__(self, guest: Any, wall: Any, notary: TestServer, beacon: TestServer) -> None:
        self.guest, self.wall, self.notary, self.beacon = guest, wall, notary, beacon

    async def enter(self, people: int, round_: str = ROUND) -> None:
        """So many persons enter, in three shops by turns."""
        made = await asyncio.gather(*[self.guest.reserve(f"p{n:03}", f"{round_}-{n}", round_, f"s{n % 3 + 1:05}") for n in range(people)])
        assert {status for status, _, _ in made} <= {201}

    async def until(self, state: str, round_: str = ROUND) -> dict[str, Any]:
        """The draw, when it has come this far."""
        return await self.when(lambda: self.draw(round_), lambda shown: shown and shown["state"] == state)

    async def draw(self, round_: str = ROUND) -> dict[str, Any] | None:
        status, shown, _ = await self.guest("GET", f"/draws/{round_}")
        return shown if status == 200 else None

    async def when(self, look: Callable[[], Awaitable[Any]], wanted: Callable[[Any], Any]) -> Any:
        """What a look gives, when it is as wanted."""
        async with asyncio.timeout(60):
            while not wanted(found := await look()):
                await asyncio.sleep(0.01)
            return found

    async def published(self, people: int = 30) -> None:
        """Enter, close, commit, draw and publish."""
        await self.enter(people)
        self.wall.advance(HOUR)
        await self.until("committed")
        self.wall.advance(HOUR)
        await self.until("drawn")
        self.wall.advance(7 * HOUR)
        await self.until("published")

    async def events(self, kind: str) -> list[tuple[Any, ...]]:
        """What the daybook noted of a kind."""
        return await self.guest.backend.site.books.read(
            "SELECT subject, person, round, shop, amount, detail FROM daybook WHERE kind = ? ORDER BY sequence", kind
        )

    async def bundle(self, round_: str = ROUND) -> bytes:
        """The published bundle."""
        async with self.guest.session.get(f"/draws/{round_}/bundle") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()


@pytest.fixture
def notary_file(tmp_path: Path) -> Path:
    return tmp_path / "notary"


Days = Callable[..., AbstractAsyncContextManager[Day]]


@pytest.fixture
def days(serving: Any, wall: Any, notary_file: Path, tmp_path: Path) -> Days:
    """`async with days() as day`: the backend with its notary and its beacon."""

    @asynccontextmanager
    async def day(settings: Settings = FEW, **more: Any) -> AsyncIterator[Day]:
        clock = Clock(unset(1.0, 1_000_000.0), wall)
        async with (
            TestServer(notary.compose(notary_file, clock)) as seen,
            TestServer(beacon.compose(tmp_path / "beacon", clock, Beside())) as source,
        ):
            links = Links(notary=str(seen.make_url("")).rstrip("/"), beacon=str(source.make_url("")).rstrip("/"))
            async with serving(settings=settings, links=links, **more) as guest:
                yield Day(guest, wall, seen, source)

    return day
