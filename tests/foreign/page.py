"""The tutorial as a machine reads it: its files, and its commands with what they are said to print."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from company import Company

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
PORT = "8443"
"""of the page; a test's service has another"""
_BLOCK = re.compile(r"(?:^\*\*`([^`]+)`\*\*[^\n]*\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BIN = Path(sys.executable).parent


class Command(NamedTuple):
    """One line behind a `$`, what the page says it prints (`…` stands for anything), and its exit code."""

    words: str
    prints: tuple[str, ...]
    code: int = 0


class Said(NamedTuple):
    """What a command printed, both streams together, and its exit code."""

    text: str
    code: int


def files() -> dict[str, str]:
    """By path; blocks under one path are one file, in their order."""
    found: dict[str, str] = {}
    for name, _, text in _BLOCK.findall(TUTORIAL.read_text("utf-8")):
        if name:
            found[name] = found.get(name, "") + text
    return found


def steps() -> list[Command | tuple[str, str]]:
    """The page from top to bottom: a command to be run, or a file's name and text so far."""
    found: list[Command | tuple[str, str]] = []
    written: dict[str, str] = {}
    for name, language, text in _BLOCK.findall(TUTORIAL.read_text("utf-8")):
        if name:
            written[name] = written.get(name, "") + text
            found.append((name, written[name]))
        elif language == "console":
            found += commands(text)
    return found


def commands(block: str) -> list[Command]:
    """A console block; `$ echo $?` says what the command before it ended with."""
    found: list[Command] = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        words, *prints = part.splitlines()
        if words == "echo $?":
            found[-1] = found[-1]._replace(code=int(prints[0]))
        else:
            found.append(Command(words, tuple(prints)))
    return found


def hand_over(company: Company, folder: Path, users: int = 3_000) -> None:
    """What a service's team gives away, as the page has it."""
    (folder / "handed-over").mkdir(parents=True)
    shutil.copy(company.ca, folder / "handed-over")
    company.users(folder / "handed-over" / "users.csv", users)


def write(company: Company, folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text.replace(f":{PORT}", f":{company.port}"), "utf-8")


def settle(company: Company, folder: Path, users: int = 3_000) -> Path:
    """The page's files as they are at its end, with what was handed over; gives the scenario's path."""
    hand_over(company, folder, users)
    for name, text in files().items():
        write(company, folder, name, text)
    for file in (folder / "handed-over").iterdir():
        shutil.copy(file, folder / "seats")
    return folder / "seats" / "my_scenario.yaml"


def say(company: Company, folder: Path, words: str, **surroundings: str) -> Said:
    """Runs one command in a shell, as somebody would who sits in `folder`; the database's secret is in the environment."""
    told = words.replace(f":{PORT}", f":{company.port}")
    around = {**os.environ, "PATH": f"{_BIN}:{os.environ['PATH']}", "SEATS_DSN": company.dsn, "COLUMNS": "140", **surroundings}
    done = subprocess.run(
        ["bash", "-c", told], cwd=folder, env=around, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=100, check=False,
    )  # fmt: skip
    return Said(done.stdout.decode(), done.returncode)


def absent(prints: tuple[str, ...], text: str) -> list[str]:
    """Lines that the page shows and the text does not have, in this order; `…` inside a line stands for anything on it."""
    place, missing = 0, []
    for line in prints:
        words = line.strip()
        if words in ("", "…"):
            continue
        pattern = r"\s+".join(".*?".join(re.escape(part) for part in word.split("…")) for word in words.split())
        found = re.compile(rf"^\s*{pattern}\s*$", re.MULTILINE).search(text, place)
        if found is None:
            missing.append(line)
        else:
            place = found.end()
    return missing
