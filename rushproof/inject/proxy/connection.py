"""Somebody who came to a proxy, and the connection that was made on their behalf."""

import asyncio
from collections.abc import Callable, Iterable
from random import Random

from rushproof.faults.toxic import Toxic
from rushproof.inject.proxy.end import End
from rushproof.inject.proxy.link import Link

Where = tuple[str, int]


class Connection:
    """Both ends and both directions; as soon as one end is gone, so is the other, and in the same way."""

    def __init__(self, upstream: Where, random: Random, toxics: Iterable[Toxic], came: Callable[["Connection"], None]) -> None:
        self._upstream, self._came = upstream, came
        self.over: Callable[[Connection], None]
        """told when all is over"""
        self.client, self.server = End(self._arrived, self._lost), End(self._reached, self._lost)
        self.client.other, self.server.other = self.server, self.client
        self.links = {
            "upstream": Link(self.client, self.server, random, self.reset, self._close),
            "downstream": Link(self.server, self.client, random, self.reset, self._close),
        }
        self._reaching: asyncio.Task[None] | None = None
        for toxic in toxics:
            self.links[toxic.stream].put(toxic)

    def reset(self) -> None:
        """Both ends find their connection reset."""
        self.client.reset()
        self.server.reset()
        self._done()

    def abort(self) -> None:
        """Both ends are closed, and what was not sent is not sent."""
        self.client.abort()
        self.server.abort()
        self._done()

    def received(self, stream: str) -> int:
        """Bytes that were read in this direction."""
        return (self.client if stream == "upstream" else self.server).received

    def _arrived(self, _: End) -> None:
        self._came(self)
        self._reaching = asyncio.get_running_loop().create_task(self._reach())

    async def _reach(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.server, *self._upstream)
        except OSError:
            self.reset()

    def _reached(self, _: End) -> None:
        if self.client.transport is None or self.client.transport.is_closing():
            self.server.abort()
            return
        for link in self.links.values():
            link.open()

    def _close(self) -> None:
        self.client.close()
        self.server.close()
        self._done()

    def _lost(self, end: End, broken: bool) -> None:
        if broken:
            end.other.reset()
        else:
            end.other.close()
        self._done()

    def _done(self) -> None:
        for link in self.links.values():
            link.stop()
        if self._reaching is not None and not self._reaching.done() and self.server.transport is None:
            self._reaching.cancel()
        self.over(self)
