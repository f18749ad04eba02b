"""Where one goal is measured: a scratch folder, a voice, and an end that comes also on Ctrl-C."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from bench.child import Failed
from bench.goal import OUT, Mark, table, write
from bench.machine import raise_files


class Room:
    """The arguments of a goal's command, and where its figures go."""

    def __init__(self, name: str, folder: Path, arguments: argparse.Namespace) -> None:
        self.name, self.folder, self.arguments = name, folder, arguments
        self.quick: bool = arguments.quick

    def say(self, text: str) -> None:
        print(text, flush=True)

    def seconds(self, full: float) -> float:
        """A length of time, or a third of it (3 s at least) where it is only for trying."""
        return max(3.0, round(full / 3)) if self.quick else full

    def leave(self, marks: list[Mark], facts: dict[str, Any]) -> None:
        """Writes the file and prints the table."""
        file = write(self.name, marks, {"quick": self.quick, **facts}, self.arguments.out)
        self.say(table(marks))
        self.say(f"written to {file}")


@contextlib.contextmanager
def enter(name: str, about: str | None, more: dict[str, dict[str, Any]] | None = None) -> Iterator[Room]:
    """Reads the command line, makes the scratch folder, and turns a request to end into an orderly one."""
    parser = argparse.ArgumentParser(
        prog=f"python -m bench.{name}", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a third of the time, for trying; the figures mean little")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where the JSON goes (default %(default)s)")
    for flag, options in (more or {}).items():
        parser.add_argument(flag, **options)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _ended)
    raise_files()
    os.environ["PYTHONUNBUFFERED"] = "1"
    try:
        with tempfile.TemporaryDirectory(prefix="rushproof-bench-") as folder:
            yield Room(name, Path(folder), arguments)
    except Failed as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        raise SystemExit(3) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _ended(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
