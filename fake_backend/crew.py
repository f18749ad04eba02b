"""A process among several, as it sees the others: through its parent, to whom it has a socket.

    {"ask": 7, "kind": …, "body": …} ─▶ parent ─▶ {"do": 31, "kind": …, "body": …} ─▶ every process
    {"answers": 7, "bodies": [...]}  ◀─ parent ◀─ {"done": 31, "body": …}          ◀─ each

One JSON document a line.  The parent passes everything on in the order in which it came, so that all processes are told of two changes in
the same order.  Before it serves, a process has been told everything that those were told who serve already.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from itertools import count
from typing import Any

import msgspec

from fake_backend.everyone import Answer

log = logging.getLogger(__name__)

LINE = 64 * 2**20
"""bytes that a line may have at most"""
ENVIRONMENT = "FAKE_BACKEND_CREW"
"""the variable by which a process knows its place: the socket's number, its own, how many there are, and the name of this run"""


class Crew:
    """Every process of the server, this one among them; `lost` is called when the parent has gone."""

    def __init__(self, size: int, lost: Callable[[], None]) -> None:
        self.others = size - 1
        self._lost = lost
        self._answers: dict[str, Answer] = {}
        self._asked: dict[int, asyncio.Future[list[Any]]] = {}
        self._numbers = count(1)
        self._go = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, link: socket.socket) -> None:
        """Begin to listen to the parent, and return when everybody may be served."""
        reader, self._writer = await asyncio.open_connection(sock=link, limit=LINE)
        self._begin(self._listen(reader))
        self._send({"ready": True})
        await self._go.wait()

    def listens(self) -> None:
        """Say that this process can be reached."""
        self._send({"listens": True})

    def answer(self, kind: str, how: Answer) -> None:
        """From now on this process answers questions of the kind so."""
        self._answers[kind] = how

    async def ask(self, kind: str, body: Any = None) -> list[Any]:
        """What every process that serves answered."""
        number = next(self._numbers)
        answers: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = answers
        self._send({"ask": number, "kind": kind, "body": body})
        try:
            return await answers
        finally:
            del self._asked[number]

    async def tell(self, kind: str, body: Any) -> None:
        """Tell the others, without waiting for them."""
        self._send({"tell": kind, "body": body})

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(msgspec.json.encode(message) + b"\n")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """One message after the other, so that two changes come in their order."""
        while line := await reader.readline():
            message = msgspec.json.decode(line)
            if "do" in message:
                self._send({"done": message["do"], "body": await self._answered(message)})
            elif "told" in message:
                await self._answered({"kind": message["told"], "body": message["body"]})
            elif "answers" in message:
                asked = self._asked.get(message["answers"])
                if asked is not None and not asked.done():
                    asked.set_result(message["bodies"])
            elif "go" in message:
                self._go.set()
        self._lost()

    async def _answered(self, message: dict[str, Any]) -> Any:
        try:
            return await self._answers[message["kind"]](message["body"])
        except Exception:
            log.exception("%s could not be answered", message["kind"])
            return None
