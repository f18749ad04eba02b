"""What the guard of a run had to do, as it wrote it down; in the order in which it had done it."""

from pathlib import Path

import msgspec

from rushproof.inject import guard


class Guarded(msgspec.Struct, frozen=True):
    """One line; times are unix seconds."""

    hold: str
    told: str
    why: str
    asked: float
    done: float
    tries: int
    problem: str


def read_guarded(folder: Path) -> tuple[Guarded, ...]:
    """Every line that is whole."""
    try:
        *whole, _ = (folder / guard.LOG).read_bytes().split(b"\n")
    except FileNotFoundError:
        return ()
    return tuple(msgspec.json.decode(line, type=Guarded) for line in whole)
