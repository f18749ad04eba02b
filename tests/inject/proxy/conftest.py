"""Proxies in front of a server that gives back what it gets, in this process; and one as a process of its own."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import uvloop

from rushproof.inject.proxy.proxies import Proxies
from rushproof.inject.proxy.proxy import Proxy

WITHIN = 60.0


class Echo:
    """Gives back what it gets; keeps every piece, and how each of its connections ended."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.ends: list[str] = []
        self.upstream = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                self.got.append(piece)
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
            self.ends.append("eof")
        except OSError as problem:
            self.ends.append(type(problem).__name__)
        finally:
            writer.close()


class Visitor:
    """Somebody who came to the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def says(self, words: bytes) -> bytes:
        """What comes back of them; less where the connection ends before."""
        self.writer.write(words)
        return await self.hears(len(words))

    async def hears(self, length: int) -> bytes:
        try:
            return await asyncio.wait_for(self.reader.readexactly(length), WITHIN)
        except asyncio.IncompleteReadError as less:
            return less.partial


Does = Callable[[Proxy, Echo, Callable[[], Awaitable[Visitor]]], Awaitable[None]]


@pytest.fixture(params=["uvloop", "asyncio"])
def played(request: Any) -> Callable[[Does], None]:
    """Runs `does(proxy, echo, comes)` on both loops: `comes()` is a new visitor of the proxy."""

    async def whole(does: Does) -> None:
        async with proxied() as (proxy, echo):

            async def comes() -> Visitor:
                visitor = Visitor(*await asyncio.open_connection(*proxy.listen.where))
                ending.callback(visitor.writer.close)
                return visitor

            with contextlib.ExitStack() as ending:
                await asyncio.wait_for(does(proxy, echo, comes), WITHIN)

    return lambda does: (uvloop.run if request.param == "uvloop" else asyncio.run)(whole(does))


@contextlib.asynccontextmanager
async def proxied() -> AsyncIterator[tuple[Proxy, Echo]]:
    echo = Echo()
    server = await asyncio.start_server(echo.answer, "127.0.0.1", 0)
    echo.upstream = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    proxies = Proxies(random=Random(7))
    try:
        yield await proxies.make({"name": "echo", "upstream": echo.upstream}), echo
    finally:
        await proxies.close()
        server.close()


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a proxy's API, in a process of its own."""
    log: Path = tmp_path_factory.mktemp("proxy") / "out"
    with log.open("wb") as output:
        words = [sys.executable, "-m", "rushproof.inject.proxy", "--port", "0", "--seed", "1"]
        process = subprocess.Popen(words, stdout=output, start_new_session=True)
    ends = time.monotonic() + WITHIN
    while not log.read_text().endswith("\n"):
        assert time.monotonic() < ends and process.poll() is None, log.read_text()
        time.sleep(0.02)
    yield log.read_text().split()[-1]
    process.terminate()
    assert process.wait(WITHIN) == 0
