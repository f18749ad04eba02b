"""Seat booking as a service: HTTPS (HTTP/1.1 and HTTP/2) in front of PostgreSQL.

DATABASE_URL=postgresql://… JWT_SECRET=… python serve.py --port 8443 --cert server.pem --key server.key
"""

import argparse
import asyncio
import os
import signal
from pathlib import Path

import uvloop
from api import Api
from booking import BookingService
from hypercorn.asyncio import serve
from hypercorn.config import Config
from pool import ConnectionPool
from stats import Stats

STORES = ("SH01", "BJ02", "GZ03", "CD04")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--pool", type=int, default=8, help="database connections")
    parser.add_argument("--away", type=float, default=0.0, help="seconds to the database, each time it is used")
    parser.add_argument("--seats", type=int, default=100_000, help="of each activity in each store, where there are none yet")
    parser.add_argument("--moved-to", default="https://www.seats.example", help="where the first version of the API went")
    return parser.parse_args()


async def prepare(pool: ConnectionPool, seats: int) -> None:
    """Tables, and seats for today's activities."""
    async with pool.connection() as connection:
        await connection.execute(Path(__file__).with_name("schema.sql").read_text(), prepare=False)
        for activity in ("ACT-8001", "ACT-8002"):
            for store in STORES:
                await connection.execute(
                    "INSERT INTO inventory VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", (activity, store, seats, seats)
                )


async def main() -> None:
    options = arguments()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"127.0.0.1:{options.port}"]
    config.certfile, config.keyfile = options.cert, options.key
    config.keep_alive_timeout = 60
    config.graceful_timeout = 1
    stats = Stats()
    async with ConnectionPool(os.environ["DATABASE_URL"], options.pool, options.away, stats) as pool:
        await prepare(pool, options.seats)
        service = BookingService(pool, os.environ.get("BUG", ""))
        await service.open()
        api = Api(service, stats, os.environ["JWT_SECRET"], options.moved_to)
        await serve(api, config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
