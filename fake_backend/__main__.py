"""`python -m fake_backend`: starts the server, says where it listens, and drains when told to end."""

import argparse
import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import sys
import tempfile
from pathlib import Path

import msgspec
import uvloop
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from msgspec.structs import replace

from fake_backend.app import MOST_WAITING, compose
from fake_backend.database import DatabaseError
from fake_backend.database.sqlite import Sqlite
from fake_backend.settings import Links, Settings
from fake_backend.settings import read as read_settings

_BACKLOG = 4096
_DRAIN = 10.0
LINKS = {
    "own": "where the gateway's notices reach this backend (default: where it listens)",
    "gateway": "the payment gateway; without one, orders cannot be paid",
    "notary": "the notary that draws are committed to; without one, nothing is drawn",
    "beacon": "the public source of randomness that draws take their seed from",
    "providers": "the SMS and in-app providers, the verification of real names and the carriers",
}


class Options(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    host: str
    port: int
    database: Path | None
    speed: float
    most_waiting: int
    settings: Settings
    links: Links


def options(arguments: list[str]) -> Options:
    """The command line, read; argparse ends with 2 and one line where it makes no sense."""
    parser = argparse.ArgumentParser(
        "python -m fake_backend",
        description="The reference reservation backend.",
        epilog="example: python -m fake_backend --port 8080 --speed 60",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 lets the system choose (default %(default)s)")
    parser.add_argument("--database", type=Path, help="file of the ledger (default: a temporary one, gone at the end)")
    parser.add_argument("--speed", type=float, default=1.0, help="speed of a clock that nobody has set (default %(default)s)")
    parser.add_argument(
        "--most-waiting", type=int, default=MOST_WAITING, help="reservations that may wait for a commit (default %(default)s)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help=f"a setting of the day, again for each: {', '.join(Settings.__struct_fields__)}",
    )  # fmt: skip
    for name, about in LINKS.items():
        parser.add_argument(f"--{name}", default="", metavar="URL", help=about)
    read = parser.parse_args(arguments)
    if not 0 <= read.port <= 65535:
        parser.error(f"--port: expected 0 to 65535, found {read.port}")
    if not 0 < read.speed <= 1e6:
        parser.error(f"--speed: expected more than 0 and at most 1000000, found {read.speed}")
    if read.most_waiting < 1:
        parser.error(f"--most-waiting: expected at least 1, found {read.most_waiting}")
    try:
        settings = read_settings(read.settings)
    except ValueError as problem:
        parser.error(f"--set: {problem}")
    links = Links(**{name: getattr(read, name).rstrip("/") for name in LINKS}, secret=os.environ.get("FAKE_BACKEND_SECRET", "reference"))
    return Options(read.host, read.port, read.database, read.speed, read.most_waiting, settings, links)


async def serve(listening: socket.socket, database: Sqlite, chosen: Options) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is under way and return."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    links = replace(chosen.links, own=chosen.links.own or url)
    backend = await compose(database, chosen.speed, chosen.most_waiting, settings=chosen.settings, links=links)
    database.sync_delay = backend.switches.sync_delay
    runner = web.AppRunner(backend.web, access_log=None, shutdown_timeout=_DRAIN)
    await runner.setup()
    site = web.SockSite(runner, listening, backlog=_BACKLOG)
    await site.start()
    _settled()
    print(f"listening on {url}", flush=True)
    await stop.wait()
    await runner.cleanup()
    await backend.ledger.commits.drained()


def bound(host: str, port: int) -> socket.socket:
    """A socket on the address, or OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after a drain, 2 if nothing could be started."""
    chosen = options(sys.argv[1:] if arguments is None else arguments)
    _many_files()
    _quiet_about_nonsense()
    try:
        listening = bound(chosen.host, chosen.port)
    except OSError as problem:
        return _refused(f"cannot listen on {chosen.host}:{chosen.port}: {problem.strerror}")
    with tempfile.TemporaryDirectory(prefix="fake_backend-") as folder, listening:
        try:
            database = Sqlite(chosen.database or Path(folder) / "ledger.db")
        except DatabaseError as problem:
            return _refused(str(problem))
        try:
            uvloop.run(serve(listening, database, chosen))
        finally:
            database.close()
    return 0


def _refused(sentence: str) -> int:
    print(f"fake_backend: {sentence}", file=sys.stderr)
    return 2


def _quiet_about_nonsense() -> None:
    """What a client garbles is answered with 400 and is no event of ours; a bug still leaves its trace on stderr."""
    logging.getLogger("aiohttp.server").addFilter(
        lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
    )


def _many_files() -> None:
    """As many connections as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _settled() -> None:
    """What was loaded stays; the collector need not walk it again and again, nor every few hundred objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


if __name__ == "__main__":
    sys.exit(main())
