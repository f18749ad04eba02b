"""All proxies of one process, by name."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import msgspec

from rushproof.errors import SafetyError
from rushproof.inject.proxy.address import Address, address
from rushproof.inject.proxy.proxy import Proxy


class Wrong(Exception):
    """The API refuses; `status` is the answer's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class _Told(msgspec.Struct, frozen=True):
    name: str = ""
    listen: str = "127.0.0.1:0"
    upstream: str = ""
    enabled: bool = True
    ttl: float | None = None
    """ours: seconds after which it is enabled again by itself"""


class Proxies:
    """Made, found, changed and ended; SafetyError where one would reach further than it may."""

    def __init__(self, own: Sequence[str] = (), random: Random | None = None) -> None:
        self._own, self._random = tuple(own), random or Random()
        self._all: dict[str, Proxy] = {}

    def all(self) -> Mapping[str, Proxy]:
        return self._all

    def get(self, name: str) -> Proxy:
        if name not in self._all:
            raise Wrong(404, "proxy not found")
        return self._all[name]

    async def make(self, told: Any) -> Proxy:
        """A new one."""
        return await self._make(self._read(told))

    async def change(self, name: str, told: Any) -> Proxy:
        """Another address drops every connection; what is not said stays as it is."""
        proxy = self.get(name)
        if not isinstance(told, dict):
            raise Wrong(400, "bad request body: expected an object")
        wanted = self._read({"listen": str(proxy.listen), "upstream": proxy.told, **told, "name": name})
        if (wanted.listen, wanted.upstream) != (str(proxy.listen), proxy.told):
            addresses = await self._addresses(wanted)
            if addresses != (proxy.listen, proxy.upstream):
                with _listening(wanted.listen):
                    await proxy.move(*addresses, wanted.upstream)
        if "enabled" in told:
            await self._turn(proxy, wanted)
        return proxy

    async def populate(self, told: Any) -> list[Proxy]:
        """Made or replaced; one that is there already, with the same addresses, stays."""
        if not isinstance(told, list):
            raise Wrong(400, "bad request body: expected a list")
        wanted = [self._read(one) for one in told]
        if len({one.name for one in wanted}) < len(wanted):
            raise Wrong(400, "bad request body: a name stands there twice")
        made = []
        for one in wanted:
            there = self._all.get(one.name)
            if there is None:
                made.append(await self._make(one))
            elif await self._addresses(one) == (there.listen, there.upstream):
                await self._turn(there, one)
                made.append(there)
            else:
                await self.remove(one.name)
                made.append(await self._make(one))
        return made

    async def remove(self, name: str) -> None:
        proxy = self.get(name)
        del self._all[name]
        await proxy.close()

    async def reset(self) -> None:
        """All enabled, and no toxic left."""
        for proxy in list(self._all.values()):
            for name in list(proxy.toxics):
                proxy.remove(name)
            await proxy.enable()

    async def close(self) -> None:
        for name in list(self._all):
            await self.remove(name)

    def _read(self, told: Any) -> _Told:
        try:
            words = msgspec.convert(told, _Told)
        except msgspec.ValidationError as problem:
            raise Wrong(400, f"bad request body: {problem}") from None
        for field in ("name", "upstream"):
            if not getattr(words, field):
                raise Wrong(400, f"missing required field: {field}")
        return words

    async def _make(self, words: _Told) -> Proxy:
        listen, upstream = await self._addresses(words)
        if words.name in self._all:
            raise Wrong(409, "proxy already exists")
        with _listening(words.listen):
            self._all[words.name] = proxy = Proxy(words.name, listen, upstream, words.upstream, self._random)
        try:
            await self._turn(proxy, words)
        except Wrong:
            await self.remove(words.name)
            raise
        return proxy

    async def _turn(self, proxy: Proxy, words: _Told) -> None:
        with _listening(str(proxy.listen)):
            await (proxy.enable() if words.enabled else proxy.disable(words.ttl))

    async def _addresses(self, words: _Told) -> tuple[Address, Address]:
        try:
            return await address(words.listen or "127.0.0.1:0", self._own), await address(words.upstream, self._own)
        except SafetyError as problem:
            raise Wrong(403, str(problem)) from None
        except ValueError as problem:
            raise Wrong(400, f"bad request body: {problem}") from None


@contextlib.contextmanager
def _listening(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise Wrong(500, f"listen {where}: {problem.strerror}") from None
