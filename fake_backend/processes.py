"""Several processes that serve on one port: started, kept in touch with each other, started again when one dies, ended together."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import msgspec

from fake_backend.crew import ENVIRONMENT, LINE

_AGAIN: Final = 0.3
"""seconds before a process that died is started again"""
_GRACE: Final = 15.0
"""seconds that a process has to drain"""


class _Child:
    """One process, as its parent sees it."""

    def __init__(self, place: int, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.place, self.process, self.reader, self._writer = place, process, reader, writer
        self.serves = False
        """whether what all are asked is asked of it, too"""
        self.listens = False

    def send(self, message: dict[str, Any]) -> None:
        if not self._writer.is_closing():
            self._writer.write(msgspec.json.encode(message) + b"\n")

    def let_go(self) -> None:
        self._writer.close()


class _Question(msgspec.Struct):
    """What one child asked of all, and whose answers are still to come."""

    asker: _Child
    number: int
    awaited: set[int]
    bodies: list[Any] = []


class Parent:
    """Runs `size` processes of the command; `ready` is called once all of them serve."""

    def __init__(self, command: list[str], size: int, ready: Callable[[], None]) -> None:
        self._command, self._size, self._ready = command, size, ready
        self._children: dict[int, _Child] = {}
        self._questions: dict[int, _Question] = {}
        self._numbers = count(1)
        self._run = secrets.token_hex(8)
        self._stop = asyncio.Event()
        self._announced = False
        self.exit_code = 0

    async def run(self) -> int:
        """Until SIGTERM or SIGINT, or until a process cannot even begin; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        places = [asyncio.create_task(self._keep(place)) for place in range(self._size)]
        await self._stop.wait()
        for child in self._children.values():
            if child.process.returncode is None:
                child.process.terminate()
        _, late = await asyncio.wait(places, timeout=_GRACE)
        for child in self._children.values():
            if child.process.returncode is None:
                child.process.kill()
        if late:
            await asyncio.wait(late)
        return self.exit_code

    async def _keep(self, place: int) -> None:
        """One place: a process in it, and another one when that dies."""
        while not self._stop.is_set():
            child = self._children[place] = await self._started(place)
            listening = asyncio.create_task(self._listen(child))
            code = await child.process.wait()
            await listening
            child.let_go()
            if not self._stop.is_set() and not child.serves and not self._announced:
                self.exit_code = code or 1  # it could not even begin: neither will the next one
                self._stop.set()
            if not self._stop.is_set():
                print(f"fake_backend: process {place} ended with {code}; another one begins", file=sys.stderr, flush=True)
                await asyncio.sleep(_AGAIN)

    async def _started(self, place: int) -> _Child:
        mine, its = socket.socketpair()
        with its:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                pass_fds=(its.fileno(),),
                env={**os.environ, ENVIRONMENT: f"{its.fileno()} {place} {self._size} {self._run}"},
                start_new_session=True,  # Ctrl-C is this process's to pass on
            )
        reader, writer = await asyncio.open_connection(sock=mine, limit=LINE)
        return _Child(place, process, reader, writer)

    async def _listen(self, child: _Child) -> None:
        try:
            while line := await child.reader.readline():
                message = msgspec.json.decode(line)
                if "ready" in message:
                    self._begun(child)
                elif "listens" in message:
                    self._reached(child)
                elif "ask" in message:
                    self._asked(child, message)
                elif "done" in message:
                    self._answered(message["done"], child, message["body"])
                elif "tell" in message:
                    self._pass_on(child, message)
        except (ConnectionError, ValueError):
            pass  # it died in the middle of a line
        del self._children[child.place]
        for number in list(self._questions):
            self._answered(number, child, None)

    def _begun(self, child: _Child) -> None:
        child.serves = True
        child.send({"go": True})

    def _reached(self, child: _Child) -> None:
        child.listens = True
        if not self._announced and sum(each.listens for each in self._children.values()) == self._size:
            self._announced = True
            self._ready()

    def _asked(self, child: _Child, message: dict[str, Any]) -> None:
        number, every = next(self._numbers), list(self._children.values())
        self._questions[number] = _Question(child, message["ask"], {each.place for each in every if each.serves})
        for each in every:  # those who do not serve yet hear it before they do
            each.send({"do": number, "kind": message["kind"], "body": message["body"]})

    def _pass_on(self, child: _Child, message: dict[str, Any]) -> None:
        for each in self._children.values():
            if each is not child:
                each.send({"told": message["tell"], "body": message["body"]})

    def _answered(self, number: int, child: _Child, body: Any) -> None:
        question = self._questions.get(number)
        if question is None or child.place not in question.awaited:
            return
        question.awaited.discard(child.place)
        if body is not None:
            question.bodies.append(body)
        if not question.awaited:
            del self._questions[number]
            question.asker.send({"answers": question.number, "bodies": question.bodies})
