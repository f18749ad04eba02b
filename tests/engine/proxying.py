"""A small, real HTTP proxy: CONNECT, and plain requests in absolute form."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """What it was asked, and by whom; `refusal` is its answer to everybody, `user` the only one that it serves."""

    refusal: str = ""
    user: str = ""
    lines: list[str] = field(default_factory=list)
    peers: set[str] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError), closing(writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.lines.append(head.split("\r\n")[0])
            self.peers.add(writer.get_extra_info("peername")[0])
            known = base64.b64encode(self.user.encode()).decode()
            if self.refusal or (self.user and f"proxy-authorization: basic {known}".lower() not in head.lower()):
                status = self.refusal or "407 Proxy Authentication Required"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
            elif head.startswith("CONNECT "):
                host, _, port = head.split(" ")[1].rpartition(":")
                await self._joined(reader, writer, host, int(port), b"", b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                method, url, rest = head.split(" ", 2)
                there = urlsplit(url)
                kept = [line for line in rest.split("\r\n") if not line.lower().startswith("proxy-")]
                first = f"{method} {there.path or '/'}{'?' + there.query if there.query else ''} " + "\r\n".join(kept)
                await self._joined(reader, writer, there.hostname or "", there.port or 80, first.encode(), b"")

    async def _joined(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, ahead: bytes, back: bytes
    ) -> None:
        """One connection through; further plain requests on it would have to be rewritten, so that it says it is the last."""
        theirs, ours = await asyncio.open_connection(host, port)
        with closing(ours):
            writer.write(back)
            ours.write(ahead)
            await asyncio.gather(_copied(reader, ours), _copied(theirs, writer))


async def _copied(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    with suppress(OSError):
        target.close()


@asynccontextmanager
async def proxying(refusal: str = "", user: str = "") -> AsyncIterator[Proxy]:
    """A proxy on a loopback port."""
    proxy = Proxy(refusal, user)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
