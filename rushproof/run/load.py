"""The load: the Locust process that carries the engine, or a master with its workers, spoken to over a socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from rushproof.errors import InputError, LoadError
from rushproof.plan import Plan
from rushproof.run.child import Child, start_child
from rushproof.run.target import free_port
from rushproof.wire import Message, Unpacker, number, pack

GRACE = 5.0
LOG = "driver.log"
_READ = 1 << 20


class Workforce(msgspec.Struct, frozen=True, kw_only=True):
    """Which processes make the load."""

    driver: tuple[str, ...]
    locustfiles: tuple[Path, ...]
    here: int = 1
    """workers on this machine; 1 without others by hand is one process and no master"""
    by_hand: int = 0
    """workers that somebody starts elsewhere with Locust's own `--worker`; the master then listens on Locust's own port"""

    @property
    def workers(self) -> int:
        """How many workers share the arrivals."""
        return self.here + self.by_hand

    def commands(self, url: str, descriptor: int) -> list[list[str]]:
        """The command lines: the one that is spoken to first, then the workers it waits for."""
        files = ",".join(str(path) for path in self.locustfiles)
        base = [*self.driver, "-f", files, "--headless", "--host", url]
        if self.workers == 1:
            return [[*base, "--socket", str(descriptor)]]
        host, port = ("*", 5557) if self.by_hand else ("127.0.0.1", free_port())
        master = [*base, "--socket", str(descriptor), "--master", "--expect-workers", str(self.workers)]
        master += ["--master-bind-host", host, "--master-bind-port", str(port)]
        worker = [*self.driver, "-f", files, "--worker", "--master-host", "127.0.0.1", "--master-port", str(port)]
        return [master, *([worker] * self.here)]


class Load:
    """Running load: told to begin and to stop; its messages come until the last report."""

    def __init__(self, children: Sequence[Child], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._children, self._reader, self._writer = children, reader, writer
        self._unpacker = Unpacker()
        self._waiting: list[tuple[Message, bytes]] = []

    async def ready(self, within: float) -> None:
        """Return when every worker is ready; InputError where one says why it cannot be, LoadError where one does not get there."""
        try:
            async with asyncio.timeout(within):
                async for message, payload in self.messages():
                    if message is Message.READY:
                        return
                    if message is Message.LOST:
                        raise InputError(f"nothing was started: worker {payload.decode()}")
                raise LoadError(f"the generator ended before it was ready{self._children[0].last_words}")
        except TimeoutError:
            raise LoadError(f"the generator was not ready within {within:g} s{self._children[0].last_words}") from None

    async def begin(self, start: float) -> None:
        """Arrivals are due from unix time `start` on."""
        await self._send(pack(Message.START, number(start)))

    async def halt(self, drain: float) -> None:
        """No further arrival; visits may take `drain` wall seconds more."""
        await self._send(pack(Message.STOP, number(drain)))

    async def messages(self) -> AsyncIterator[tuple[Message, bytes]]:
        """What comes up, in order, until the generator has closed its end."""
        while True:
            while self._waiting:
                yield self._waiting.pop(0)
            data = b""
            with contextlib.suppress(ConnectionError):
                data = await self._reader.read(_READ)
            if not data:
                return
            self._waiting += self._unpacker.feed(data)

    async def stop(self) -> None:
        """End every process of the load; nothing is left when this returns."""
        self._writer.close()
        await asyncio.gather(*(child.stop() for child in self._children))

    async def _send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # it is gone: the messages have ended, and that is told there
            self._writer.write(data)
            await self._writer.drain()


async def start_load(workforce: Workforce, plan: Plan, folder: Path) -> Load:
    """The processes, started, with the plan sent; not yet ready."""
    mine, theirs = socket.socketpair()
    children: list[Child] = []
    try:
        for nth, command in enumerate(workforce.commands(plan.url, theirs.fileno())):
            log = folder / (LOG if nth == 0 else f"worker-{nth}.log")
            children.append(await start_child(command, log, GRACE, [theirs.fileno()] if nth == 0 else []))
        theirs.close()
        mine.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=mine, limit=_READ)
    except BaseException:
        mine.close()
        theirs.close()
        await asyncio.gather(*(child.stop() for child in children))
        raise
    load = Load(children, reader, writer)
    await load._send(pack(Message.PLAN, plan.encode()))
    return load
