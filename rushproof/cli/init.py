"""`rushproof init`: a starter persona and scenario in the user's folder: one that runs as it is, or one for a backend that runs already."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from pathlib import Path

    from rushproof.cli.verbs import Verbs


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    about = "write a starter persona and scenario, to be changed into yours"
    parser = declare(verbs, "init", about, "rushproof init my_rush --url https://staging.example.com", does)
    parser.add_argument("folder", metavar="DIR", nargs="?", default=".", help="where to (default: here)")
    parser.add_argument(
        "--url", metavar="URL", help="of a backend that runs already: persons of your own, rules for its answers, its database as ledger"
    )


def does(options: argparse.Namespace) -> int:
    """Write the files, unless one is there already, and say how to go on."""
    from pathlib import Path

    from rushproof.cli import starter
    from rushproof.errors import PASS, FolderError

    folder = Path(options.folder)
    files = starter.OURS if options.url is None else starter.theirs(_checked(options.url))
    there = [str(folder / name) for name in files if (folder / name).exists()]
    if there:
        raise FolderError(f"{' and '.join(there)}: there already, and nothing is overwritten; give another folder")
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise FolderError(f"{folder} cannot be written: {problem.strerror}") from None
    for name in files:
        print(folder / name)
    scenario = _path(folder / "my_scenario.yaml")
    print(f"\nnow:  rushproof run {scenario}" if options.url is None else _next(options.url, scenario))
    return PASS


def _checked(url: str) -> str:
    """The URL without a slash at its end; InputError where it is none, or holds a password."""
    from urllib.parse import urlsplit

    from rushproof.errors import InputError

    parts = urlsplit(url)
    if "@" in url:
        raise InputError("--url: expected one without user and password; secrets go into a scenario as ${env:NAME}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"--url: expected a URL such as https://staging.example.com, found {url!r}")
    return url.rstrip("/")


def _next(url: str, scenario: str) -> str:
    """What has to be changed, what to try then, and what a host beyond this machine needs."""
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    near = host == "localhost" or host.startswith("127.") or host == "::1"
    said = f"\nmake them yours: steps, persons.csv, what answers mean, the ledger's query\nthen:  rushproof check {scenario}"
    if near:
        return said
    return f"{said} --own-host {host}\nwith {host} in ./targets.yaml:\n  hosts:\n    {host}: {{owner: YOU, highest_rate: 100/s}}"


def _path(path: "Path") -> str:
    """The path as the command takes it: never a bare name, which would be the catalogue's."""
    return str(path) if "/" in str(path) else f"./{path}"
