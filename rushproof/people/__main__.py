"""`python -m rushproof.people --socket FD`: the feeder's process, a child of the engine, on the other end of its socket.

`python -m rushproof.people --signer FILE.py:FUNCTION` only says, on stdout, what is wrong with a signer.
"""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
import traceback

import msgspec

from rushproof.errors import NOT_STARTED, PASS, InputError
from rushproof.people.feeder import Feeder
from rushproof.people.signer import Signer, Unsigned
from rushproof.persons import Row
from rushproof.plan import Plan
from rushproof.wire import Message, Unpacker, pack, read_number

_CHUNK = 1 << 16
_row = msgspec.msgpack.Decoder(Row)


async def serve(descriptor: int) -> int:
    """Plan in, rows out, until the engine's end is closed."""
    engine = socket.socket(fileno=descriptor)
    engine.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=engine, limit=_CHUNK)
    unpacker = Unpacker()
    feeder: Feeder | None = None
    tasks: set[asyncio.Task[None]] = set()
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK):
            for message, payload in unpacker.feed(data):
                if message is Message.PLAN:
                    try:
                        feeder = Feeder(Plan.decode(payload), writer)
                    except InputError as problem:
                        writer.write(pack(Message.LOST, str(problem).encode()))
                        continue
                    tasks.add(asyncio.create_task(_fed(feeder, writer)))
                elif message is Message.START and feeder is not None:
                    feeder.start(read_number(payload))
                elif message is Message.SIGN and feeder is not None:
                    task = asyncio.create_task(_renewed(feeder, _row.decode(payload)))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return PASS


async def _fed(feeder: Feeder, writer: asyncio.StreamWriter) -> None:
    """Feeds, and says why where it cannot go on; the engine may be gone meanwhile."""
    with contextlib.suppress(ConnectionError):
        try:
            await feeder.feed()
        except ConnectionError:
            raise
        except (InputError, Unsigned) as problem:
            writer.write(pack(Message.LOST, str(problem).encode()))
        except Exception as bug:  # the engine must not wait for rows that never come; a bug's words may be a token
            place = traceback.extract_tb(bug.__traceback__)[-1]
            writer.write(pack(Message.LOST, f"the feeder broke: {type(bug).__name__} ({place.name}, line {place.lineno})".encode()))


async def _renewed(feeder: Feeder, row: Row) -> None:
    with contextlib.suppress(ConnectionError):
        await feeder.renew(row)


def main() -> int:
    """Serves the engine on the socket that was handed down, or looks at a signer."""
    parser = argparse.ArgumentParser(prog="rushproof.people")
    parser.add_argument("--socket", type=int, help="descriptor of the socket to the engine")
    parser.add_argument("--signer", help="look at this one and end")
    given = parser.parse_args()
    if given.signer is not None:
        try:
            Signer(given.signer)
        except InputError as problem:
            print(problem)
            return NOT_STARTED
        return PASS
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what Ctrl-C means
    return asyncio.run(serve(given.socket))


if __name__ == "__main__":
    sys.exit(main())
