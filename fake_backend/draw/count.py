"""`python -m fake_backend.draw.count`: the counting of a draw, beside the server so that nobody waits for it.

    freeze  reads reservations from standard input, writes their entries and the tree over them, answers with root and count
    draw    reads what was frozen, answers with the smallest scores of each shop

What to do stands in the first line of standard input, as JSON; files are given as numbers of open files.
"""

import gc
import json
import os
import sys
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO
from zlib import crc32

from fake_backend.draw import lottery, merkle
from fake_backend.draw.entry import Pen


def freeze(task: dict[str, Any], rows: BinaryIO) -> dict[str, Any]:
    """Rows are `sequence,person,shop,milliseconds`, in the order of their sequences."""
    pen = Pen(task["draw"], task["item"], bytes.fromhex(task["secret"]))
    count = last = 0
    with _open(task["lines"], "wb") as lines, _open(task["tree"], "r+b") as tree, _open(task["sequences"], "wb") as sequences:
        with _open(task["persons"], "wb") as persons:
            while batch := rows.readlines(1 << 18):
                entered = [row.split(b",") for row in batch]
                if task["misses"]:
                    entered = [row for row in entered if crc32(row[0]) >= task["misses"] * (1 << 32)]
                if not entered:
                    continue
                written = [pen.line(sequence.decode(), person, shop.decode(), int(at)) for sequence, person, shop, at in entered]
                numbers = array("q", [int(row[0]) for row in entered])
                lines.write(b"\n".join(written) + b"\n")
                tree.write(b"".join(map(pen.leaf, written)))
                sequences.write(numbers.tobytes())
                persons.write(b"\n".join([row[1] for row in entered]) + b"\n")
                count, last = count + len(numbers), numbers[-1]
        root = merkle.grow(tree, count)
    return {"root": root.hex(), "entries": count, "last_sequence": last}


def draw(task: dict[str, Any]) -> dict[str, list[tuple[int, str, str]]]:
    """Of each shop sequence, person and score of those with the smallest scores."""
    with _open(task["lines"], "rb") as lines, _open(task["tree"], "rb") as tree, _open(task["persons"], "rb") as persons:
        best = lottery.drawn(bytes.fromhex(task["seed"]), _frozen(lines, tree, persons), task["keep"])
    return {
        shop: [(int(line.split(b",", 1)[0]), person.decode().rstrip(), score.hex()) for score, _, (line, person) in found]
        for shop, found in best.items()
    }


def _frozen(lines: BinaryIO, tree: BinaryIO, persons: BinaryIO) -> Iterator[tuple[bytes, bytes, tuple[bytes, bytes]]]:
    while batch := lines.readlines(1 << 19):
        leaves = tree.read(merkle.SIZE * len(batch))
        for at, line, person in zip(range(0, len(leaves), merkle.SIZE), batch, islice(persons, len(batch)), strict=True):
            yield line.split(b",", 3)[2], leaves[at : at + merkle.SIZE], (line, person)


def _open(number: int, mode: str) -> Any:
    """A file of the server's; closing it here leaves it open there."""
    file = os.fdopen(number, mode)
    file.seek(0)
    return file


def main() -> int:
    """The answer goes to standard output, as JSON."""
    gc.disable()  # nothing here refers to itself, and there is much of it
    task = json.loads(sys.stdin.buffer.readline())
    answer = freeze(task, sys.stdin.buffer) if task["do"] == "freeze" else draw(task)
    try:
        print(json.dumps(answer), flush=True)
    except BrokenPipeError:  # the server is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
