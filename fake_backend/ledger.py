"""The ledger: facts are appended, numbered without a gap, and never changed.

A fact has its number from the moment it is decided, and is found by key and by person from then on; it is answered only when durable.
Uniqueness is decided here, in one thread, against `fingerprints` that are exact because every hit is compared with the row itself; the
rows have the last word: at every start they are all read again, and those that should not be there are counted in `/health`.
"""

import asyncio
from array import array
from collections.abc import Callable, Sequence

from fake_backend.asked import Asked, Facts, Kept, Way, straight
from fake_backend.database import Batch, Sequential
from fake_backend.facts import Refusal, Reservation
from fake_backend.fingerprints import Fingerprints, mark, twins
from fake_backend.group_commit import GroupCommit
from fake_backend.reservations import decide


class Ledger:
    """Every reservation, by sequence, by key, and by person and round; `observe(rows, seconds)` hears of every commit."""

    def __init__(
        self, database: Sequential, observe: Callable[[int, float], None], now: Callable[[], float], crooked: Way = straight
    ) -> None:
        self._database, self._observe, self._now, self._crooked = database, observe, now, crooked
        self.commits = GroupCommit(database, self._stored, self._failed)
        self._keys, self._entries = Fingerprints(), Fingerprints()
        self._pending: dict[int, tuple[Reservation, asyncio.Future[None]]] = {}
        self._durable = 0
        self.next_sequence = 1
        self.duplicates = 0
        """Rows found at the start that repeat an earlier row's person and round, or key: evidence of a defect."""
        self._load()

    def _load(self) -> None:
        sequences, keys, entries = array("Q"), array("q"), array("q")
        for sequence, person, round_, key in self._database.marks():
            sequences.append(sequence)
            keys.append(hash(key))
            entries.append(hash((person, round_)))
        if not sequences:
            return
        self._keys, self._entries = Fingerprints.of(keys, sequences), Fingerprints.of(entries, sequences)
        self._durable = sequences[-1]
        self.next_sequence = self._durable + 1
        self.duplicates = len({*twins(keys, sequences), *twins(entries, sequences)})

    def __len__(self) -> int:
        return self._durable

    async def enter(self, asked: Asked) -> None:
        """Decide, and keep what was decided; returns when it is durable.  Up to its only wait nothing else runs."""
        command, key, crooked = asked.command, asked.key, self._crooked()
        facts = Facts(
            asked.round, self.by_key(key), self.by_person(command.person, command.round), self.next_sequence, asked.frozen
        )  # fmt: skip
        fact = asked.fact = (crooked[0] if crooked else decide)(command, key, facts, self._now())
        if isinstance(fact, Refusal):
            return
        if fact.sequence < self.next_sequence:
            asked.replayed = True
            await self.durable(fact)
        elif crooked is None:
            await self.append(fact)
        else:
            await self._keep(crooked[1](fact))

    async def _keep(self, kept: Kept) -> None:
        waiting = [self.append(row) for row in kept.rows]
        self.next_sequence = kept.next_sequence
        for durable in waiting:
            if kept.waited_for:
                await durable
            else:
                durable.add_done_callback(_unheard)

    async def at(self, sequence: int) -> Reservation | None:
        """The reservation with this number, once it is durable."""
        fact = self._at(sequence)
        if fact is not None:
            await self.durable(fact)
        return fact

    def _at(self, sequence: int) -> Reservation | None:
        pending = self._pending.get(sequence)
        return pending[0] if pending else self._database.reservation(sequence)

    def by_key(self, key: str) -> Reservation | None:
        """The reservation that was made under the key."""
        for sequence in self._keys.find(mark(key)):
            fact = self._at(sequence)
            if fact is not None and fact.key == key:
                return fact
        return None

    def by_person(self, person: str, round_: str) -> Reservation | None:
        """The person's reservation in the round."""
        for sequence in self._entries.find(mark((person, round_))):
            fact = self._at(sequence)
            if fact is not None and fact.person == person and fact.round == round_:
                return fact
        return None

    async def of_person(self, person: str, rounds: Sequence[str]) -> list[Reservation]:
        """What the person has in the rounds, once it is durable."""
        found = [fact for fact in (self.by_person(person, round_) for round_ in rounds) if fact is not None]
        for fact in found:
            await self.durable(fact)
        return found

    async def caught_up(self) -> None:
        """Returns when all that was decided before is durable, or was refused."""
        await self.commits.caught_up()

    def append(self, fact: Reservation) -> "asyncio.Future[None]":
        """Take the fact, which carries `next_sequence`, into the ledger; done when durable."""
        durable = self.commits.reservation(fact)
        self._pending[fact.sequence] = (fact, durable)
        self._keys.add(mark(fact.key), fact.sequence)
        self._entries.add(mark((fact.person, fact.round)), fact.sequence)
        self.next_sequence = fact.sequence + 1
        return durable

    async def durable(self, fact: Reservation) -> None:
        """Returns when a fact that was found is durable; at once if it already is."""
        pending = self._pending.get(fact.sequence)
        if pending is not None:
            await asyncio.shield(pending[1])

    def _stored(self, batch: Batch, took: float) -> None:
        for fact in batch.reservations:
            del self._pending[fact.sequence]
        if batch.reservations:
            self._durable = batch.reservations[-1].sequence
        self._observe(len(batch.reservations), took)

    def _failed(self) -> None:
        """Nothing that waits was stored: number on from the last durable row.  The marks stay behind, and find no row."""
        self._pending.clear()
        self.next_sequence = self._durable + 1


def _unheard(durable: "asyncio.Future[None]") -> None:
    if not durable.cancelled():
        durable.exception()
