"""`python -m rushproof.inject.proxy`: a TCP fault proxy with Toxiproxy's HTTP API, until it is ended."""

import argparse
import asyncio
import json
import resource
import signal
import sys
from pathlib import Path
from random import Random

import uvloop
from aiohttp import web

from rushproof.errors import SafetyError
from rushproof.inject.proxy.address import address
from rushproof.inject.proxy.api import Api
from rushproof.inject.proxy.proxies import Proxies, Wrong


def main() -> int:
    """0 when it was asked to end; 2 where it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m rushproof.inject.proxy", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where the API listens (default %(default)s)")
    parser.add_argument("--port", type=int, default=8474, help="port of the API; 0 lets the system choose (default %(default)s)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="proxies to begin with, as POST /populate takes them")
    parser.add_argument("--seed", type=int, help="which connections have a toxic, and its jitter, are drawn from this number")
    parser.add_argument(
        "--own-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host of your own, beside this machine, that proxies may be or reach",
    )
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # two for each connection
    try:
        uvloop.run(serve(arguments))
    except (OSError, ValueError, SafetyError, Wrong) as problem:
        print(f"{parser.prog}: {problem}", file=sys.stderr)
        return 2
    return 0


async def serve(arguments: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT."""
    end = asyncio.Event()
    for word in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(word, end.set)
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    where = await address(f"{host}:{arguments.port}", arguments.own_host)
    proxies = Proxies(arguments.own_host, Random(arguments.seed))
    runner = web.AppRunner(Api(proxies).application(), access_log=None, shutdown_timeout=1.0)
    try:
        if arguments.config is not None:
            await proxies.populate(json.loads(arguments.config.read_text()))
        await runner.setup()
        site = web.TCPSite(runner, where.ip, where.port)
        await site.start()
        told = runner.addresses[0]
        print(f"listening on http://{host}:{told[1]}", flush=True)
        await end.wait()
    finally:
        await runner.cleanup()
        await proxies.close()


if __name__ == "__main__":
    sys.exit(main())
