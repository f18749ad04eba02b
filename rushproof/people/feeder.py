"""What the feeder does: rows in the order they are due, signed in time, and new tokens for those whose old one ends."""

import asyncio
from collections.abc import Iterator
from time import time

import msgspec

from rushproof.keyed import mix
from rushproof.people.persons_file import PersonsFile
from rushproof.people.signer import Signer, Unsigned
from rushproof.persons import GivenPerson, Row
from rushproof.plan import Plan
from rushproof.population import Person, Population
from rushproof.schedule import Schedule, persons
from rushproof.wire import Message, pack

_BATCH = 256
"""rows in a message: decoded by the engine in a fraction of a millisecond"""
_AT_ONCE = 64
"""persons whom an `async def` signer signs at once"""
_SPELL = 0.02
"""wall seconds of signing one by one after which what is signed goes out, and others have their turn"""
_AHEAD_OF_START = 1.0
"""wall seconds of arrivals that are fed before the start is known"""
_FIRST = 4096
"""rows that are fed before the start is known, where nobody signs them"""
_IN_A_ROW = 5
"""persons who could not be signed, one after the other, after which no more are tried"""

Due = tuple[Row, float]
"""a row, and when it is due, in wall seconds since the start"""


class Feeder:
    """Serves the one crowd of a plan; InputError where its file or its signer cannot be used."""

    def __init__(self, plan: Plan, writer: asyncio.StreamWriter) -> None:
        assert plan.persons is not None
        self._plan, self._spec, self._writer = plan, plan.persons, writer
        self._signer = None if self._spec.signer is None else Signer(self._spec.signer)
        self._file = None if self._spec.file is None else PersonsFile(self._spec)
        self._population = Population(plan.population, plan.seed)
        self._ahead = float(self._spec.ahead)
        self._start: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._told_ready, self._first = False, True
        self._failures = 0

    def start(self, at: float) -> None:
        """The timetable's `from` is at unix time `at`."""
        if not self._start.done():
            self._start.set_result(at)

    async def feed(self) -> None:
        """Every row of this worker's share, and then the end of them; InputError or Unsigned where it has to come before."""
        rows = 0
        for batch in self._batches():
            if self._signer is None:
                await self._send([row for row, _ in batch])
                rows += len(batch)
                if rows >= _FIRST:
                    await self._ready()
            else:
                await self._feed_signed(self._signer, batch)
        await self._send([])
        await self._ready()

    async def renew(self, row: Row) -> None:
        """Answers with the row and a new token, or with why there is none."""
        assert self._signer is not None  # without one nobody asks
        renewed = await self._signed(self._signer, row)
        self._writer.write(pack(Message.SIGN, msgspec.msgpack.encode(renewed)))
        await self._writer.drain()

    async def _feed_signed(self, signer: Signer, batch: list[Due]) -> None:
        while batch:
            await self._until(batch[0][1])
            signed = await self._some(signer, batch[: self._near(batch)])
            batch = batch[len(signed) :]
            await self._send(signed)
            self._count_failures(signed)

    async def _some(self, signer: Signer, batch: list[Due]) -> list[Row]:
        """The first of the batch, signed: all at once, or one after the other for as long as a spell lasts."""
        if signer.many:
            return await asyncio.gather(*(self._signed_ahead(signer, row, due) for row, due in batch))
        signed, limit = [], time() + _SPELL
        for row, due in batch:
            signed.append(await self._signed_ahead(signer, row, due))
            if time() > limit:
                break
        await asyncio.sleep(0)
        return signed

    def _near(self, batch: list[Due]) -> int:
        """How many of the batch are to be signed now: those who are due soon enough, at least the first."""
        if self._first:
            self._first = False
            return 1  # its token shows how long they last
        until = time() - self._start.result() + self._ahead if self._start.done() else _AHEAD_OF_START
        near = next((place for place, (_, due) in enumerate(batch[:_AT_ONCE]) if due > until), _AT_ONCE)
        return max(near, 1)

    async def _until(self, due: float) -> None:
        """Returns when who is due then is to be signed."""
        if not self._start.done():
            if due <= _AHEAD_OF_START:
                return
            await self._ready()
        start = await self._start
        await asyncio.sleep(max(start + due - self._ahead - time(), 0.0))

    async def _signed_ahead(self, signer: Signer, row: Row, due: float) -> Row:
        """The row as it is, where its own token is good for long enough."""
        at = (self._start.result() if self._start.done() else time()) + due
        if row.failed or (row.token and (row.expires is None or row.expires > at + self._spec.refresh)):
            return row
        return await self._signed(signer, row)

    async def _signed(self, signer: Signer, row: Row) -> Row:
        try:
            token = await signer.sign(self._person(row))
        except Unsigned as problem:
            return msgspec.structs.replace(row, failed=str(problem))
        if token.expires is not None:
            self._ahead = min(self._ahead, (token.expires - time()) / 2)  # or it would be half gone when it is needed
        return msgspec.structs.replace(row, token=token.text, expires=token.expires)

    def _person(self, row: Row) -> Person:
        """Whom the signer is given: with a file's row in it where there is a file."""
        key = mix(self._population.key, row.index)
        return Person(self._population, row.index, key) if self._file is None else GivenPerson(self._population, row, key)

    def _count_failures(self, rows: list[Row]) -> None:
        for row in rows:
            self._failures = self._failures + 1 if row.failed else 0
            if row.failed and not self._told_ready:
                raise Unsigned(row.failed)
            if self._failures == _IN_A_ROW:
                raise Unsigned(f"{row.failed}, for {_IN_A_ROW} persons in a row")

    def _batches(self) -> Iterator[list[Due]]:
        """This worker's share, cut small, in the order it is due."""
        plan = self._plan
        schedule, end = Schedule(plan, 0), plan.first_person + persons(plan)
        rows: Iterator[list[Row]] | None = None
        while len((block := schedule.block(_BATCH)).number):
            dues = (block.due * 1e-6).tolist()
            if self._file is None:
                yield [(_derived(self._population, index), due) for index, due in zip(block.person.tolist(), dues, strict=True)]
                continue
            if rows is None:
                rows = self._file.rows(int(block.person[0]), end, plan.workers, _BATCH)
            found = next(rows, [])
            yield list(zip(found, dues, strict=False))
            if len(found) < len(dues):
                return

    async def _send(self, rows: list[Row]) -> None:
        self._writer.write(pack(Message.ROWS, msgspec.msgpack.encode(rows)))
        await self._writer.drain()

    async def _ready(self) -> None:
        if not self._told_ready:
            self._told_ready = True
            self._writer.write(pack(Message.READY))
            await self._writer.drain()


def _derived(population: Population, index: int) -> Row:
    return Row(index, Person(population, index, 0).id)
