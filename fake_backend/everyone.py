"""All the processes of one server: what one of them is told, all know before it is answered; what one is asked, all answer together."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Answer = Callable[[Any], Awaitable[Any]]
"""takes and gives what JSON can carry"""


class Everyone(Protocol):
    """The way to all processes, the own one among them."""

    def answer(self, kind: str, how: Answer) -> None:
        """From now on this process answers questions of the kind so."""

    async def ask(self, kind: str, body: Any = None) -> list[Any]:
        """Ask every process that serves; what each answered.  One that dies over it answers nothing."""

    async def tell(self, kind: str, body: Any) -> None:
        """Tell the others, without waiting for them: each answers as if asked, and nobody hears it."""

    @property
    def others(self) -> int:
        """How many others there are."""


class Alone:
    """One process with nobody beside it."""

    others = 0

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def answer(self, kind: str, how: Answer) -> None:
        """From now on questions of the kind are answered so."""
        self._answers[kind] = how

    async def ask(self, kind: str, body: Any = None) -> list[Any]:
        """What this process answers."""
        return [await self._answers[kind](body)]

    async def tell(self, kind: str, body: Any) -> None:
        """There is nobody to be told."""
