"""The way to other processes: one HTTP client for all rooms, made when the first of them needs it."""

from typing import Final

import aiohttp

PATIENCE: Final = aiohttp.ClientTimeout(total=5.0)
"""wall seconds that another process has to answer"""


class Outside:
    """Gives the client to whoever calls; `close` lets go of it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    def __call__(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ConnectionError("this backend ends, and calls nobody any more")
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=PATIENCE)
        return self._session

    async def close(self) -> None:
        """Close what is open; whoever calls after that gets ConnectionError."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
