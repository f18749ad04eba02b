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
from fake_backend.facts import Letter
from fake_backend.group_commit import NotStored

_AT_ONCE = 64
"""letters looked at together, and carried at the same time"""
_POLL = 0.05
"""wall seconds between two looks where nobody says that there is something"""
_GAPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""wall seconds before a letter is carried again to somebody who could not be reached: what machines need is wall time"""

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
        self._out: dict[int, asyncio.Task[None]] = {}
        self._not_before: dict[int, float] = {}
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
                    except NotStored:
                        await asyncio.sleep(_POLL)  # the database is away; everything is as it was
                try:
                    async with asyncio.timeout(_POLL):
                        await self._wake.wait()
                except TimeoutError:
                    pass
        finally:
            for task in self._out.values():
                task.cancel()

    async def waiting(self) -> int:
        """How many letters there are."""
        return int((await self._books.read("SELECT count(*) FROM outbox"))[0][0])

    async def _look(self, wall: float) -> None:
        out = len(self._out)
        rows = await self._books.read(
            "SELECT number, kind, key, body, due, tries FROM outbox WHERE due <= ? ORDER BY number LIMIT ?", self._now(), out + _AT_ONCE
        )
        letters = [Letter(kind, key, msgspec.json.decode(body), due, number, tries) for number, kind, key, body, due, tries in rows]
        inside = [letter for letter in letters if letter.kind in self._receivers]
        if inside:
            await self._books.write(lambda books: self._receive(books, inside))
            self._wake.set()
        for letter in letters:
            if letter.kind in self._couriers and letter.number not in self._out and wall >= self._not_before.get(letter.number, 0.0):
                self._out[letter.number] = asyncio.create_task(self._carry(letter))

    def _receive(self, books: Books, letters: list[Letter]) -> None:
        for letter in letters:
            if books.row("SELECT 1 FROM outbox WHERE number = ?", letter.number):
                self._receivers[letter.kind](books, letter)
                books.run("DELETE FROM outbox WHERE number = ?", letter.number)

    async def _carry(self, letter: Letter) -> None:
        courier, loop = self._couriers[letter.kind], asyncio.get_running_loop()
        try:
            answer = await courier.carry(letter)
            await self._books.write(lambda books: self._settle(books, letter, courier, answer))
            self._not_before.pop(letter.number, None)
        except (Unreachable, NotStored):
            self._not_before[letter.number] = loop.time() + _GAPS[min(letter.tries, len(_GAPS) - 1)]
            try:
                await self._books.write(lambda books: books.run("UPDATE outbox SET tries = tries + 1 WHERE number = ?", letter.number))
            except NotStored:
                log.debug("letter %d: the database is away", letter.number)
        except Exception:
            self._not_before[letter.number] = loop.time() + _GAPS[-1]
            log.exception("letter %d of kind %s could not be settled", letter.number, letter.kind)
        finally:
            del self._out[letter.number]
            self._wake.set()

    def _settle(self, books: Books, letter: Letter, courier: Courier, answer: Any) -> None:
        if books.row("SELECT 1 FROM outbox WHERE number = ?", letter.number) is None:
            return  # settled already, by a process that led before this one
        again = courier.settle(books, letter, answer)
        if again is None:
            books.run("DELETE FROM outbox WHERE number = ?", letter.number)
        else:
            books.run("UPDATE outbox SET due = ?, tries = tries + 1 WHERE number = ?", again.due, letter.number)
