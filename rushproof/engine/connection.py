"""One HTTP/1.1 connection: one call at a time, its answer parsed as it arrives."""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import httptools

from rushproof.engine.failure import reason

if TYPE_CHECKING:
    from rushproof.engine.call import Call


class Owner(Protocol):
    """Who is told what becomes of a connection."""

    def answered(self, connection: "Connection", call: "Call", keep: bool) -> None:
        """The whole answer is there: the call's `done`, `status`, `head` and `body` are set; `keep`: the connection can be used again."""

    def broken(self, connection: "Connection", call: "Call", error: Exception | None) -> None:
        """The connection ended with `call` in flight and no whole answer; `error` where it did not simply end."""

    def closed(self, connection: "Connection") -> None:
        """The connection is gone; called once, last."""


class Connection(asyncio.Protocol):
    """A transport, a parser, and the call in flight if there is one."""

    __slots__ = ("_body", "_head", "_in_body", "_keep", "_owner", "_parser", "_status", "_whole", "call", "transport")

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._parser: httptools.HttpResponseParser = httptools.HttpResponseParser(self)
        self._head = self._body = b""
        self._in_body = self._whole = self._keep = False
        self._status = 0
        self.transport: asyncio.Transport | None = None
        self.call: Call | None = None

    @property
    def open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    @property
    def protocol(self) -> str:
        """`HTTP/1.1`, or `HTTP/1.1 over TLSv1.3`; of an open connection."""
        tls = self.transport.get_extra_info("tls") if self.transport is not None else None
        return f"HTTP/1.1 over {tls}" if tls else "HTTP/1.1"

    def send(self, call: "Call") -> None:
        """Writes the call's request; the connection is the call's own until its answer, or its end."""
        self.call = call
        call.sent = monotonic()
        self.transport.write(call.request)  # type: ignore[union-attr]  # it is connected before it is handed out

    def close(self) -> None:
        """Ends the connection now; a call in flight is told that it broke."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        received = monotonic()  # before parsing: this is `done`
        if self.call is None:
            self.close()  # bytes that nobody asked for
            return
        if not self._in_body:
            self._head = self._head + data if self._head else data
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.close()
            return
        if self._whole:
            self._deliver(received, keep=self._keep)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.call is not None:
            if error is None and self._ends_with_connection():
                self._deliver(monotonic(), keep=False)
            else:
                call, self.call = self.call, None
                call.done = monotonic()
                call.why = call.why or reason(error)
                self._owner.broken(self, call, error)
        del self._parser  # it holds this object, and nothing collects cycles here
        self._owner.closed(self)

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        self._in_body = self._status >= 200

    def on_body(self, body: bytes) -> None:
        self._body = self._body + body if self._body else body

    def on_message_complete(self) -> None:
        self._whole = self._status >= 200  # after 100 Continue and its kind the answer proper is still to come
        self._keep = self._parser.should_keep_alive()  # only told here
        if not self._whole:
            self._head = b""

    def _ends_with_connection(self) -> bool:
        """An answer without a length ends where the connection does (RFC 9112 §6.3)."""
        head = self._head.split(b"\r\n\r\n", 1)[0].lower()
        return self._in_body and b"\r\ncontent-length:" not in head and b"\r\ntransfer-encoding:" not in head

    def _deliver(self, received: float, *, keep: bool) -> None:
        call, self.call = self.call, None
        assert call is not None
        call.done, call.status, call.head, call.body = received, self._status, self._head, self._body
        self._head = self._body = b""
        self._in_body = self._whole = False
        self._owner.answered(self, call, keep)
