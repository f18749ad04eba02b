"""`python -m fake_backend.providers`: starts the providers, says where they listen, and ends when told to."""

import argparse
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from fake_backend.command_line import ask_address
from fake_backend.database import DatabaseError
from fake_backend.database.sqlite import Sqlite
from fake_backend.listening import bound, serve
from fake_backend.providers.app import compose
from fake_backend.providers.behaviour import Behaviour
from fake_backend.providers.behaviour import read as read_behaviour

_DRAIN: Final = 5.0


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
    ask_address(parser, 8081)
    parser.add_argument("--database", type=Path, help="file of what was sent (default: a temporary one, gone at the end)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="behaviour",
        help=f"how they behave, again for each: {', '.join(Behaviour.__struct_fields__)}",
    )  # fmt: skip
    read = parser.parse_args(arguments)
    try:
        behaviour = read_behaviour(read.behaviour)
    except ValueError as problem:
        parser.error(f"--set: {problem}")
    return Options(read.host, read.port, read.database, read.speed, behaviour)


async def open_for_business(listening: socket.socket, database: Sqlite, chosen: Options) -> None:
    """Serve until SIGTERM or SIGINT."""
    secret = os.environ.get("FAKE_BACKEND_SECRET", "reference")
    providers = await compose(database, chosen.speed, usual=chosen.behaviour, secret=secret)
    await serve(providers.web, listening, _DRAIN)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after it was told to end, 2 if nothing could be started."""
    chosen = options(sys.argv[1:] if arguments is None else arguments)
    try:
        listening = bound(chosen.host, chosen.port)
    except OSError as problem:
        return _refused(f"cannot listen on {chosen.host}:{chosen.port}: {problem.strerror}")
    with tempfile.TemporaryDirectory(prefix="providers-") as folder, listening:
        try:
            database = Sqlite(chosen.database or Path(folder) / "providers.db")
        except DatabaseError as problem:
            return _refused(str(problem))
        try:
            uvloop.run(open_for_business(listening, database, chosen))
        finally:
            database.close()
    return 0


def _refused(sentence: str) -> int:
    print(f"providers: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
