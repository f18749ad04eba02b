"""`python -m fake_backend.providers`: starts the providers, says where they listen, and ends when told to."""

import argparse
import asyncio
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from aiohttp import web

from fake_backend.database import DatabaseError
from fake_backend.database.sqlite import Sqlite
from fake_backend.providers.app import compose
from fake_backend.providers.behaviour import Behaviour
from fake_backend.providers.behaviour import read as read_behaviour

_BACKLOG: Final = 1024


class Options(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    host: str
    port: int
    database: Path | None
    speed: float
    behaviour: Behaviour


def options(arguments: list[str]) -> Options:
    """The command line, read; argparse ends with 2 and one line where it makes no sense."""
    parser = argparse.ArgumentParser(
        "python -m fake_backend.providers",
        description="Fake SMS and in-app providers, verification of real names, and carriers.",
        epilog="example: python -m fake_backend.providers --port 8081 --set notice_loss=0.01 --set notice_delay=5",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8081, help="port to listen on; 0 lets the system choose (default %(default)s)")
    parser.add_argument("--database", type=Path, help="file of what was sent (default: a temporary one, gone at the end)")
    parser.add_argument("--speed", type=float, default=1.0, help="speed of a clock that nobody has set (default %(default)s)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="behaviour",
        help=f"how they behave, again for each: {', '.join(Behaviour.__struct_fields__)}",
    )  # fmt: skip
    read = parser.parse_args(arguments)
    if not 0 <= read.port <= 65535:
        parser.error(f"--port: expected 0 to 65535, found {read.port}")
    if not 0 < read.speed <= 1e6:
        parser.error(f"--speed: expected more than 0 and at most 1000000, found {read.speed}")
    try:
        behaviour = read_behaviour(read.behaviour)
    except ValueError as problem:
        parser.error(f"--set: {problem}")
    return Options(read.host, read.port, read.database, read.speed, behaviour)


async def serve(listening: socket.socket, database: Sqlite, chosen: Options) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    secret = os.environ.get("FAKE_BACKEND_SECRET", "reference")
    providers = await compose(database, chosen.speed, usual=chosen.behaviour, secret=secret)
    runner = web.AppRunner(providers.web, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    await web.SockSite(runner, listening, backlog=_BACKLOG).start()
    host, port = listening.getsockname()[:2]
    print(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after it was told to end, 2 if nothing could be started."""
    chosen = options(sys.argv[1:] if arguments is None else arguments)
    family, kind, protocol, _, address = socket.getaddrinfo(chosen.host, chosen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with tempfile.TemporaryDirectory(prefix="providers-") as folder, socket.socket(family, kind, protocol) as listening:
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            database = Sqlite(chosen.database or Path(folder) / "providers.db")
        except OSError as problem:
            return _refused(f"cannot listen on {chosen.host}:{chosen.port}: {problem.strerror}")
        except DatabaseError as problem:
            return _refused(str(problem))
        try:
            uvloop.run(serve(listening, database, chosen))
        finally:
            database.close()
    return 0


def _refused(sentence: str) -> int:
    print(f"providers: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
