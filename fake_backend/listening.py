"""Where a process listens, and how it serves there until it is told to end."""

import asyncio
import signal
import socket
import ssl
from typing import Final

from aiohttp import web

BACKLOG: Final = 4096


def bound(host: str, port: int, together: bool = False) -> socket.socket:
    """A socket on the address, or OSError; `together` with others on the same one, and then it does not listen yet."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if together:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind(address)
        if not together:
            listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def url(listening: socket.socket, scheme: str = "http") -> str:
    """Where the socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def told_to_end() -> asyncio.Event:
    """Set by SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def serve(application: web.Application, listening: socket.socket, drain: float, secure: ssl.SSLContext | None = None) -> None:
    """Serve until SIGTERM or SIGINT; what is under way then has `drain` seconds."""
    stop = told_to_end()
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=drain)
    await runner.setup()
    await web.SockSite(runner, listening, backlog=BACKLOG, ssl_context=secure).start()
    print(f"listening on {url(listening, 'https' if secure else 'http')}", flush=True)
    await stop.wait()
    await runner.cleanup()
