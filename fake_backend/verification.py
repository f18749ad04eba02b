"""Real-name verification: carries what is to be verified to whoever can tell, until there is an answer."""

import aiohttp
import msgspec

from fake_backend import registrations
from fake_backend.books import Books
from fake_backend.facts import Letter
from fake_backend.outbox import Unreachable
from fake_backend.registrations import State
from fake_backend.room import Site
from fake_backend.sealed import unseal
from fake_backend.tokens import key_of


class _Answer(msgspec.Struct, frozen=True):
    state: State


class Verifier:
    """Carries the letters; an answer that is none counts as no answer."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def carry(self, letter: Letter) -> State:
        links = self._site.links
        body = unseal(str(letter.body["sealed"]), key_of(links.secret, "seals")).encode()
        headers = {"Content-Type": "application/json"}
        if not links.providers:
            raise Unreachable("there is no verification")
        try:
            async with self._site.http().post(f"{links.providers}/verifications", data=body, headers=headers) as answer:
                text = await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise Unreachable("the verification does not answer") from None
        if answer.status != 200:
            raise Unreachable(f"the verification answers {answer.status}")
        try:
            return msgspec.json.decode(text, type=_Answer).state
        except msgspec.DecodeError:
            raise Unreachable("the verification answers something else") from None

    def settle(self, books: Books, letter: Letter, answer: State) -> None:
        registrations.settle(books, str(letter.body["person"]), answer)
