"""Answers that never arrive as they should: done to the real socket."""

import asyncio
import socket
import struct
from typing import Final

from aiohttp import web

_STEP: Final = 0.05


def reset(request: web.Request) -> web.StreamResponse:
    """The connection is reset, as by a crashed host."""
    if (transport := request.transport) is not None:
        if isinstance(raw := transport.get_extra_info("socket"), socket.SocketType) or raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


def empty(request: web.Request) -> web.StreamResponse:
    """The connection is closed without a byte."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def raw(request: web.Request, sent: bytes) -> web.StreamResponse:
    """These bytes and no others, then the connection is closed."""
    if request.transport is not None:
        request.transport.write(sent)
        request.transport.close()
    return web.Response()


def truncated(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """The answer breaks off in the middle of its body."""
    status, body = _parts(answer)
    return raw(request, _head(status, len(body)) + body[: len(body) // 2])


def malformed(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """The answer is 200 and JSON by its head, and its body is not."""
    _, body = _parts(answer)
    return raw(request, _head(200, len(body)) + bytes(reversed(body)))


async def dripped(request: web.Request, answer: web.StreamResponse, seconds: float) -> web.StreamResponse:
    """The answer comes byte by byte and takes so many seconds of wall time."""
    status, body = _parts(answer)
    dripping = web.StreamResponse(status=status, headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await dripping.prepare(request)
    pieces = [body[at : at + max(len(body) // 20, 1)] for at in range(0, len(body), max(len(body) // 20, 1))]
    for piece in pieces:
        await asyncio.sleep(seconds / max(len(pieces), 1))
        try:
            await dripping.write(piece)
        except ConnectionError:
            break  # the merchant did not wait
    return dripping


async def silence(request: web.Request, seconds: float) -> web.StreamResponse:
    """Nothing comes for so many seconds of wall time, then the connection is closed."""
    waited = 0.0
    while waited < seconds and request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(min(_STEP, seconds - waited))
        waited += _STEP
    return empty(request)


def _parts(answer: web.StreamResponse) -> tuple[int, bytes]:
    body = answer.body if isinstance(answer, web.Response) else b""
    return answer.status, body if isinstance(body, bytes) else b""


def _head(status: int, length: int) -> bytes:
    return f"HTTP/1.1 {status} \r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()
