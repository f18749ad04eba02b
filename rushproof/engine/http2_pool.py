"""The second client: hands calls to HTTP/2 connections, for targets that want it so.  Slower than the first."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rushproof.engine.address import Address
from rushproof.engine.http2 import STREAMS, Http2Connection
from rushproof.engine.opening import Note, Opening, Settle
from rushproof.plan import Connections
from rushproof.tally import NEVER

if TYPE_CHECKING:
    from rushproof.engine.call import Call


class Http2Pool(Opening[Http2Connection]):
    """Hands streams to calls: of shared connections, another one opened when all are full, or of the visit's own."""

    def __init__(self, spec: Connections, address: Address, settle: Settle, note: Note) -> None:
        super().__init__(spec, address, settle, note)
        self._shared = spec.keep == "pool"
        self.scheme = b"https" if address.secure else b"http"

    def open_ahead(self) -> None:
        """Opens a shared pool's first connection before anybody needs one."""
        if self._shared:
            self._open_more(1)

    def submit(self, call: "Call") -> None:
        """Sends the call now, or as soon as a connection has room for it."""
        own: Any = call.visit.connection
        if own is not None and own.open:
            own.send(call)
            return
        room = [one for one in self._all if one.open and len(one.calls) < STREAMS] if self._shared else ()
        if room:
            min(room, key=lambda one: len(one.calls)).send(call)
            return
        self._waiting.append(call)
        self._grow()

    def expire(self, now: float) -> None:
        """Gives up every call that has been sent for longer than its step's time-out."""
        late = [(one, call) for one in self._all for call in one.calls if call.sent + call.step.timeout < now]
        for connection, call in late:
            if call in connection.calls:
                connection.give_up(call, f"no answer within {call.step.timeout:g} s")

    def in_flight(self) -> Iterator["Call"]:
        """The calls that were sent and not answered, and those that wait."""
        for connection in self._all:
            yield from connection.calls
        yield from self._waiting

    def eldest(self) -> Iterator["Call"]:
        """Among these is the call that has waited longest: what is on the connections, and the first of those that wait for one."""
        for connection in self._all:
            yield from connection.calls
        if self._waiting:
            yield self._waiting[0]

    @property
    def on_the_wire(self) -> int:
        """How many calls were sent and not answered."""
        return sum(len(connection.calls) for connection in self._all)

    def close(self) -> None:
        """Forgets what waits and ends every connection, telling nobody."""
        self._forget()
        for connection in list(self._all):
            connection.close()

    def fresh(self) -> Http2Connection:
        return Http2Connection(self)

    def begin(self, connection: Http2Connection) -> None:
        self.protocol = connection.protocol
        if self._shared:
            self._deal(connection)
        elif self._waiting:
            call = self._waiting.popleft()
            call.visit.connection = connection  # type: ignore[assignment]  # it can do what a visit asks of one
            connection.send(call)
        else:
            connection.close()

    def wanted(self) -> int:
        return -(-len(self._waiting) // STREAMS) if self._shared else len(self._waiting)

    # what the connections tell

    def done(self, call: "Call", definite: bool) -> None:
        if self._waiting and self._shared:
            for connection in self._all:
                self._deal(connection)
        self._settle(call, definite)

    def again(self, call: "Call") -> None:
        call.sent = NEVER
        self.submit(call)

    def failed(self, why: str) -> None:
        self._note(f"a connection to {self._address.told} failed: {why}")

    def closed(self, connection: Http2Connection) -> None:
        self._all.discard(connection)
        self._grow()

    def _deal(self, connection: Http2Connection) -> None:
        while self._waiting and connection.open and len(connection.calls) < STREAMS:
            connection.send(self._waiting.popleft())
