"""The outbox: what another room or another process has to be told, written with the fact it tells and carried until it was taken.

    work ── fact + letter, one transaction ──▶ outbox ──▶ courier ──▶ answer ── settled, one transaction ──▶ gone

A letter is carried at least once: who gets it tells a second one by its key.  Letters to rooms of this house are received in the very
transaction in which they leave the outbox, exactly once.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from fake_backend.books import Bookkeeper, Books
from fake_backend.database import Away
from fake_backend.facts import Letter
from fake_backend.group_commit import NotStored

_AT_ONCE = 64
"""letters of one kind that are carried at the same time, or received in one transaction"""
_MOST_HELD = 256
"""letters of one kind that could not be delivered lately, after which no new one of the kind is tried before one of them was"""
_POLL = 0.05
"""wall seconds between two looks where nobody says that there is something"""
_GAPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""wall seconds before a letter is carried again to somebody who could not be reached: what machines need is wall time"""
_FORGOTTEN = 60.0
"""wall seconds after which a letter that was held back and never seen again was settled by somebody else"""
_LETTERS = """SELECT * FROM (
  SELECT number, kind, key, body, due, tries FROM outbox WHERE kind = ? AND due <= ? ORDER BY due, number LIMIT ?) AS letters"""
"""of one kind: what one kind's letters wait for holds up no other kind"""

log = logging.getLogger(__name__)


class Unreachable(Exception):
    """Whoever should have the letter could not be reached, or did not say that it was taken; it is carried again."""


class Again(msgspec.Struct, frozen=True):
    """Not settled yet: carry it again from the moment `due` on."""

    due: float


class Courier(Protocol):
    """Carries one kind of letter out of the house."""

    async def carry(self, letter: Letter) -> Any:
        """Take it there and bring the answer; Unreachable where there is none.  Called again and again with the same letter."""

    def settle(self, books: Books, letter: Letter, answer: Any) -> Again | None:
        """Write what the answer means.  None: the letter has done its work."""


Receiver = Callable[[Books, Letter], None]
"""takes a letter to a room of this house, in the transaction in which it leaves the outbox"""


class Outbox:
    """Looks after the letters; `leads` says whether it is this process's turn to."""

    def __init__(
        self, books: Bookkeeper, now: Callable[[], float], couriers: Mapping[str, Courier], receivers: Mapping[str, Receiver],
        leads: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self._books, self._now, self._couriers, self._receivers, self._leads = books, now, couriers, receivers, leads
        self._wake = asyncio.Event()
        self._out: dict[str, dict[int, asyncio.Task[None]]] = {kind: {} for kind in (*couriers, *receivers)}
        self._held: dict[str, dict[int, float]] = {kind: {} for kind in self._out}
        """by kind and number, the wall moment before which a letter is not tried again"""
        books.wrote = self._wake.set

    async def run(self) -> None:
        """Carry letters until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._wake.clear()
                if self._leads():
                    try:
                        await self._look(loop.time())
                    except (NotStored, Away):
                        await asyncio.sleep(_POLL)  # the database is away; everything is as it was
                    except Exception:
                        log.exception("the outbox could not be looked through")
                        await asyncio.sleep(_GAPS[-1])
                try:
                    async with asyncio.timeout(_POLL):
                        await self._wake.wait()
                except TimeoutError:
                    pass
        finally:
            under_way = [task for tasks in self._out.values() for task in tasks.values()]
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def waiting(self) -> tuple[int, int]:
        """How many letters there are that somebody carries or receives, and how many of kinds that nobody does."""
        rows = await self._books.read("SELECT kind, count(*) FROM outbox GROUP BY kind")
        ours = sum(count for kind, count in rows if kind in self._out)
        return ours, sum(count for _, count in rows) - ours

    async def _look(self, wall: float) -> None:
        now, limits = self._now(), {kind: self._limit(kind, wall) for kind in self._out}
        asked = [(kind, now, limit) for kind, limit in limits.items() if limit]
        if not asked:
            return
        rows = await self._books.read(" UNION ALL ".join([_LETTERS] * len(asked)), *(value for each in asked for value in each))
        inside = []
        for number, kind, key, body, due, tries in rows:
            if number in self._out[kind] or wall < self._held[kind].get(number, 0.0):
                continue
            letter = Letter(kind, key, msgspec.json.decode(body), due, number, tries)
            if kind in self._receivers:
                inside.append(letter)
            elif len(self._out[kind]) < _AT_ONCE:
                self._out[kind][number] = asyncio.create_task(self._carry(letter))
        if inside:
            await self._take_in(inside)
            self._wake.set()

    def _limit(self, kind: str, wall: float) -> int:
        """How many letters of the kind to look at: those on their way and those held back stand before the others."""
        for number in [number for number, until in self._held[kind].items() if until < wall - _FORGOTTEN]:
            del self._held[kind][number]
        out, held = len(self._out[kind]), len(self._held[kind])
        if out >= _AT_ONCE:
            return 0
        return out + held + (_AT_ONCE - out if held < _MOST_HELD else 0)

    async def _take_in(self, letters: list[Letter]) -> None:
        """Hand letters to their rooms: all in one transaction, or each in its own where one of them cannot be taken."""
        try:
            await self._books.write(lambda books: self._receive(books, letters))
        except NotStored:
            raise
        except Exception:
            if len(letters) > 1:
                for letter in letters:
                    await self._take_in([letter])
                return
            letter = letters[0]
            log.exception("letter %d of kind %s could not be received", letter.number, letter.kind)
            self._held[letter.kind][letter.number] = asyncio.get_running_loop().time() + _GAPS[-1]
            return
        for letter in letters:
            self._held[letter.kind].pop(letter.number, None)

    def _receive(self, books: Books, letters: list[Letter]) -> None:
        for letter in letters:
            if books.row("SELECT 1 FROM outbox WHERE number = ?", letter.number):
                self._receivers[letter.kind](books, letter)
                books.run("DELETE FROM outbox WHERE number = ?", letter.number)

    async def _carry(self, letter: Letter) -> None:
        courier, loop = self._couriers[letter.kind], asyncio.get_running_loop()
        out, held = self._out[letter.kind], self._held[letter.kind]
        try:
            answer = await courier.carry(letter)
            await self._books.write(lambda books: self._settle(books, letter, courier, answer))
            held.pop(letter.number, None)
        except (Unreachable, NotStored):
            held[letter.number] = loop.time() + _GAPS[min(letter.tries, len(_GAPS) - 1)]
            await self._tried(letter)
        except Exception:
            held[letter.number] = loop.time() + _GAPS[-1]
            log.exception("letter %d of kind %s could not be settled", letter.number, letter.kind)
        finally:
            del out[letter.number]
            if len(out) <= _AT_ONCE // 2:
                self._wake.set()

    async def _tried(self, letter: Letter) -> None:
        try:
            await self._books.write(lambda books: books.run("UPDATE outbox SET tries = tries + 1 WHERE number = ?", letter.number))
        except NotStored:
            log.debug("letter %d: the database is away", letter.number)

    def _settle(self, books: Books, letter: Letter, courier: Courier, answer: Any) -> None:
        if books.row("SELECT 1 FROM outbox WHERE number = ?", letter.number) is None:
            return  # settled already, by a process that led before this one
        again = courier.settle(books, letter, answer)
        if again is None:
            books.run("DELETE FROM outbox WHERE number = ?", letter.number)
        else:
            books.run("UPDATE outbox SET due = ?, tries = tries + 1 WHERE number = ?", again.due, letter.number)
