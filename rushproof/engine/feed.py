"""The engine's end of the persons who exist: rows that a feeder process sends ahead of their time, held until they are due."""

import asyncio
import contextlib
import socket
import sys
from collections import deque
from collections.abc import Callable
from itertools import repeat
from time import time

import msgspec
import numpy as np

from rushproof.errors import PersonaError
from rushproof.keyed import mix_array
from rushproof.persons import GivenPerson, PersonsSpec, Row
from rushproof.plan import Plan
from rushproof.population import Person, Population
from rushproof.schedule import Schedule
from rushproof.wire import Message, Unpacker, number, pack

FEEDER = (sys.executable, "-m", "rushproof.people")
_ENOUGH = 1 << 22
"""bytes of rows from which on the feeder has to wait; some tens of thousands of rows, or thousands with long tokens"""
_PATIENCE = 25.0
"""wall seconds in which the first rows have to be there"""
_GRACE = 2.0
"""wall seconds in which a feeder that was told to has to end"""

_rows = msgspec.msgpack.Decoder(list[Row])
_row = msgspec.msgpack.Decoder(Row)


class Feed(asyncio.Protocol):
    """The persons of one crowd in the order they are due, and new tokens for those who are under way.

    `tell` is given a sentence, for the notes of the run, for whatever a person should know.  Made, then `open`ed, and `start`ed when the
    load begins; `close`d it leaves no process behind.
    """

    def __init__(self, plan: Plan, crowd: int, population: Population, tell: Callable[[str], None]) -> None:
        assert plan.persons is not None  # a crowd without has no feed
        self._spec: PersonsSpec = plan.persons
        crowds = (mine := plan.crowds[crowd], *(other for other in plan.crowds if other.name == mine.of))
        self._plan = msgspec.structs.replace(plan, crowds=crowds, first_person=Schedule(plan, crowd).offset)
        self._population, self._tell = population, tell
        self._refresh = float(self._spec.refresh)
        self._unpacker = Unpacker()
        self._payloads: deque[bytes] = deque()
        self.held = 0
        """bytes of rows that wait for their time"""
        self.paused = False
        """whether the feeder has to wait, because so many do"""
        self._rows: list[Row] = []
        self._skipped: str | None = None
        self._ended: str | None = None
        self._asked: dict[int, tuple[Person, asyncio.Future[None]]] = {}
        self._transport: asyncio.Transport | None = None
        self.process: asyncio.subprocess.Process | None = None
        """the feeder's"""
        self._first: asyncio.Future[None] | None = None

    # the feeder's life

    async def open(self, command: tuple[str, ...] = FEEDER) -> None:
        """Returns when the first rows are there; PersonaError where the feeder cannot begin."""
        self._first = asyncio.get_running_loop().create_future()
        ours, theirs = socket.socketpair()
        with theirs:
            hushed = asyncio.subprocess.DEVNULL  # what a signer prints may be a token
            self.process = await asyncio.create_subprocess_exec(
                *command, "--socket", str(theirs.fileno()), pass_fds=(theirs.fileno(),), stdin=asyncio.subprocess.DEVNULL,
                stdout=hushed, stderr=hushed if self._spec.signer else None,
            )  # fmt: skip
        ours.setblocking(False)
        self._transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, sock=ours)
        self._transport.write(pack(Message.PLAN, self._plan.encode()))
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._first
        except TimeoutError:
            why = f"the first persons were not there within {_PATIENCE:g} s: is the signer too slow? (an `async def` signs many at once)"
            raise PersonaError(why) from None

    def start(self, at: float) -> None:
        """The timetable's `from` is at unix time `at`."""
        if self._transport is not None:
            self._transport.write(pack(Message.START, number(at)))

    async def close(self) -> None:
        """Ends the feeder, and returns when it is gone."""
        if self._transport is not None:
            self._transport.abort()
        if self.process is None:
            return
        try:
            await asyncio.wait_for(self.process.wait(), _GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    # what the feeder says

    def data_received(self, data: bytes) -> None:
        for message, payload in self._unpacker.feed(data):
            if message is Message.ROWS:
                self._take_rows(payload)
            elif message is Message.SIGN:
                self._renew(_row.decode(payload))
            elif message is Message.READY:
                self._begin()
            elif message is Message.LOST:
                self._end(payload.decode(errors="replace"))

    def connection_lost(self, error: Exception | None) -> None:
        self._end("the process that feeds them ended too early")
        for _, future in self._asked.values():
            if not future.done():
                future.set_result(None)  # the visit goes on with what it has
        self._asked = {}
        self._transport = None

    def _take_rows(self, payload: bytes) -> None:
        if self._ended is not None:
            return
        if payload == _NO_MORE:
            self._end("")
            return
        self._payloads.append(payload)
        self.held += len(payload)
        if self.held > _ENOUGH and not self.paused and self._transport is not None:
            self.paused = True
            self._transport.pause_reading()
            self._begin()

    def _begin(self) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

    def _end(self, why: str) -> None:
        """No more rows come; the first reason is the one that is told."""
        if self._ended is None:
            self._ended = why
        if why and self._first is not None and not self._first.done():
            self._first.set_exception(PersonaError(why))
        self._begin()

    # what the pump asks

    def take(self) -> list[Person]:
        """The next persons at hand, some hundreds at most; none where none is there."""
        if not self._rows and self._payloads:
            payload = self._payloads.popleft()
            self.held -= len(payload)
            self._rows = _rows.decode(payload)
            if self.paused and self.held < _ENOUGH // 2 and self._transport is not None:
                self.paused = False
                self._transport.resume_reading()
        good = next((place for place, row in enumerate(self._rows) if row.failed), len(self._rows))
        rows, self._rows = self._rows[:good], self._rows[good:]
        if not rows:
            return []
        keys = mix_array(self._population.key, np.array([row.index for row in rows], dtype=np.int64)).tolist()
        return list(map(GivenPerson, repeat(self._population), rows, keys))

    def skip(self, arrival: int) -> bool:
        """Whether nobody comes for this arrival, the next: its person failed, which is then done with, or there are no more."""
        if self._rows:
            self._tell(f"{self._plan.crowds[0].name}: a person could not come: {self._rows.pop(0).failed}")
            return True
        if self._payloads or self._ended is None:
            return False
        if self._skipped is None:
            self._skipped = self._ended or "the file has no more rows"
            self._tell(f"{self._plan.crowds[0].name}: the persons ran out at arrival {arrival:,}: {self._skipped}")
        return True

    def give_up(self, why: str) -> None:
        """Nobody else is waited for."""
        self._end(why)
        self._payloads.clear()
        self._rows = []

    # what a visit asks

    def fresh(self, person: Person, ahead: float = 0.0) -> "asyncio.Future[None] | None":
        """None where the person's token is good for `ahead` wall seconds and a while; otherwise what to wait for.

        Then `person.token` is a new one; where there is none to be had, the person keeps the old one, and the notes of the run say why.
        """
        expires = person.expires
        if expires is None or expires - time() - ahead > self._refresh or self._spec.signer is None or self._transport is None:
            return None
        asked = self._asked.get(person.index)
        if asked is None:
            assert isinstance(person, GivenPerson)  # nobody else has a token
            asked = self._asked[person.index] = (person, asyncio.get_running_loop().create_future())
            self._transport.write(pack(Message.SIGN, msgspec.msgpack.encode(person.row)))
        return asked[1]

    def _renew(self, row: Row) -> None:
        person, future = self._asked.pop(row.index)
        if row.failed:
            self._tell(f"{self._plan.crowds[0].name}: a token could not be refreshed: {row.failed}")
        elif isinstance(person, GivenPerson):
            person.row = row
            if row.expires is not None and (left := row.expires - time()) > 0:
                self._refresh = min(self._refresh, left / 2)  # what lasts no longer would be asked for at every step
        if not future.done():
            future.set_result(None)


_NO_MORE = msgspec.msgpack.encode([])
