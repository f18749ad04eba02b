"""A gevent end of the wire: messages in and out of a socket, without holding up the other greenlets."""

import contextlib
import socket
from collections.abc import Callable

from gevent.lock import RLock

from rushproof.wire import Message, Unpacker, pack

_CHUNK = 1 << 18


class Stream:
    """One end of a stream socket that speaks `rushproof.wire`."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._turn = RLock()  # a large message goes out in pieces, and another greenlet must not get in between

    def send(self, message: Message, payload: bytes = b"") -> None:
        """Sends; a peer that is gone is noticed by `read`, not here."""
        with self._turn, contextlib.suppress(OSError):
            self._socket.sendall(pack(message, payload))

    def read(self, take: Callable[[Message, bytes], None]) -> None:
        """Gives every message to `take`, in order, until the peer is gone."""
        unpacker = Unpacker()
        while True:
            try:
                received = self._socket.recv(_CHUNK)
            except OSError:
                return
            if not received:
                return
            for message, payload in unpacker.feed(received):
                take(message, payload)

    def close(self) -> None:
        """The peer reads the end of the stream from now on."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
