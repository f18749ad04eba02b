"""The ledger where several processes share the database: every reservation is decided in the transaction that stores it.

    request ─▶ waiting ─▶ (one batch) ─▶ lock · look up · decide each · store · commit ─▶ every request of the batch is answered

Who asks again under the key of an entry that was answered is given that answer from the cache, before the batch: it never changes.

The lock is of the whole database: while a batch has it no other process decides anything, so that what was looked up still holds when it
is stored, and numbers follow each other without a gap.  Two unique indexes have the last word.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from fake_backend.asked import Asked, Decide, Facts, Keep, Kept, Way, straight
from fake_backend.database import Batch, Known, Shared
from fake_backend.facts import Refusal, Reservation
from fake_backend.group_commit import GroupCommit
from fake_backend.remembered import Remembered
from fake_backend.reservations import decide

_COLUMNS: Final = "SELECT sequence, person, round, shop, key, at FROM reservations"
_PLACE: Final = "reservation:"
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Reservation).decode


class SharedLedger:
    """Every reservation, in a database that others write to as well; `observe(rows, seconds)` hears of every commit of this process."""

    def __init__(
        self, database: Shared, observe: Callable[[int, float], None], now: Callable[[], float], crooked: Way = straight,
        remembered: Remembered | None = None,
    ) -> None:  # fmt: skip
        self._database, self._observe, self._now, self._crooked, self._remembered = database, observe, now, crooked, remembered
        self._honest = True
        """whether the batch that is under way was decided without a planted defect"""
        self.commits = GroupCommit(database, self._stored, lambda: None)
        self.duplicates = database.duplicates
        self._last = database.last()
        """the last number that is known to this process to be durable"""
        database.judge = self._judge

    def __len__(self) -> int:
        return self._last

    async def enter(self, asked: Asked) -> None:
        """Have the request decided; returns when what came of it is durable."""
        earlier = await self._answered(asked.key)
        if earlier is None:
            await self.commits.asked(asked)
        else:
            asked.fact = decide(asked.command, asked.key, Facts(asked.round, earlier, None, 0, asked.frozen), self._now())
            asked.replayed = asked.fact is earlier

    async def _answered(self, key: str) -> Reservation | None:
        """The entry that was made under the key and answered, where the cache has it."""
        if self._remembered is None or self._crooked():
            return None
        try:
            found = await self._remembered.get(_PLACE + key)
            fact = _decode(found) if found else None
        except msgspec.DecodeError:
            return None
        return fact if fact is not None and fact.key == key else None

    async def at(self, sequence: int) -> Reservation | None:
        """The reservation with this number."""
        rows = await self._database.read(f"{_COLUMNS} WHERE sequence = ?", sequence)
        return Reservation(*rows[0]) if rows else None

    async def of_person(self, person: str, rounds: Sequence[str]) -> list[Reservation]:
        """What the person has in the rounds."""
        if not rounds:
            return []
        places = ", ".join("?" * len(rounds))
        rows = await self._database.read(f"{_COLUMNS} WHERE person = ? AND round IN ({places}) ORDER BY sequence", person, *rounds)
        return [Reservation(*row) for row in rows]

    async def caught_up(self) -> None:
        """Returns when all that was decided before, in whichever process, is durable or was refused: its batch had the lock then."""
        await self.commits.caught_up()

    def _stored(self, batch: Batch, took: float) -> None:
        facts = [asked.fact for asked in batch.asked if isinstance(asked.fact, Reservation)]
        self._last = max([self._last, *(fact.sequence for fact in facts)])
        if self._remembered is not None and self._honest:
            self._remembered.keep({_PLACE + fact.key: _encode(fact) for fact in facts})
        self._observe(sum(isinstance(asked.fact, Reservation) and not asked.replayed for asked in batch.asked), took)

    def _judge(self, every: list[Asked], known: Known) -> tuple[list[Reservation], int]:
        crooked, now, sitting = self._crooked(), self._now(), _Sitting(known)
        self._honest = crooked is None
        way: tuple[Decide, Keep] = crooked or (decide, _honest)
        for asked in every:
            sitting.hear(asked, way, now)
        return sitting.rows, sitting.last


def _honest(fact: Reservation) -> Kept:
    return Kept([fact], fact.sequence + 1)


class _Sitting:
    """The requests of one batch, decided one after the other, each knowing of those before it."""

    def __init__(self, known: Known) -> None:
        self.last, self._frozen = known.last, known.frozen
        self.rows: list[Reservation] = []
        self._keys: dict[str, Reservation] = {}
        self._entries: dict[tuple[str, str], Reservation] = {}
        for fact in known.reservations:
            self._note(fact)

    def hear(self, asked: Asked, way: tuple[Decide, Keep], now: float) -> None:
        """Decide one of them."""
        command = asked.command
        earlier = self._keys.get(asked.key)
        facts = Facts(
            asked.round, earlier, self._entries.get((command.person, command.round)), self.last + 1,
            asked.frozen or command.round in self._frozen,
        )  # fmt: skip
        fact = asked.fact = way[0](command, asked.key, facts, now)
        asked.replayed = fact is earlier
        if asked.replayed or isinstance(fact, Refusal):
            return
        kept = way[1](fact)
        for row in kept.rows:
            self._note(row)
        self.rows += kept.rows
        self.last = kept.next_sequence - 1
        if not kept.waited_for and asked.release:
            asked.release()

    def _note(self, fact: Reservation) -> None:
        self._keys.setdefault(fact.key, fact)
        self._entries.setdefault((fact.person, fact.round), fact)
