"""What the verbs have in common that make a series of runs: their options, their folder, what they leave, and how to ask again."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rushproof.cli.asked import ask_labels, ask_whom

if TYPE_CHECKING:
    from rushproof.capacity import Capacity
    from rushproof.journal.series_file import SeriesFile
    from rushproof.metastability import Metastability

    Found = TypeVar("Found", Capacity, Metastability)

_NAMED = {"first_rate": "--first", "fault": "--for"}
"""flags that are not called like what they ask for"""
_APART = ("scenario", "changes", "labels", "out")


def ask_series(parser: argparse.ArgumentParser) -> None:
    """Declare which scenario, against what, and where to; rates, times and speed are the verb's own."""
    ask_whom(parser)
    ask_labels(parser)
    parser.add_argument("--out", metavar="DIR", help="a folder, new or empty (default: a stamped one under reports/runs)")
    parser.set_defaults(parser=parser, scale=None, speed=None, first=None, last=None, same_people=False)


def folder_of(options: argparse.Namespace, scenario: str) -> Path:
    """Where the runs go: what was asked for, or a stamped one."""
    import datetime as dt

    from rushproof.run.machine import run_id

    verb = options.parser.prog.split()[-1]
    return Path(options.out) if options.out else Path("reports", "runs", f"{run_id(dt.datetime.now())}-{scenario}-{verb}")


def again(options: argparse.Namespace) -> tuple[str, ...]:
    """The command with every option that is not as it would be by itself; labels and the folder are left out."""
    words = [*options.parser.prog.split(), options.scenario]
    for name, value in vars(options).items():
        if name not in _APART and value != options.parser.get_default(name):
            flag = _NAMED.get(name, f"--{name.replace('_', '-')}")
            words += [flag] if value is True else [flag, str(value)]
    for path, value in options.changes:
        words += ["--set", f"{path}={value}"]
    return tuple(words)


def leave(folder: Path, file: "SeriesFile[Found]", found: "Found", pages: "Mapping[str, Callable[[Found], bytes]]") -> int:
    """Print what was found and write it beside its runs; the exit code is the verdict's, 3 where a pass cannot be written down."""
    import sys

    from rushproof.errors import FolderError
    from rushproof.verdict import Status, exit_code

    print(pages[f"{file.verb}.txt"](found).decode(), end="")
    try:
        file.write(folder, found)
        for name, render in pages.items():
            (folder / name).write_bytes(render(found))
    except (FolderError, OSError) as problem:
        print(f"rushproof: {problem}", file=sys.stderr)
        return exit_code(Status.FAIL if found.status is Status.FAIL else Status.UNKNOWN)
    print(f"\n{folder / f'{file.verb}.md'}", flush=True)
    return exit_code(found.status)
