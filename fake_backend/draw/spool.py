"""What was frozen of one draw, in files without a name: they are gone with the process, and are written anew from the ledger when needed.

lines      the entries, as they are published
tree       their hashes, and the nodes above them
sequences  their numbers, so that one is found by its number
"""

import asyncio
import json
import os
import sys
import tempfile
import weakref
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

from fake_backend.draw import merkle
from fake_backend.facts import Reservation

_NUMBER: Final = 8
_AT_ONCE: Final = 1 << 18
_LONGEST: Final = 256
"""bytes of a line at most: a number, a moment, a shop of 64 letters, a tag"""


class CountFailed(Exception):
    """The counting beside the server did not end well."""


class Spool:
    """The files of one draw, let go of with it; `close` does so at once."""

    def __init__(self) -> None:
        files = self._lines, self._tree, self._sequences, self._persons = _unnamed(), _unnamed(), _unnamed(), _unnamed()
        self._closed = weakref.finalize(self, _close, files)
        self.entries = 0
        self.last_sequence = 0
        self.root = merkle.EMPTY.hex()

    async def freeze(self, pages: AsyncIterator[list[Reservation]], draw: str, item: str, secret: bytes, misses: float) -> None:
        """Write the entries of these reservations, and the tree over them."""
        task = {"do": "freeze", "draw": draw, "item": item, "secret": secret.hex(), "misses": misses}
        found = await self._count(task, pages)
        self.root, self.entries, self.last_sequence = found["root"], found["entries"], found["last_sequence"]

    async def draw(self, seed: bytes, keep: dict[str, int]) -> dict[str, list[tuple[int, str, str]]]:
        """Of each shop sequence, person and score of as many as asked for, the smallest scores first."""
        found: dict[str, list[tuple[int, str, str]]] = await self._count({"do": "draw", "seed": seed.hex(), "keep": keep})
        return found

    def index(self, sequence: int) -> int | None:
        """Which of the entries has this number."""
        at = bisect_left(range(self.entries), sequence, key=self.sequence)
        return at if at < self.entries and self.sequence(at) == sequence else None

    def sequence(self, index: int) -> int:
        """The number of an entry."""
        return int.from_bytes(os.pread(self._sequences, _NUMBER, index * _NUMBER), sys.byteorder)

    def line(self, index: int) -> str:
        """An entry's line."""
        # lines differ in length: look at the middle of the file that is left until the number is found
        low, high, wanted = 0, os.fstat(self._lines).st_size, self.sequence(index)
        while True:
            middle = (low + high) // 2
            start, line = self._line_at(middle, low)
            number = int(line.split(b",", 1)[0])
            if number == wanted:
                return line.decode()
            low, high = (start + len(line) + 1, high) if number < wanted else (low, start)

    def _line_at(self, at: int, low: int) -> tuple[int, bytes]:
        """The line that the byte at this place is part of, and where it begins."""
        start = max(at - _LONGEST, low)
        before = os.pread(self._lines, at - start, start)
        begin = start + before.rfind(b"\n") + 1
        return begin, os.pread(self._lines, _LONGEST, begin).split(b"\n", 1)[0]

    def leaf(self, index: int) -> bytes:
        """The hash of an entry."""
        return self._node(index)

    def path(self, index: int) -> list[bytes]:
        """What proves the entry to be in the tree."""
        return [self._node(at) for at in merkle.siblings(self.entries, index)]

    def lines(self) -> Iterator[bytes]:
        """The entries' lines, in pieces."""
        at = 0
        while piece := os.pread(self._lines, _AT_ONCE, at):
            at += len(piece)
            yield piece

    def close(self) -> None:
        """Let go of the files, and so of the room they take."""
        self._closed()

    def _node(self, at: int) -> bytes:
        return os.pread(self._tree, merkle.SIZE, at * merkle.SIZE)

    async def _count(self, task: dict[str, Any], pages: AsyncIterator[list[Reservation]] | None = None) -> Any:
        """What a child answers to the task; it has its own time, and the loop goes on meanwhile."""
        files = {"lines": self._lines, "tree": self._tree, "sequences": self._sequences, "persons": self._persons}
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fake_backend.draw.count",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26, pass_fds=tuple(files.values()),
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        answer = asyncio.create_task(child.stdout.read())
        try:
            child.stdin.write(json.dumps({**task, **files}).encode() + b"\n")
            if pages is not None:
                async for page in pages:
                    child.stdin.write(_rows(page))
                    await child.stdin.drain()
            child.stdin.close()
            text = await answer
            if await child.wait() != 0:
                raise CountFailed(f"{task['do']}: ended with {child.returncode}")
        except (BrokenPipeError, ConnectionResetError) as problem:
            raise CountFailed(f"{task['do']}: ended early") from problem
        finally:
            answer.cancel()
            await _gone(child)
        return json.loads(text)


async def _gone(child: asyncio.subprocess.Process) -> None:
    """Nothing of it is left, though whoever waits for that is cancelled once more."""
    cut: asyncio.CancelledError | None = None
    if child.returncode is None:
        child.kill()
    while child.returncode is None:
        try:
            await child.wait()
        except asyncio.CancelledError as again:
            cut = again
    if cut is not None:
        raise cut


def _rows(page: list[Reservation]) -> bytes:
    return "".join([f"{one.sequence},{one.person},{one.shop},{round(one.at * 1000)}\n" for one in page]).encode()


def _unnamed() -> int:
    """The number of a new file that has no name."""
    with tempfile.TemporaryFile(prefix="draw-") as file:
        return os.dup(file.fileno())


def _close(files: Iterable[int]) -> None:
    for file in files:
        os.close(file)
