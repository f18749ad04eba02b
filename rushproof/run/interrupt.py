"""Ctrl-C and SIGTERM: asked once, a run ends in good order; asked twice, it hurries."""

import asyncio
import signal
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from rushproof.errors import Interrupted

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Counts the askings while it is open; the process no longer ends by these signals then."""

    def __init__(self) -> None:
        self.asked, self.hurry = asyncio.Event(), asyncio.Event()

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self.ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def ask(self) -> None:
        """What a signal does."""
        (self.hurry if self.asked.is_set() else self.asked).set()

    async def until(self, work: Coroutine[Any, Any, T], event: asyncio.Event | None = None) -> T:
        """The result of `work`, unless the event (being asked at all) comes first: then it is cancelled, and this is `Interrupted`."""
        task, asked = asyncio.ensure_future(work), asyncio.ensure_future((event or self.asked).wait())
        try:
            await asyncio.wait((task, asked), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
                if task.cancelled() or task.exception() is not None:
                    raise Interrupted("interrupted before the load began")
            return task.result()
        finally:
            task.cancel()
            asked.cancel()
