"""The user's own function that makes tokens: loaded as a locustfile is, called for one person, and never quoted."""

import asyncio
import inspect
import traceback
from collections.abc import Callable
from time import time
from typing import Any

from rushproof.errors import PersonaError
from rushproof.personas import opened
from rushproof.persons import Token
from rushproof.population import Person

_PAUSES = (0.1, 0.5)
"""wall seconds between two tries for one person: a login that failed once may work the next time"""


class Unsigned(Exception):
    """There is no token for this person; the sentence says what the signer raised and where, and nothing that could be a token."""


class Signer:
    """`FILE.py:FUNCTION`, opened; PersonaError where there is no such file or function.

    The function is given a `Person` and returns a `Token` or its text; it may be an `async def`.
    """

    def __init__(self, spec: str) -> None:
        path, _, self._name = spec.rpartition(":")
        if not path or not self._name.isidentifier():
            raise PersonaError(f"expected ./FILE.py:FUNCTION, found {spec!r}")
        self._path = path
        function = getattr(opened(path), self._name, None)
        if not callable(function):
            raise PersonaError(f"{path}: has no function {self._name!r}")
        self._function: Callable[[Person], Any] = function
        self.many = inspect.iscoroutinefunction(function)
        """whether several persons can be signed at once"""

    async def sign(self, person: Person) -> Token:
        """This person's token; Unsigned where three tries gave none."""
        for pause in (*_PAUSES, None):
            try:
                return await self._signed(person)
            except Unsigned:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError  # the last try returns or raises

    async def _signed(self, person: Person) -> Token:
        try:
            made = self._function(person)
            if inspect.isawaitable(made):
                made = await made
        except Exception as error:
            raise Unsigned(f"the signer raised {type(error).__name__} ({self._place(error)})") from None
        token: Any = Token(made) if isinstance(made, str) else made
        if not isinstance(token, Token) or not token.text:
            kind = "an empty text" if isinstance(token, Token) else type(made).__name__
            raise Unsigned(f"the signer {self._name} returned {kind}: expected a Token or its text")
        if token.expires is not None and not token.expires > time():
            raise Unsigned(f"the signer {self._name} returned a token that has ended already: `expires` is in unix seconds")
        return token

    def _place(self, error: Exception) -> str:
        """Where in the user's own file, if it is there, otherwise where it was raised."""
        frames = traceback.extract_tb(error.__traceback__)
        mine = [frame for frame in frames if frame.filename == self._path] or frames[-1:]
        return f"{mine[-1].name}, line {mine[-1].lineno}"
