"""`python -m rushproof.engine --socket FD`: the engine's process, a child of a Locust process, on the other end of its socket."""

import argparse
import asyncio
import gc
import resource
import signal
import socket
import sys

import uvloop

from rushproof.engine.engine import Engine
from rushproof.errors import NOT_STARTED, RushproofError
from rushproof.plan import Plan
from rushproof.wire import Message, Unpacker, pack, read_number

_SPARE_DESCRIPTORS = 100


class Link(asyncio.Protocol):
    """The socket to the parent: messages in, frames out; when the parent is gone there is nothing left to do."""

    def __init__(self) -> None:
        self._unpacker = Unpacker()
        self._transport: asyncio.Transport | None = None
        self.inbox: asyncio.Queue[tuple[Message, bytes]] = asyncio.Queue()
        self._engine: Engine | None = None
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        for message, payload in self._unpacker.feed(data):
            if self._engine is None:
                self.inbox.put_nowait((message, payload))
            else:
                self._steer(self._engine, message, payload)

    def steer(self, engine: Engine) -> None:
        """From now on RATE and STOP go to the engine, those that came with START first."""
        self._engine = engine
        while not self.inbox.empty():
            self._steer(engine, *self.inbox.get_nowait())

    def _steer(self, engine: Engine, message: Message, payload: bytes) -> None:
        if message is Message.RATE:
            engine.turn(read_number(payload))
        elif message is Message.STOP:
            engine.stop(read_number(payload))

    def connection_lost(self, error: Exception | None) -> None:
        self.ended.set()

    def send(self, message: Message, payload: bytes = b"") -> None:
        if self._transport is not None and not self.ended.is_set():
            self._transport.write(pack(message, payload))

    def close(self) -> None:
        """Sends what is still buffered, then ends."""
        if self._transport is not None:
            self._transport.close()

    async def expect(self, message: Message) -> bytes | None:
        """The payload of the next message, which must be this one; None where a STOP came first."""
        found, payload = await self.inbox.get()
        if found is Message.STOP:
            return None
        if found is not message:
            raise RuntimeError(f"expected {message.name}, found {found.name}")
        return payload


async def serve(descriptor: int) -> int:
    """Plan in, ready out, start in, frames out, until the final frame or the parent's end."""
    parent = socket.socket(fileno=descriptor)
    parent.setblocking(False)
    _, link = await asyncio.get_running_loop().create_connection(Link, sock=parent)
    work = asyncio.create_task(_work(link))
    gone = asyncio.create_task(link.ended.wait())
    await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        return 0  # the parent is gone: stop at once
    code = work.result()
    link.close()
    await gone
    return code


async def _work(link: Link) -> int:
    payload = await link.expect(Message.PLAN)
    if payload is None:
        return 0
    plan = Plan.decode(payload)
    try:
        _make_room(plan)
        engine = Engine(plan, lambda frame: link.send(Message.FRAME, frame))
        await engine.open()
    except RushproofError as error:
        link.send(Message.LOST, f"{plan.worker}: {error}".encode())
        return NOT_STARTED
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection with a million visits in flight stalls for seconds; visits keep no cycles
    link.send(Message.READY)
    started = await link.expect(Message.START)
    if started is None:
        return 0
    running = asyncio.create_task(engine.run(read_number(started)))
    await asyncio.sleep(0)
    link.steer(engine)
    await running
    return 0


def _make_room(plan: Plan) -> None:
    """Raises the descriptor limit to what the connections need, or says that it cannot be."""
    wanted = sum(int(crowd.connections.cap) for crowd in plan.crowds) + _SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise RushproofError(
            f"{wanted} file descriptors are needed for the connections' caps, and this machine allows {hard}: "
            "lower `cap` or raise the limit (ulimit -Hn)"
        )
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> int:
    """Serves the parent on the socket that was handed down."""
    parser = argparse.ArgumentParser(prog="rushproof.engine")
    parser.add_argument("--socket", type=int, required=True, help="descriptor of the socket to the parent")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what Ctrl-C means
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(parser.parse_args().socket))


if __name__ == "__main__":
    sys.exit(main())
