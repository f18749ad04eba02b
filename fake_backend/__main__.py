"""`python -m fake_backend`: starts the server, says where it listens, and drains when told to end."""

import argparse
import logging
import os
import resource
import secrets
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import time
from types import FrameType

import msgspec
import uvloop
from aiohttp.http_exceptions import HttpProcessingError

from fake_backend.app import MOST_WAITING
from fake_backend.clock import unset
from fake_backend.command_line import ask_address
from fake_backend.crew import ENVIRONMENT
from fake_backend.database import DatabaseError
from fake_backend.listening import bound, url
from fake_backend.opening import EMBEDDED_POSTGRES, EMBEDDED_VALKEY, begun, cache_of, first_clock, opened, shared
from fake_backend.processes import Parent
from fake_backend.server import Place, Wanted, serve
from fake_backend.settings import Links, Settings
from fake_backend.settings import read as read_settings

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
    database: str
    cache: str
    processes: int
    wanted: Wanted


def options(arguments: list[str]) -> Options:
    """The command line, read; argparse ends with 2 and one line where it makes no sense."""
    parser = argparse.ArgumentParser(
        "python -m fake_backend",
        description="The reference reservation backend.",
        epilog="example: python -m fake_backend --port 8080 --speed 60",
    )
    ask_address(parser, 8080)
    parser.add_argument(
        "--database", default="", metavar="FILE|URL",
        help="file of SQLite; postgres://… of a PostgreSQL; or embedded-postgres, one that starts and ends with the server, its rows in a "
        "temporary folder, or in FOLDER if it is embedded-postgres:FOLDER (default: a temporary file, gone at the end)",
    )  # fmt: skip
    parser.add_argument(
        "--cache", default="", metavar="URL", help="valkey://… of a Valkey, or embedded-valkey (default: none; several processes need one)"
    )
    parser.add_argument("--processes", type=int, default=1, help="how many serve, on one port; more than one need PostgreSQL")
    parser.add_argument(
        "--most-waiting", type=int, default=MOST_WAITING, help="reservations that may wait for a commit (default %(default)s)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help=f"a setting of the day, again for each: {', '.join(Settings.__struct_fields__)}",
    )  # fmt: skip
    for name, about in LINKS.items():
        parser.add_argument(f"--{name}", default="", type=_url, metavar="URL", help=about)
    read = parser.parse_args(arguments)
    if read.most_waiting < 1:
        parser.error(f"--most-waiting: expected at least 1, found {read.most_waiting}")
    if not 1 <= read.processes <= 64:
        parser.error(f"--processes: expected 1 to 64, found {read.processes}")
    if read.processes > 1 and not shared(read.database):
        parser.error("--processes: several need --database postgres://… or embedded-postgres, as a file has one writer")
    if read.processes > 1 and not read.cache:
        parser.error("--processes: several need --cache valkey://… or embedded-valkey")
    try:
        settings = read_settings(read.settings)
    except ValueError as problem:
        parser.error(f"--set: {problem}")
    links = Links(**{name: getattr(read, name) for name in LINKS}, secret=os.environ.get("FAKE_BACKEND_SECRET", "reference"))
    return Options(read.host, read.port, read.database, read.cache, read.processes, Wanted(read.speed, read.most_waiting, settings, links))


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"expected a URL such as http://127.0.0.1:8090, found {text!r}")
    return text.rstrip("/")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after a drain, 2 if nothing could be started."""
    given = sys.argv[1:] if arguments is None else arguments
    chosen = options(given)
    _many_files()
    _quiet_about_nonsense()
    place = Place.read(os.environ[ENVIRONMENT]) if ENVIRONMENT in os.environ else None
    try:
        listening = bound(chosen.host, chosen.port, together=place is not None)
    except OSError as problem:
        return _refused(f"cannot listen on {chosen.host}:{chosen.port}: {problem.strerror}")
    signal.signal(signal.SIGTERM, _ended)
    try:
        with listening, ExitStack() as ended:
            if place is None and chosen.processes > 1:
                return _several(listening, given, chosen, ended)
            return _one(listening, chosen, ended, place)
    except DatabaseError as problem:
        return _refused(str(problem))


def _one(listening: socket.socket, chosen: Options, ended: ExitStack, place: Place | None) -> int:
    """This process serves, alone or as one of several."""
    database, cache = begun(chosen.database, chosen.cache, _scratch(chosen, ended), ended)
    kept = opened(database)
    try:
        uvloop.run(serve(listening, kept, cache_of(cache, place.run if place else secrets.token_hex(8)), chosen.wanted, place))
    finally:
        kept.close()
    return 0


def _several(listening: socket.socket, given: list[str], chosen: Options, ended: ExitStack) -> int:
    """This process looks after those that serve."""
    database, cache = begun(chosen.database, chosen.cache, _scratch(chosen, ended), ended)
    cache_of(cache, "")
    first_clock(database, unset(chosen.wanted.speed, time()))
    where, (host, port) = url(listening), listening.getsockname()[:2]
    listening.close()  # it was free: from now on it is held without listening, so that whoever shares it gets every connection
    ended.enter_context(bound(host, port, together=True))
    command = [sys.executable, "-m", "fake_backend", *given, "--port", str(port), "--database", database, "--cache", cache]
    parent = Parent(command, chosen.processes, lambda: print(f"listening on {where}", flush=True))
    return uvloop.run(parent.run())


def _scratch(chosen: Options, ended: ExitStack) -> Path:
    """A folder for what is started by itself and for a ledger that nobody wants to keep, gone at the end."""
    if chosen.database and chosen.database != EMBEDDED_POSTGRES and chosen.cache != EMBEDDED_VALKEY:
        return Path()
    return Path(ended.enter_context(tempfile.TemporaryDirectory(prefix="fake_backend-", ignore_cleanup_errors=True)))


def _ended(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)  # before it serves: what was started is ended on the way out


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


if __name__ == "__main__":
    sys.exit(main())
