"""TLS straight on the socket: OpenSSL reads and writes it itself, which spares the copies and the loop turns of a TLS layer in memory."""

import asyncio
import socket
import ssl
from typing import Any

from rushproof.engine.proxy import through

_MOST = 1 << 18


class TlsTransport(asyncio.Transport):
    """The transport of one client connection over TLS; what it can be asked is what `Connection` asks."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wire: ssl.SSLSocket, protocol: Any) -> None:
        super().__init__({"tls": wire.version()})
        self._loop, self._wire, self._protocol = loop, wire, protocol
        self._unsent = b""
        self._closing = False
        protocol.connection_made(self)
        if not self._closing:  # what the protocol wrote at once may have found the other end gone
            loop.add_reader(wire, self._readable)

    def is_closing(self) -> bool:
        """Whether it has ended, or is about to."""
        return self._closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends what the socket takes now, and the rest when it takes more."""
        if self._closing:
            return
        if self._unsent:
            self._unsent += data
            return
        sent = self._sent(bytes(data))
        if sent < len(data):
            self._unsent = bytes(data[sent:])
            self._loop.add_writer(self._wire, self._writable)

    def abort(self) -> None:
        """Ends the connection now."""
        self._end(None)

    def _sent(self, data: bytes) -> int:
        try:
            return self._wire.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError as error:
            self._end(error)
            return len(data)

    def _writable(self) -> None:
        self._unsent = self._unsent[self._sent(self._unsent) :]
        if not self._unsent and not self._closing:
            self._loop.remove_writer(self._wire)

    def _readable(self) -> None:
        while not self._closing:
            try:
                data = self._wire.recv(_MOST)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                self._end(error)
                return
            if not data:
                self._end(None)
                return
            self._protocol.data_received(data)
            if not self._wire.pending():
                return

    def _end(self, error: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._wire)
        self._loop.remove_writer(self._wire)
        self._wire.close()
        self._loop.call_soon(self._protocol.connection_lost, error)


async def connected(
    wire: socket.socket, address: tuple[str, int], context: ssl.SSLContext, host: str, source: str | None = None, tunnel: bytes = b""
) -> ssl.SSLSocket:
    """The socket, connected from `source` and shaken hands with; it is closed where that fails (OSError, of which an SSLError is one).

    `tunnel` is said first where a proxy stands in between.
    """
    loop = asyncio.get_running_loop()
    try:
        wire.setblocking(False)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            wire.bind((source, 0))
        await loop.sock_connect(wire, address)
        if tunnel:
            await through(wire, tunnel)
        secure = context.wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=True)
    except BaseException:
        wire.close()
        raise
    try:
        while True:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(secure, loop.add_reader, loop.remove_reader)
            except ssl.SSLWantWriteError:
                await _ready(secure, loop.add_writer, loop.remove_writer)
            else:
                return secure
    except BaseException:
        secure.close()
        raise


async def _ready(wire: ssl.SSLSocket, add: Any, remove: Any) -> None:
    """Waits until the socket can be read, or written."""
    ready = asyncio.Event()
    add(wire, ready.set)
    try:
        await ready.wait()
    finally:
        remove(wire)
