"""A place to break things in: a switchboard that serves, a guard of its own, and a harness that can be killed."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from rushproof.drill import AnyFault
from rushproof.inject import injector
from rushproof.inject.guarding import guarding
from rushproof.inject.place import Place
from rushproof.quantity import decode

HERE = Path(__file__).parent
WITHIN = 60.0


def fault(kind: str, **words: Any) -> Any:
    """A fault as a scenario writes it."""
    return msgspec.convert({"inject": kind, "at": "09:00", "for": "9s", **words}, AnyFault, strict=False, dec_hook=decode)


class Switchboard:
    """Switches over HTTP, `/faults/NAME`, listed at `/faults`; `trouble` says what the next requests get instead of an answer."""

    def __init__(self) -> None:
        self.on: dict[str, tuple[dict[str, Any], float]] = {}
        self.asked: list[str] = []
        self.keys: set[str] = set()
        self.trouble: list[int] = []
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._troubled])
        app.add_routes([web.get("/faults", self._show), web.put("/faults/known", self._put), web.delete("/faults/known", self._drop)])
        app.add_routes([web.get("/health", self._health)])
        return app

    def active(self, name: str = "known") -> bool:
        return name in self.on and time.monotonic() < self.on[name][1]

    @web.middleware
    async def _troubled(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        self.keys.add(request.headers.get("Authorization", ""))
        if self.trouble and request.method in ("PUT", "DELETE"):
            if (status := self.trouble.pop(0)) == 0:  # it never comes through
                assert request.transport is not None
                request.transport.abort()
            if status != 200:
                return web.Response(status=status or 500, text="not now")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _put(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.on["known"] = body, time.monotonic() + body.get("ttl", 3600)
        return web.json_response({"name": "known", "active": True})

    async def _drop(self, request: web.Request) -> web.Response:
        self.on.pop("known", None)
        return web.json_response({"name": "known", "active": False})

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [{"name": "other", "active": True}, {"name": "known", "active": self.active()}]})

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(text="well")


Does = Callable[[Callable[..., Any], Switchboard], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    """Runs `does(made, board)`; `made(kind, patience=…, **words)` gives an injector of this place."""

    def played(does: Does, patience: float = 5.0, **about: Any) -> None:
        async def whole() -> None:
            board = Switchboard()
            runner = web.AppRunner(board.app())
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            board.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                async with guarding(tmp_path) as guard, aiohttp.ClientSession() as http:
                    common = {"name": "target", "url": board.url, "http": http, "guard": guard, "beside": tmp_path, "folder": tmp_path}
                    place = Place(**{**common, **about})

                    def made(kind: str, **words: Any) -> Any:
                        found = injector(fault(kind, **words), place)
                        found._patience = patience
                        return found

                    await does(made, board)
            finally:
                await runner.cleanup()

        asyncio.run(asyncio.wait_for(whole(), 110.0))

    return played


class Harness:
    """A process that breaks one thing and then waits; its standard error is kept."""

    def __init__(self, folder: Path, url: str, lives: float, broken: dict[str, Any], **about: Any) -> None:
        self._errors = folder / "errors"
        told = {"folder": str(folder), "url": url, "lives": lives, "fault": broken, **about}
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, HERE / "harness_script.py", json.dumps(told)],
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )  # a group of its own, as at a terminal, so that a signal can be sent to all of it
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().strip()

    def send(self, what: int) -> None:
        os.killpg(self.process.pid, what)

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Callable[..., Harness]]:
    """Starts one and returns when the fault is on; `early`: when it is being begun; `own`: a command that it runs itself, to be struck."""
    begun: list[Harness] = []

    def start(
        kind: str, url: str = "http://127.0.0.1:9", lives: float = 600.0, ready: str = "", early: bool = False, own: Any = (), **words: Any
    ) -> Harness:
        broken = {"inject": kind, "at": "09:00", "for": "9s", **words}
        begun.append(Harness(tmp_path, url, lives, broken, ready=ready, early=early, own=own))
        return begun[-1]

    yield start
    for one in begun:
        one.close()


@pytest.fixture
def served() -> Iterator[Switchboard]:
    """A switchboard in a thread of its own, for as long as the test."""
    import threading

    board, loop, up = Switchboard(), asyncio.new_event_loop(), threading.Event()
    runner = web.AppRunner(board.app())

    async def begin() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        board.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        up.set()

    thread = threading.Thread(target=lambda: (loop.run_until_complete(begin()), loop.run_forever()))
    thread.start()
    assert up.wait(WITHIN)
    yield board
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(WITHIN)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(WITHIN)
    loop.close()


def until(so: Callable[[], Any], what: str) -> Any:
    """What `so` gives as soon as it is true."""
    ends = time.monotonic() + WITHIN
    while not (found := so()):
        assert time.monotonic() < ends, f"never came about: {what}"
        time.sleep(0.02)
    return found


@pytest.fixture(name="until")
def _until() -> Callable[[Callable[[], Any], str], Any]:
    return until


@pytest.fixture(name="fault")
def _fault() -> Callable[..., Any]:
    return fault
