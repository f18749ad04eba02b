"""An export comes page by page, from where it stood before the load."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from rushproof.errors import LoadError
from rushproof.ledgers import export

Rows = dict[str, list[str]]


@asynccontextmanager
async def serving(tables: Rows, header: str = "person,sequence", status: int = 200) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    async def answer(request: web.Request) -> web.Response:
        after, limit = int(request.query["after"]), int(request.query["limit"])
        rows = [row for row in tables[request.path] if row.split(",")[1] and int(row.split(",")[1]) > after][:limit]
        return web.Response(text="\n".join([header, *rows]) + "\n", status=status)

    application = web.Application()
    application.router.add_get("/{name}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with aiohttp.ClientSession() as http:
            yield http, f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def rows(first: int, last: int) -> list[str]:
    return [f"p{number},{number}" for number in range(first, last + 1)]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 10)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("count", [0, 1, 10, 25])
def test_all_pages_become_one_csv(count: int, tmp_path: Path) -> None:
    async def fetched() -> str:
        async with serving({"/l": rows(1, count)}) as (http, url):
            await export.fetch(http, f"{url}/l", 0, tmp_path / "l.csv")
        return (tmp_path / "l.csv").read_text()

    assert asyncio.run(fetched()).splitlines() == ["person,sequence", *rows(1, count)]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("count", [0, 10, 25])
def test_its_end_is_its_highest_sequence(count: int) -> None:
    async def reached() -> int:
        async with serving({"/l": rows(1, count)}) as (http, url):
            return await export.end(http, f"{url}/l")

    assert asyncio.run(reached()) == count


def test_its_columns_are_those_of_its_header() -> None:
    async def told() -> tuple[str, ...]:
        async with serving({"/l": rows(1, 3)}) as (http, url):
            return await export.columns(http, f"{url}/l")

    assert asyncio.run(told()) == ("person", "sequence")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tables": {"/l": []}, "status": 500}, "answered 500"),
        ({"tables": {"/l": []}, "header": "person,number"}, "has no column 'sequence' in its first line"),
    ],
)
def test_an_export_that_cannot_be_read_is_told(given: dict[str, object], words: str, tmp_path: Path) -> None:
    async def fetched() -> None:
        async with serving(**given) as (http, url):  # type: ignore[arg-type]
            await export.fetch(http, f"{url}/l", 0, tmp_path / "l.csv")

    with pytest.raises(LoadError, match=words):
        asyncio.run(fetched())


def test_a_target_that_is_gone_is_told(tmp_path: Path) -> None:
    async def fetched() -> None:
        async with aiohttp.ClientSession() as http:
            await export.fetch(http, "http://127.0.0.1:9/l", 0, tmp_path / "l.csv")

    with pytest.raises(LoadError, match="cannot be fetched"):
        asyncio.run(fetched())
