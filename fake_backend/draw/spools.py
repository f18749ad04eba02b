"""Which spools there are in this process: a few, each made when first asked for."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Final

from fake_backend.draw.drawing import Drawing
from fake_backend.draw.spool import CountFailed, Spool
from fake_backend.facts import Reservation
from fake_backend.room import Entries

PAGE: Final = 1000
"""reservations that are read at once"""
_MOST: Final = 8
_AT_A_TIME: Final = 2


async def pages(entries: Entries, round_: str) -> AsyncIterator[list[Reservation]]:
    """Everybody who entered the round."""
    after, full = 0, True
    while full:
        page = await entries.pages(round_, after, PAGE)
        full = len(page) >= PAGE
        if page:
            after = page[-1].sequence
            yield page
        await asyncio.sleep(0)


class Spools:
    """Keeps the spools; `secret` keys the salts."""

    def __init__(self, entries: Entries, secret: str) -> None:
        self._entries, self._secret = entries, secret.encode()
        self._kept: OrderedDict[str, Spool] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}
        self.counting = asyncio.Semaphore(_AT_A_TIME)
        """lets two count at a time"""

    async def frozen(self, round_: str, item: str, misses: float = 0.0) -> Spool:
        """The round's entries, written from the ledger."""
        async with self._locks.setdefault(round_, asyncio.Lock()):
            if round_ not in self._kept:
                spool = Spool()
                try:
                    async with self.counting:
                        await spool.freeze(pages(self._entries, round_), round_, item, self._secret, misses)
                except BaseException:
                    spool.close()
                    raise
                self._kept[round_] = spool
                while len(self._kept) > _MOST:
                    self._kept.popitem(last=False)[1].close()
            self._kept.move_to_end(round_)
            return self._kept[round_]

    async def of(self, drawing: Drawing) -> Spool:
        """The entries that were committed to; CountFailed where the ledger has others now."""
        spool = await self.frozen(drawing.round, drawing.item, drawing.misses)
        if spool.root != drawing.root:
            self._kept.pop(drawing.round).close()
            raise CountFailed(f"{drawing.round}: the ledger is not what was committed to")
        return spool

    def close(self) -> None:
        """Let go of all."""
        for spool in self._kept.values():
            spool.close()
        self._kept.clear()
