"""A process of one small application with a clock of its own: where it listens, how its clock is kept, and how it ends."""

import argparse
import asyncio
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import time
from typing import Final

import msgspec
import uvloop
from aiohttp import web

from fake_backend import clock, paths
from fake_backend.answers import Handler, json_answer
from fake_backend.clock import Clock, ClockShown
from fake_backend.command_line import ask_address
from fake_backend.contract import Json, operation, ref
from fake_backend.facts import ClockSetting
from fake_backend.listening import bound, serve
from fake_backend.metrics import refusal_of
from fake_backend.problems import Problem, answer

_DRAIN: Final = 5.0


class Well(msgspec.Struct, frozen=True):
    """What GET /health answers."""

    status: str
    clock: ClockShown


def keeper(file: Path) -> Callable[[ClockSetting], Awaitable[None]]:
    """Makes a setting of the clock durable in the file."""

    def keep(setting: ClockSetting) -> None:
        aside = file.with_name(file.name + ".new")
        with aside.open("wb") as written:
            written.write(msgspec.json.encode(setting))
            written.flush()
            os.fsync(written.fileno())
        aside.replace(file)

    async def kept(setting: ClockSetting) -> None:
        await asyncio.to_thread(keep, setting)

    return kept


def clock_in(file: Path, speed: float, wall: Callable[[], float] = time) -> Clock:
    """The clock as it was last set; `speed` is that of one that nobody has set."""
    setting = msgspec.json.decode(file.read_bytes(), type=ClockSetting) if file.exists() else clock.unset(speed, wall())
    return Clock(setting, wall)


def secret_beside(file: Path) -> bytes:
    """32 bytes that nobody else knows, in a file beside; made when first asked for."""
    kept = file.with_name(file.name + ".key")
    if not kept.exists():
        made = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(made, secrets.token_bytes(32))
        os.fsync(made)
        os.close(made)
    return kept.read_bytes()


def application(
    title: str, time_: Clock, file: Path, own: Sequence[web.RouteDef], described: Json, types: Sequence[type]
) -> web.Application:
    """Its own paths, and those that every such process has."""
    contract = _document(title, described, types)

    async def health(request: web.Request) -> web.Response:
        return json_answer(Well("ok", time_.shown()))

    async def openapi(request: web.Request) -> web.Response:
        return json_answer(contract)

    table = [*clock.routes(time_, keeper(file)), web.get("/health", health), web.get("/openapi.json", openapi), *own]
    made = web.Application(client_max_size=1 << 20)
    for route in table:
        made.router.add_route(route.method, route.path, _answered(route.handler), expect_handler=paths.expected)
    made.router.add_route("*", "/{path:.*}", _answered(paths.unknown(table)), expect_handler=paths.expected)
    return made


def _answered(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as problem:
            return answer(refusal_of(problem))

    return guarded


def _document(title: str, described: Json, types: Sequence[type]) -> Json:
    always = {
        "/clock": {
            "get": operation("The clock", ref("ClockShown")),
            "put": operation("Set the clock; durable", ref("ClockShown"), codes=("malformed_json", "bad_field"), body=ref("SetClock")),
        },
        "/health": {"get": operation("Whether it is well", ref("Well"))},
        "/openapi.json": {"get": operation("This document", {"type": "object"})},
    }
    every = [ClockShown, clock.SetClock, Well, Problem, *types]
    _, schemas = msgspec.json.schema_components(every, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0", "info": {"title": title, "version": "1"}, "paths": {**always, **described}, "components": {"schemas": schemas},
    }  # fmt: skip


def parser(name: str, about: str, port: int, file: str) -> argparse.ArgumentParser:
    """The arguments that every such process takes; `file` says what is kept in its file."""
    made = argparse.ArgumentParser(f"python -m fake_backend.{name}", description=about)
    ask_address(made, port)
    made.add_argument("--database", type=Path, help=f"{file} (default: a temporary one, gone at the end)")
    return made


def run(name: str, read: argparse.Namespace, compose: Callable[[Path], Awaitable[web.Application]]) -> int:
    """Serve until SIGTERM or SIGINT; the exit code: 0 after that, 2 if nothing could be started."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        file = read.database or Path(folder) / name
        try:
            with bound(read.host, read.port) as listening:
                uvloop.run(_serve(listening, compose(file)))
        except (OSError, OverflowError, ValueError) as problem:
            print(f"{name}: cannot start: {problem}", file=sys.stderr)
            return 2
    return 0


async def _serve(listening: socket.socket, composed: Awaitable[web.Application]) -> None:
    await serve(await composed, listening, _DRAIN)
