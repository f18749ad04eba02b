"""A bare server that can be stopped: the least a Python process can do between a request and its answer (`python -m bench.bare`).

`--hold S` keeps every answer back for S seconds, so that requests pile up on the wire; `GET /peak` tells the most that ever did, at once.
`--tls FOLDER` speaks TLS with the certificate that `bench.nginx.certify` left there.
"""

import argparse
import asyncio
import contextlib
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop

from bench.child import child, said
from bench.machine import SERVER, raise_files
from bench.nginx import ANSWER, certify

_HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_REPLY = _HEAD % len(ANSWER) + ANSWER.encode()


class Held:
    """How many requests are being held back now, and the most that ever were."""

    def __init__(self) -> None:
        self.now = 0
        self.peak = 0


class Connection(asyncio.Protocol):
    """Answers each complete request; knows just enough HTTP to find where one ends."""

    def __init__(self, hold: float, held: Held) -> None:
        self._hold = hold
        self._held = held
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._rest += data
        answers = 0
        while True:
            end = self._rest.find(b"\r\n\r\n")
            if end < 0:
                break
            end += 4 + _length(self._rest[:end])
            if end > len(self._rest):
                break
            if self._rest.startswith(b"GET /peak"):
                self._tell()
            else:
                answers += 1
            self._rest = self._rest[end:]
        if answers and self._hold:
            self._held.now += answers
            self._held.peak = max(self._held.peak, self._held.now)
            asyncio.get_running_loop().call_later(self._hold, self._release, answers)
        elif answers:
            self._transport.write(_REPLY * answers)

    def _release(self, answers: int) -> None:
        self._held.now -= answers
        self._transport.write(_REPLY * answers)

    def _tell(self) -> None:
        body = b'{"peak":%d}' % self._held.peak
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def _length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def serve(hold: float, tls: Path | None) -> None:
    """Listens on a free loopback port until the process is ended."""
    held, context = Held(), None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "server.pem", tls / "server.key")
    loop = asyncio.get_running_loop()
    patience = None if context is None else 120.0  # a server that was stopped finds handshakes older than the minute uvloop gives them
    server = await loop.create_server(
        lambda: Connection(hold, held), "127.0.0.1", 0, backlog=65535, ssl=context, ssl_handshake_timeout=patience
    )
    print(f"listening on http{'s' * (tls is not None)}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


class Bare(msgspec.Struct, frozen=True):
    """Where it listens, and the process to stop and let go on."""

    url: str
    pid: int


@contextlib.contextmanager
def bare(folder: Path, hold: float = 0.0, *, tls: bool = False) -> Iterator[Bare]:
    """The bare server as a process on the server's core until the block ends."""
    log = folder / f"bare-{'secure' if tls else 'plain'}.out"
    command = [sys.executable, "-m", "bench.bare", "--hold", str(hold)]
    if tls:
        certify(folder)
        command += ["--tls", str(folder)]
    with child(command, SERVER, log) as process:
        yield Bare(said(log, "listening on").split()[-1], process.pid)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.bare", description=__doc__)
    parser.add_argument("--hold", type=float, default=0.0, metavar="S", help="seconds every answer is held back")
    parser.add_argument("--tls", type=Path, metavar="FOLDER", help="where server.pem and server.key lie")
    raise_files()
    with contextlib.suppress(KeyboardInterrupt):
        arguments = parser.parse_args()
        uvloop.run(serve(arguments.hold, arguments.tls))
