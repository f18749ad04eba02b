"""One proxy: where it listens, what it stands in front of, and the toxics that are on it."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from rushproof.faults.toxic import Toxic, changed, toxic
from rushproof.inject.proxy.address import Address
from rushproof.inject.proxy.connection import Connection

_BACKLOG = 65535


class Proxy:
    """When a change of it returns, every connection that there is has it: none slips by.

    Its port stays taken while it is down, so that nobody else is given it, least of all somebody who tries to connect to it.
    """

    def __init__(self, name: str, listen: Address, upstream: Address, told: str, random: Random) -> None:
        """`told`: how `upstream` was written.  OSError where the port cannot be had."""
        self.name, self.upstream, self.told, self._random = name, upstream, told, random
        self.enabled = False
        self.toxics: dict[str, Toxic] = {}
        self.connections: set[Connection] = set()
        self.bytes = {"upstream": 0, "downstream": 0}
        """that connections which are over have read, by stream"""
        self._held = _bound(listen)
        self.listen = _where(self._held)
        self._server: asyncio.Server | None = None
        self._turning = asyncio.Lock()
        self._ends: dict[str, asyncio.TimerHandle] = {}

    async def enable(self) -> None:
        """Listen; OSError where somebody else does."""
        async with self._turning:
            self._forget("")
            await self._listen()

    async def disable(self, ttl: float | None = None) -> None:
        """Nobody gets through, and whoever was connected is cut off; for `ttl` seconds, where it ends by itself."""
        async with self._turning:
            self._forget("")
            await self._cut_off()
            if ttl is not None:
                self._later("", ttl, lambda: asyncio.ensure_future(self.enable()))

    async def move(self, listen: Address, upstream: Address, told: str) -> None:
        """Other addresses, for whoever comes from now on: whoever was connected is cut off, and the toxics stay.

        OSError where the port cannot be had: then nothing has changed.
        """
        async with self._turning:
            before, enabled = self._held, self.enabled
            if listen != self.listen:
                self._held = _bound(listen)
            await self._cut_off()
            self.upstream, self.told, self.listen = upstream, told, _where(self._held)
            if before is not self._held:
                before.close()
            if enabled:
                await self._listen()

    async def close(self) -> None:
        """It is no more, and its port is free."""
        await self.disable()
        for key in list(self._ends):
            self._forget(key)
        self._held.close()

    def add(self, told: Mapping[str, Any]) -> Toxic:
        """Put a toxic on every connection, and on those to come; FileExistsError where there is one of that name."""
        one = toxic(told)
        if one.name in self.toxics:
            raise FileExistsError(one.name)
        return self._put(one, told)

    def change(self, name: str, told: Mapping[str, Any]) -> Toxic:
        """Other attributes; KeyError where there is none of that name."""
        return self._put(changed(self.toxics[name], told), told)

    def remove(self, name: str) -> None:
        """Take it away; KeyError where there is none of that name."""
        one = self.toxics.pop(name)
        self._forget(name)
        for connection in list(self.connections):
            connection.links[one.stream].take_away(name)

    def shown(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "name": self.name,
            "listen": str(self.listen),
            "upstream": self.told,
            "enabled": self.enabled,
            "toxics": list(self.toxics.values()),
        }

    def received(self, stream: str) -> int:
        """Bytes that were read in this direction so far."""
        return self.bytes[stream] + sum(connection.received(stream) for connection in self.connections)

    def _put(self, one: Toxic, told: Mapping[str, Any]) -> Toxic:
        ttl = told.get("ttl")
        if ttl is not None and not (isinstance(ttl, int | float) and ttl > 0):
            raise ValueError(f"expected seconds as `ttl`, found {ttl!r}")
        self.toxics[one.name] = one
        for connection in list(self.connections):
            connection.links[one.stream].put(one)
        if ttl is not None:
            self._later(one.name, ttl, lambda: self.remove(one.name))
        return one

    def _connection(self) -> Connection:
        made = Connection(self.upstream.where, self._random, self.toxics.values(), self._came)
        made.over = self._over
        return made

    def _came(self, connection: Connection) -> None:
        if self.enabled:
            self.connections.add(connection)
        else:
            connection.abort()

    def _over(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
            for stream in self.bytes:
                self.bytes[stream] += connection.received(stream)

    async def _listen(self) -> None:
        if not self.enabled:
            wire = _bound(self.listen)
            try:
                self._server = await asyncio.get_running_loop().create_server(
                    lambda: self._connection().client, sock=wire, backlog=_BACKLOG
                )
            except OSError:
                wire.close()
                raise
            self.enabled = True

    async def _cut_off(self) -> None:
        if self.enabled:
            self.enabled = False
            assert self._server is not None
            self._server.close()
            for connection in list(self.connections):
                connection.abort()
            await asyncio.sleep(0)  # sockets are closed in the loop's next turn,
            await asyncio.sleep(0)  # and so are those that had come in this one

    def _later(self, key: str, ttl: float, what: Callable[[], object]) -> None:
        self._forget(key)
        self._ends[key] = asyncio.get_running_loop().call_later(ttl, what)

    def _forget(self, key: str) -> None:
        timer = self._ends.pop(key, None)
        if timer is not None:
            timer.cancel()


def _where(wire: socket.socket) -> Address:
    ip, port, *_ = wire.getsockname()
    return Address(str(ip), int(port))


def _bound(where: Address) -> socket.socket:
    wire = socket.socket(where.family, socket.SOCK_STREAM)
    try:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if where.family == socket.AF_INET6:
            wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        wire.bind(where.where)
    except OSError:
        wire.close()
        raise
    return wire
