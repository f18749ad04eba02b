"""One of the two ends of a connection: a protocol that hands on what it reads."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from rushproof.inject.proxy.stage import Ending

if TYPE_CHECKING:
    from rushproof.inject.proxy.link import Link

_AT_ONCE = struct.pack("ii", 1, 0)
_HIGH = 1 << 20
"""bytes not yet sent before the other end is made to wait: several reads of a fast stream"""


class End(asyncio.Protocol):
    """The client's or the server's side."""

    link: "Link"
    """the direction of which this is the source"""
    onward: Callable[[Any], None]
    """takes what was read"""

    def __init__(self, made: Callable[["End"], None], over: Callable[["End", bool], None]) -> None:
        self._made, self._over = made, over
        self.transport: asyncio.Transport | None = None
        self.other: End
        self.received = 0
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = wire = cast(asyncio.Transport, transport)
        wire.set_write_buffer_limits(high=_HIGH)
        self._made(self)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self.onward(data)

    def eof_received(self) -> bool:
        self._ended = True
        self.link.take(Ending.EOF)
        return True

    def connection_lost(self, problem: Exception | None) -> None:
        self._over(self, problem is not None)

    def pause_writing(self) -> None:
        self.other.link.block(1)

    def resume_writing(self) -> None:
        self.other.link.block(-1)

    def read(self, on: bool) -> None:
        """Go on reading, or wait with it."""
        if self.transport is not None and not self.transport.is_closing() and not self._ended:
            (self.transport.resume_reading if on else self.transport.pause_reading)()

    def said_all(self) -> None:
        """This end was told that no more comes; where it has no more to say either, all is over."""
        if self.link.done:
            self.close()
            self.other.close()

    def close(self) -> None:
        """After everything that is written has been sent."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Now."""
        if self.transport is not None:
            self.transport.abort()

    def reset(self) -> None:
        """Now, so that the peer finds its connection reset."""
        if self.transport is not None and not self.transport.is_closing():
            wire: socket.socket = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.abort()
