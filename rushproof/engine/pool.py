"""Where calls find a connection: a shared pool of kept ones, or one a visit."""

import asyncio
import errno
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING

from rushproof.engine.address import Address
from rushproof.engine.connection import Connection
from rushproof.plan import Connections

if TYPE_CHECKING:
    from rushproof.engine.call import Call

_OWN_LIMITS = {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM}
"""A connection that failed so failed by this machine's limits, not by the target."""


_AHEAD = 256


class Pool:
    """Hands connections to calls, in the order the calls came, at most `cap` connections at once.

    `settle(call, definite)` is told of every call that ended, answered (`call.status` is set) or not; `definite`: it was never
    sent, so it did not happen.
    """

    def __init__(self, spec: Connections, address: Address, settle: Callable[["Call", bool], None]) -> None:
        self._spec, self._address, self._settle = spec, address, settle
        self._shared = spec.keep == "pool"
        self._cap = int(spec.cap)
        self._sources = cycle(spec.sources or (None,))
        self._idle: list[Connection] = []
        self._waiting: deque[Call] = deque()
        self._all: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self.starved = 0
        """connections that could not be opened for want of descriptors or ports, since it was last read"""

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

    def release(self, connection: Connection) -> None:
        """A visit that had a connection of its own is over."""
        connection.close()

    def expire(self, now: float) -> None:
        """Breaks every connection whose call has been sent for longer than the time-out."""
        eldest = now - self._spec.timeout
        for connection in [one for one in self._all if one.call is not None and one.call.sent < eldest]:
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
        self._waiting.clear()
        self._settle = lambda call, definite: None
        for task in self._opening:
            task.cancel()
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

    def broken(self, connection: Connection, call: "Call") -> None:
        self._settle(call, False)

    def closed(self, connection: Connection) -> None:
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._grow()

    # opening

    def _grow(self) -> None:
        """Opens as many connections as calls wait for and the cap allows."""
        room = self._cap - len(self._all) - len(self._opening)
        self._open_more(min(len(self._waiting) - len(self._opening), room))

    def _open_more(self, count: int) -> None:
        for _ in range(count):
            task = asyncio.get_running_loop().create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self) -> None:
        connection: Connection | None = None
        try:
            async with asyncio.timeout(self._spec.connect_timeout):
                connection = await self._address.connect(lambda: Connection(self), next(self._sources))
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self._opening.discard(asyncio.current_task())
            self._failed(error)
            return
        self._opening.discard(asyncio.current_task())
        self._all.add(connection)
        self._begin(connection)

    def _begin(self, connection: Connection) -> None:
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

    def _failed(self, error: Exception) -> None:
        """A connection that cannot be had settles the call that has waited longest."""
        if isinstance(error, OSError) and error.errno in _OWN_LIMITS:
            self.starved += 1
        if self._waiting:
            call = self._waiting.popleft()
            call.done = monotonic()
            self._settle(call, True)
        self._grow()
