"""A target that does as it is told, and a ride of the engine against it, both in the test's own loop."""

import asyncio
import functools
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from rushproof.engine.engine import Engine
from rushproof.frame import Frame
from rushproof.plan import Plan
from rushproof.quantity import decode
from rushproof.sample import Distribution, Outcome

DEADLINE = 60.0
"""seconds after which a ride is a hung test"""

Answering = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    """One request as the target read it."""

    line: str
    headers: dict[str, str]
    body: bytes
    peer: tuple[str, int]
    once: bool = True
    """whether each header stood there once"""


@dataclass
class Server:
    """A target: `answer` writes what comes back of each request."""

    answer: Answering
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most: int = 0
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                line, *rest = head.split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest if one)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                request = Request(line, headers, body, writer.get_extra_info("peername"), len(headers) == sum(map(bool, rest)))
                self.requests.append(request)
                await self.answer(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


def ok(body: bytes = b'{"sequence": 1}', head: str = "") -> bytes:
    """A whole answer, 201 with a length."""
    return f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


def saying(answer: bytes) -> Answering:
    """A target that says the same to everybody."""

    async def say(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return say


@asynccontextmanager
async def serving(answer: Answering, tls: Any = None) -> AsyncIterator[Server]:
    server = Server(answer)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"http{'s' if tls else ''}://{'localhost' if tls else '127.0.0.1'}:{port}"
    try:
        yield server
    finally:
        listener.close()


@dataclass
class Ridden:
    """What a ride reported."""

    frames: list[Frame]

    @property
    def final(self) -> Frame:
        return self.frames[-1]

    def count(self, distribution: Distribution, outcome: Outcome | None = None, step: str | None = None) -> int:
        """The values in the cells."""
        total = 0
        for frame in self.frames:
            rows = frame.cell_rows
            rows = rows[rows["distribution"] == distribution]
            if outcome is not None:
                rows = rows[rows["outcome"] == outcome]
            if step is not None:
                rows = rows[np.isin(rows["step"], [number for number, (_, name) in enumerate(frame.steps) if name == step])]
            total += int(rows["count"].sum())
        return total

    def outcomes(self, step: str) -> dict[str, int]:
        """The samples of a step, by outcome."""
        counts = {outcome.word: self.count(Distribution.RESPONSE, outcome, step) for outcome in Outcome}
        return {word: count for word, count in counts.items() if count}

    @property
    def attempts(self) -> np.ndarray:
        return np.concatenate([frame.attempt_rows for frame in self.frames])


@pytest.fixture
def persona(tmp_path: Path) -> Callable[[str], str]:
    """Writes a persona's body into a locustfile and gives its path."""

    def write(body: str) -> str:
        file = tmp_path / f"somebody_{len(list(tmp_path.iterdir()))}.py"
        head = "import asyncio\nfrom rushproof.seams import *\nfrom rushproof.sample import Outcome\n\n\nclass Somebody(Persona):\n"
        file.write_text(head + textwrap.indent(textwrap.dedent(body), "    "))
        return str(file)

    return write


ONE_POST = """
    steps = {"reserve": Step(promises=Promise("reservation", content=("shop",)))}

    async def visit(self, person, target):
        await target.post("/reservations", {"person": person.id, "round": "r1", "shop": person.shop}, step="reserve", person=person)
"""


def plan(
    url: str, persona: str, *, rate: float = 100, seconds: float = 1, connections: dict[str, Any] | None = None,
    steps: dict[str, Any] | None = None, **more: Any,
) -> Plan:  # fmt: skip
    """A plan of one steady crowd."""
    return msgspec.convert(
        {
            "run": "test", "salt": "00" * 16, "seed": 1, "url": url, "population": {}, "drain": 3,
            "timetable": {"from": "09:00", "to": f"09:00 + {seconds}s"},
            "crowds": [{
                "name": "crowd", "persona": persona, "people": round(rate * seconds),
                "connections": connections or {}, "steps": steps or {},
                "arrivals": {"shape": "steady", "from": "09:00", "for": f"{seconds}s"},
            }],
            **more,
        },
        Plan, strict=False, dec_hook=decode,
    )  # fmt: skip


def looped(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that is a coroutine, run in a loop of its own."""

    @functools.wraps(story)
    def run(*args: Any, **fixtures: Any) -> None:
        asyncio.run(story(*args, **fixtures))

    return run


async def ride(plan: Plan, during: Callable[[Engine], Awaitable[None]] | None = None) -> Ridden:
    """The plan, run to its end in this loop."""
    frames: list[Frame] = []
    engine = Engine(plan, lambda data: frames.append(Frame.decode(data)))
    async with asyncio.timeout(DEADLINE):
        await engine.open()
        running = asyncio.create_task(engine.run(time.time()))
        if during is not None:
            await asyncio.sleep(0)
            await during(engine)
        await running
    return Ridden(frames)
