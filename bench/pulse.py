"""Requests at their moments, whatever becomes of them: a steady rate of new reservations, and others beside it (`python -m bench.pulse`).

Latency counts from when a request was due.  Few enough a second that one core sends them all; what it could not send in time it says.
"""

import asyncio
import json
import sys
import time
from itertools import count
from typing import Any

import msgspec
import numpy as np
import uvloop


class Pulse(msgspec.Struct, frozen=True):
    """What became of the reservations of one stretch; seconds."""

    sent: int
    refused: int
    p50: float
    p99: float
    lag99: float
    """how late the sender itself was"""


class _Wire:
    """Connections that are kept open, and one request on each at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> int:
        """The status of the answer."""
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        self._free.append((reader, writer))
        return int(head[9:12])


def _post(path: str, body: dict[str, Any], key: str = "") -> bytes:
    content = json.dumps(body).encode()
    keyed = f"Idempotency-Key: {key}\r\n" if key else ""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{keyed}Content-Length: {len(content)}\r\n\r\n".encode() + content


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def _steady(rate: float, until: float, send: Any) -> None:
    """Begins `send(due)` so many times a second."""
    loop, tasks = asyncio.get_running_loop(), set()
    due = loop.time()
    while due < until:
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(send(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        due += 1 / rate
    if tasks:
        await asyncio.wait(tasks, timeout=10)


async def pulse(url: str, prefix: str, rate: float, beside: float, seconds: float) -> Pulse:
    """So many new reservations a second, and `beside` other requests a second: two looks for each piece of the day's work."""
    host, port = url.removeprefix("http://").split(":")
    wire, loop, numbers = _Wire(host, int(port)), asyncio.get_running_loop(), count()
    took: list[float] = []
    late: list[float] = []
    refused = 0

    async def reserve(due: float) -> None:
        nonlocal refused
        name = f"{prefix}-{next(numbers)}"
        late.append(loop.time() - due)
        status = await wire.ask(_post("/reservations", {"person": name, "round": "2022-04-01.r1", "shop": "s00001"}, name))
        took.append(loop.time() - due)
        refused += status != 201

    async def other(due: float) -> None:
        number = next(numbers)
        which = number % 3
        if which == 0:
            person = {"name": "A Person", "identity": f"{prefix}{number:012d}"[-18:].rjust(18, "1"), "phone": f"139{number % 10**8:08d}"}
            await wire.ask(_post("/registrations", person))
        else:
            await wire.ask(_get("/rounds" if which == 1 else f"/results?person={prefix}-{max(number - 500, 0)}"))

    until = loop.time() + seconds
    work = [_steady(rate, until, reserve)]
    if beside:
        work.append(_steady(beside, until, other))
    await asyncio.gather(*work)
    p50, p99 = np.quantile(took, (0.5, 0.99))
    return Pulse(len(took), refused, float(p50), float(p99), float(np.quantile(late, 0.99)))


def main() -> None:
    """`python -m bench.pulse URL PREFIX RATE BESIDE SECONDS`, answered as one line of JSON."""
    url, prefix, rate, beside, seconds = sys.argv[1:]
    begun = time.time()
    made = uvloop.run(pulse(url, f"{prefix}-{int(begun) % 100000}", float(rate), float(beside), float(seconds)))
    print(msgspec.json.encode(made).decode())


if __name__ == "__main__":
    main()
