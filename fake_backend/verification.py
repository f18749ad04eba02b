"""Real-name verification: carries what is to be verified to whoever can tell, until there is an answer."""

from functools import partial
from typing import Final

import aiohttp
import msgspec

from fake_backend import registrations
from fake_backend.books import Books
from fake_backend.facts import Letter
from fake_backend.faults import RetryStorm
from fake_backend.outbox import Unreachable
from fake_backend.registrations import Register, State
from fake_backend.room import Site
from fake_backend.sealed import unseal
from fake_backend.storm import Storm
from fake_backend.tokens import key_of


class _Answer(msgspec.Struct, frozen=True):
    state: State


class Verifier:
    """Carries the letters; an answer that is none counts as no answer."""

    def __init__(self, site: Site) -> None:
        self._site, self._storm = site, Storm()

    async def carry(self, letter: Letter) -> State:
        state = await self._ask(unseal(str(letter.body["sealed"]), key_of(self._site.links.secret, "seals")).encode())
        if _unknown(state):
            raise Unreachable("the verification does not answer")
        return state

    def settle(self, books: Books, letter: Letter, answer: State) -> None:
        registrations.settle(books, str(letter.body["person"]), answer)

    async def now(self, setting: RetryStorm, wanted: Register, person: str) -> State:
        """With the defect `retry_storm` nobody writes a letter: whoever registers waits until it is verified, or nobody answers."""
        state = await self._storm.ask(setting, partial(self._ask, registrations.to_be_verified(wanted)), _unknown, _NOBODY)
        if not _unknown(state):
            await self._site.books.write(lambda books: registrations.settle(books, person, state))
        return state

    async def _ask(self, body: bytes) -> State:
        """What the verification says; `pending` where there is no answer."""
        try:
            async with self._site.http().post(f"{self._site.links.providers}/verifications", data=body, headers=_JSON) as answer:
                text = await answer.read()
            return msgspec.json.decode(text, type=_Answer).state if answer.status == 200 else _NOBODY
        except (TimeoutError, aiohttp.ClientError, OSError, msgspec.DecodeError):
            return _NOBODY


def _unknown(state: State) -> bool:
    return state == _NOBODY


_NOBODY: Final[State] = "pending"
_JSON: Final = {"Content-Type": "application/json"}
