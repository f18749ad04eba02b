"""One HTTP/2 connection: several calls at a time, a stream each; the protocol itself is the `h2` library's."""

import asyncio
from collections import deque
from collections.abc import Iterator
from math import isnan
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RemoteSettingsChanged, ResponseReceived, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from rushproof.engine.failure import reason
from rushproof.engine.fields import structured

if TYPE_CHECKING:
    from rushproof.engine.call import Call

STREAMS = 100
"""calls at once on one connection; a server that allows fewer is heeded"""
NO_HTTP2 = "the target does not speak HTTP/2: take `http: 2` out of target.transport"
_UNTAKEN = "the target closed the connection before it took the request"
_CONFIG = H2Configuration(
    client_side=True,
    header_encoding=None,
    validate_inbound_headers=False,
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
)
_WINDOW = 1 << 24
_FRAME_HEAD = 9
_GOAWAY = 7


class Owner(Protocol):
    """Who is told what becomes of a connection."""

    scheme: bytes

    def done(self, call: "Call", definite: bool) -> None:
        """The call has its answer, or never will; `definite`: it was not taken up."""

    def turned_away(self, error: Exception | None) -> bool:
        """Whether the connection ended because of the client's certificate."""

    def again(self, call: "Call") -> None:
        """The call was not taken up by a connection that had taken others, and may go by another."""

    def failed(self, why: str) -> None:
        """The connection turned out to be none."""

    def closed(self, connection: "Http2Connection") -> None:
        """The connection is gone; called once, last."""


class Http2Connection(asyncio.Protocol):
    """A transport, the state of the protocol, and the calls that are on it."""

    def __init__(self, owner: Owner) -> None:
        self.transport: asyncio.Transport | None = None
        self.calls: dict[Call, int] = {}
        """with their streams, 0 of those that the server has no room for yet"""
        self._owner = owner
        self._h2 = H2Connection(_CONFIG)
        self._by_stream: dict[int, Call] = {}
        self._queue: deque[Call] = deque()
        self._bodies: dict[int, bytes] = {}
        """what is yet to be sent of each stream"""
        self._most, self._served = 1, 0
        self._retired = False
        self._received = 0.0
        self._got = b""

    @property
    def open(self) -> bool:
        """Whether it takes further calls."""
        return self.transport is not None and not self._retired and not self.transport.is_closing()

    @property
    def protocol(self) -> str:
        """`HTTP/2 over TLSv1.3`, or `HTTP/2`; of an open connection."""
        tls = self.transport.get_extra_info("tls") if self.transport is not None else None
        return f"HTTP/2 over {tls}" if tls else "HTTP/2"

    def send(self, call: "Call") -> None:
        """Sends the call, as soon as the server takes one more."""
        self.calls[call] = 0
        self._queue.append(call)
        self._start()

    def give_up(self, call: "Call", why: str) -> None:
        """The call has taken too long: the server is told, and the connection kept if it has said anything since."""
        call.why, stream = why, self.calls[call]
        if self._received < call.sent:
            self._retired = True
        self._h2.reset_stream(stream, ErrorCodes.CANCEL)
        self._flush()
        self._end(call, monotonic(), definite=False)

    def close(self) -> None:
        """Ends the connection now; the calls on it are told that it broke."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        values = {SettingCodes.ENABLE_PUSH: 0, SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS, SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW}
        self._h2.local_settings = Settings(client=True, initial_values=values)
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(_WINDOW)
        self._flush()

    def data_received(self, data: bytes) -> None:
        received = monotonic()
        if not self._received and data.startswith(b"HTTP/1"):  # which would be read as the beginning of an endless frame
            self._refuse(NO_HTTP2)
            return
        self._received = received
        self._got += data
        try:
            for frames, goaway in self._frames():
                for event in self._h2.receive_data(frames):
                    self._take(event, received)
                if goaway:
                    self._go_away(goaway)
        except ProtocolError as error:
            self._refuse(NO_HTTP2 if not self._served else f"HTTP/2: {error}")
            return
        self._start()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        now, why, turned_away = monotonic(), reason(error), self._owner.turned_away(error)
        for call in list(self.calls):
            call.why = call.why or why
            self._end(call, now, definite=turned_away or call.why == NO_HTTP2)
        vars(self._h2).clear()  # it holds a table of its own methods, and nothing collects cycles here
        self._owner.closed(self)

    def _frames(self) -> Iterator[tuple[bytes, bytes]]:
        """What came in whole frames, each time up to a GOAWAY, and what that says: the library would end everything there and then."""
        at = since = 0
        got = self._got
        while len(got) - at >= _FRAME_HEAD and len(got) - at >= (whole := _FRAME_HEAD + int.from_bytes(got[at : at + 3])):
            if got[at + 3] == _GOAWAY:
                yield got[since:at], got[at + _FRAME_HEAD : at + whole]
                since = at + whole
            at += whole
        self._got = got[at:]
        yield got[since:at], b""

    def _take(self, event: Event, received: float) -> None:
        if isinstance(event, RemoteSettingsChanged):
            self._most = min(STREAMS, self._h2.remote_settings.max_concurrent_streams)
            return
        if isinstance(event, WindowUpdated):
            for stream in [event.stream_id] if event.stream_id else list(self._bodies):
                self._push(stream)
            return
        call = self._by_stream.get(getattr(event, "stream_id", 0))
        if call is None:  # given up
            return
        if isinstance(event, ResponseReceived):
            pairs = event.headers or []
            call.status = int(dict(pairs)[b":status"])
            lines = b"".join(b"%b: %b\r\n" % pair for pair in pairs if not pair[0].startswith(b":"))
            call.head = b"HTTP/2 %d\r\n%b\r\n" % (call.status, lines)
        elif isinstance(event, DataReceived):
            call.body += event.data or b""
            self._h2.acknowledge_received_data(event.flow_controlled_length or 0, self.calls[call])
        elif isinstance(event, StreamEnded):
            self._served += 1
            self._end(call, received, definite=False)
        elif isinstance(event, StreamReset):
            call.why = f"the target ended the stream: {getattr(event.error_code, 'name', event.error_code)}"
            self._end(call, received, definite=event.error_code == ErrorCodes.REFUSED_STREAM)

    def _go_away(self, payload: bytes) -> None:
        """The server takes nothing further: what it has not taken goes elsewhere, and what it has is still answered."""
        last, self._retired = int.from_bytes(payload[:4]) & 0x7FFF_FFFF, True
        for call in [call for call, stream in self.calls.items() if not stream or stream > last]:
            if last or self._served:
                self._forget(call)
                self._owner.again(call)
            else:  # it took nothing ever, and the next would be no better
                call.why = _UNTAKEN
                self._end(call, monotonic(), definite=True)
        if not self.calls:
            self.close()

    def _start(self) -> None:
        """Begins as many calls as the server has room for, and sends what there is to send."""
        while self._queue and self.open and len(self._by_stream) < self._most:
            call = self._queue.popleft()
            headers, body = structured(call.request, self._owner.scheme)
            stream = self.calls[call] = self._h2.get_next_available_stream_id()
            self._by_stream[stream] = call
            call.sent = monotonic()
            self._h2.send_headers(stream, headers, end_stream=not body)
            if body:
                self._bodies[stream] = body
                self._push(stream)
        self._flush()

    def _push(self, stream: int) -> None:
        """Sends of a body what the windows allow."""
        while body := self._bodies.get(stream):
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if room <= 0:
                return
            self._h2.send_data(stream, body[:room], end_stream=len(body) <= room)
            self._bodies[stream] = body[room:]
        self._bodies.pop(stream, None)

    def _refuse(self, why: str) -> None:
        """What is said at the other end cannot be understood."""
        self._owner.failed(why)
        for call in self.calls:
            call.why = why
        self.close()

    def _end(self, call: "Call", done: float, *, definite: bool) -> None:
        call.done = done
        if call.why:
            call.status = 0  # half an answer is none
        self._forget(call)
        self._owner.done(call, definite or isnan(call.sent))
        if self._retired and not self.calls:
            self.close()

    def _forget(self, call: "Call") -> None:
        stream = self.calls.pop(call)
        self._by_stream.pop(stream, None)
        self._bodies.pop(stream, None)
        if not stream:
            self._queue.remove(call)

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self.transport is not None:
            self.transport.write(data)
