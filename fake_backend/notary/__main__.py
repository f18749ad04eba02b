"""`python -m fake_backend.notary`: starts the notary, says where it listens, and ends when told to."""

import sys
from pathlib import Path

from aiohttp import web

from fake_backend import lone
from fake_backend.notary.desk import compose


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after it was told to end, 2 if nothing could be started."""
    about = "A notary: says when it saw the commitment to a draw, and shows everything it ever saw."
    read = lone.parser("notary", about, 8082, "file of its statements, only ever added to; key and clock lie beside it").parse_args(
        arguments
    )

    async def composed(file: Path) -> web.Application:
        return compose(file, lone.clock_in(file.with_name(file.name + ".clock"), read.speed))

    return lone.run("notary", read, composed)


if __name__ == "__main__":
    sys.exit(main())
