"""A few database connections that requests take turns with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import psycopg
from stats import Stats


class PoolExhausted(Exception):
    """Too many requests wait for a connection already."""


class ConnectionPool:
    """Opens `size` connections to a database `away` seconds from here; at most `queue` requests wait for one."""

    def __init__(self, dsn: str, size: int, away: float, stats: Stats, queue: int = 400) -> None:
        self.dsn, self.size, self.away, self.stats, self.queue = dsn, size, away, stats, queue
        self.idle: asyncio.LifoQueue[psycopg.AsyncConnection] = asyncio.LifoQueue()
        self.waiting = 0

    async def __aenter__(self) -> Self:
        for _ in range(self.size):
            self.idle.put_nowait(await psycopg.AsyncConnection.connect(self.dsn, autocommit=True, prepare_threshold=0))
        self.stats.pool_size.set(self.size)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        while not self.idle.empty():
            await self.idle.get_nowait().close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection]:
        if self.waiting >= self.queue:
            raise PoolExhausted
        self.waiting += 1
        self.stats.pool_waiting.set(self.waiting)
        try:
            connection = await self.idle.get()
        finally:
            self.waiting -= 1
            self.stats.pool_waiting.set(self.waiting)
        self.stats.pool_in_use.inc()
        try:
            await asyncio.sleep(self.away)
            yield connection
        finally:
            self.stats.pool_in_use.dec()
            self.idle.put_nowait(connection)
