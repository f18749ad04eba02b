"""`python -m fake_backend.beacon`: starts the beacon, says where it listens, and ends when told to."""

import sys
from pathlib import Path

from aiohttp import web

from fake_backend import lone
from fake_backend.beacon.desk import Own, Recorded, Source, compose


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after it was told to end, 2 if nothing could be started."""
    about = "A beacon: public randomness every three seconds of its clock, in the shape of drand's."
    parser = lone.parser("beacon", about, 8083, "file beside which its clock and its secret are kept")
    parser.add_argument("--secret", default="", help="what its chains are made from (default: 32 bytes kept beside its clock)")
    parser.add_argument("--recorded", type=Path, metavar="FILE", help="tell the rounds of this file instead, each at its time")
    read = parser.parse_args(arguments)

    async def composed(file: Path) -> web.Application:
        secret = read.secret.encode() or lone.secret_beside(file)
        source: Source = Recorded(read.recorded.read_bytes()) if read.recorded else Own(secret)
        return compose(file, lone.clock_in(file.with_name(file.name + ".clock"), read.speed), source)

    return lone.run("beacon", read, composed)


if __name__ == "__main__":
    sys.exit(main())
