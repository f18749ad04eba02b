"""Where calls find a connection: a shared pool of kept ones, or one a visit."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rushproof.engine.address import Address
from rushproof.engine.connection import Connection
from rushproof.engine.opening import Note, Opening, Settle
from rushproof.plan import Connections

if TYPE_CHECKING:
    from rushproof.engine.call import Call

_AHEAD = 256


class Pool(Opening[Connection]):
    """Hands connections to calls, in the order the calls came, at most `cap` connections at once."""

    def __init__(self, spec: Connections, address: Address, settle: Settle, note: Note) -> None:
        super().__init__(spec, address, settle, note)
        self._shared = spec.keep == "pool"
        self._idle: list[Connection] = []

    def open_ahead(self) -> None:
        """Opens a shared pool's first connections before anybody needs one, so that the first second is not made of handshakes."""
        if self._shared:
            self._open_more(min(self._cap, _AHEAD))

    def submit(self, call: "Call") -> None:
        """Sends the call now, or as soon as it may have a connection."""
        own = call.visit.connection
        if own is not None and own.open:
            own.send(call)
            return
        idle = self._idle
        while idle:
            connection = idle.pop()
            if connection.open:
                connection.send(call)
                return
        self._waiting.append(call)
        self._grow()

    def expire(self, now: float) -> None:
        """Breaks every connection whose call has been sent for longer than its step's time-out."""
        late = [(one, call) for one in self._all if (call := one.call) is not None and call.sent + call.step.timeout < now]
        for connection, call in late:
            call.why = f"no answer within {call.step.timeout:g} s"
            connection.close()

    def in_flight(self) -> Iterator["Call"]:
        """The calls that were sent and not answered, and those that wait."""
        for connection in self._all:
            if connection.call is not None:
                yield connection.call
        yield from self._waiting

    def eldest(self) -> Iterator["Call"]:
        """Among these is the call that has waited longest: what is on the wire, and the first of those that wait for a connection."""
        for connection in self._all:
            if connection.call is not None:
                yield connection.call
        if self._waiting:
            yield self._waiting[0]

    @property
    def on_the_wire(self) -> int:
        """How many calls were sent and not answered."""
        return sum(connection.call is not None for connection in self._all)

    def close(self) -> None:
        """Forgets what waits and ends every connection, telling nobody."""
        self._forget()
        for connection in list(self._all):
            connection.close()

    # what the connections tell

    def answered(self, connection: Connection, call: "Call", keep: bool) -> None:
        if keep and self._shared:
            if self._waiting:
                connection.send(self._waiting.popleft())
            else:
                self._idle.append(connection)
        elif not keep:
            connection.close()
        self._settle(call, False)

    def broken(self, connection: Connection, call: "Call", error: Exception | None) -> None:
        self._settle(call, self.turned_away(error))

    def closed(self, connection: Connection) -> None:
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._grow()

    # opening

    def fresh(self) -> Connection:
        return Connection(self)

    def begin(self, connection: Connection) -> None:
        self.protocol = connection.protocol
        if not self._waiting:
            if self._shared:
                self._idle.append(connection)
            else:
                connection.close()
            return
        call = self._waiting.popleft()
        if not self._shared:
            call.visit.connection = connection
        connection.send(call)
