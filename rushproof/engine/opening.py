"""Opening connections for calls that wait: as many as they need and the cap allows."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from rushproof.engine.address import Address
from rushproof.engine.failure import own, reason, refused_certificate, shortage
from rushproof.plan import Connections
from rushproof.sample import Outcome

if TYPE_CHECKING:
    from rushproof.engine.call import Call

Settle = Callable[["Call", bool], None]
"""Told of every call that ended, answered (`call.status` is set) or not; True: it was never sent, so it did not happen."""
Note = Callable[[str], None]
"""Told of every connection that could not be had: the same words for the same reason, so that they can be counted."""

Opened = TypeVar("Opened", bound=asyncio.Protocol)


class Opening(Generic[Opened]):
    """The calls that wait for a connection, and the connections that are being opened for them.

    A connection that cannot be had settles the call that has waited longest: as an error, or as missed where this machine is at its limits.
    """

    def __init__(self, spec: Connections, address: Address, settle: Settle, note: Note) -> None:
        self._spec, self._address, self._settle, self._note = spec, address, settle, note
        self._cap = int(spec.cap)
        self._sources = cycle(spec.sources or (None,))
        self._waiting: deque[Call] = deque()
        self._all: set[Opened] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self.starved = 0
        """connections that could not be opened for want of descriptors or ports, since it was last read"""
        self.protocol = ""
        """what the connection that was opened last speaks: `HTTP/1.1`, `HTTP/2 over TLSv1.3`"""

    def fresh(self) -> Opened:
        """A connection that is yet to be connected."""
        raise NotImplementedError

    def begin(self, connection: Opened) -> None:
        """A connection is there: for a call that waits, or to be kept."""
        raise NotImplementedError

    def turned_away(self, error: Exception | None) -> bool:
        """Whether the target ended the connection for want of a certificate that it knows; then nothing that it was sent has happened."""
        if turned := refused_certificate(error):
            self._note(f"a connection to {self._address.told} failed: {reason(error)}")
        return turned

    def _grow(self) -> None:
        """Opens as many connections as calls wait for and the cap allows."""
        room = self._cap - len(self._all) - len(self._opening)
        self._open_more(min(self.wanted() - len(self._opening), room))

    def wanted(self) -> int:
        """How many connections would serve all the calls that wait."""
        return len(self._waiting)

    def _open_more(self, count: int) -> None:
        for _ in range(count):
            task = asyncio.get_running_loop().create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self) -> None:
        source = next(self._sources)
        try:
            async with asyncio.timeout(self._spec.connect_timeout):
                connection = await self._address.connect(self.fresh, source)
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self._opening.discard(asyncio.current_task())
            self._failed(error, source)
            return
        self._opening.discard(asyncio.current_task())
        self._all.add(connection)
        self.begin(connection)

    def _failed(self, error: Exception, source: str | None) -> None:
        call = self._waiting.popleft() if self._waiting else None
        if own(error):
            self.starved += 1
            why = shortage(error, self._address.host, source)
            self._note(f"a request could not be sent: {why}")
        else:
            why = reason(error)
            self._note(f"a connection to {self._address.told} failed: {why}")
        if call is not None:
            if own(error):
                call.outcome = Outcome.MISSED  # by us: it says nothing of the target
            call.why, call.done = why, monotonic()
            self._settle(call, True)
        self._grow()

    def _forget(self) -> None:
        """Nothing is opened, settled or told any more."""
        self._waiting.clear()
        self._settle = lambda call, definite: None
        for task in self._opening:
            task.cancel()
