"""What was done to a run while its load went on: faults begun and ended, and what people noted, one JSON line each."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from rushproof.errors import FolderError
from rushproof.injection import Injection, Mark
from rushproof.journal.run_file import read_manifest

INJECTIONS = "injections.jsonl"
MARKS = "marks.jsonl"
GUARDED = "guard.jsonl"
"""what the guard had to mend, which writes it by itself, when nobody else is there"""
_Line = TypeVar("_Line", bound=msgspec.Struct)


class _Guarded(msgspec.Struct, frozen=True):
    """A mend that the guard made, or could not; times are unix seconds."""

    hold: str
    """the fault's name, a slash, and what the guard knows it by; without a slash it was no fault's"""
    told: str
    asked: float
    done: float
    problem: str = ""


class Actions:
    """The actions of a run being made; a line is in the file when the call returns, whatever becomes of the writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def injected(self, injection: Injection) -> None:
        """A fault was begun, or ended, or could not be; FolderError where that cannot be written down."""
        self._write(INJECTIONS, injection)

    def marked(self, mark: Mark) -> None:
        """Somebody noted something; several may do so at once."""
        self._write(MARKS, mark)

    def _write(self, name: str, line: Injection | Mark) -> None:
        try:
            file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(file, msgspec.json.encode(line) + b"\n")  # in one piece, so that lines of several writers do not mix
            finally:
                os.close(file)
        except OSError as problem:
            raise FolderError(f"{self._folder / name} cannot be written: {problem.strerror}") from None


def read_actions(folder: Path) -> tuple[tuple[Injection, ...], tuple[Mark, ...]]:
    """What was done, by the harness or the guard, and what was noted, each in the order of time; nothing where there was no drill.

    A last line that was cut off by the writer's end is left out.  FolderError for any other that cannot be read.
    """
    injections = _lines(folder / INJECTIONS, Injection)
    if guarded := _lines(folder / GUARDED, _Guarded):
        start = read_manifest(folder).start
        injections += [_mended(line, start) for line in guarded if "/" in line.hold]  # and not what was only to be taken away
    injections.sort(key=lambda line: line.asked)
    return tuple(injections), tuple(sorted(_lines(folder / MARKS, Mark), key=lambda line: line.at))


def _mended(line: _Guarded, start: float) -> Injection:
    fault, asked = line.hold.partition("/")[0], line.asked - start
    confirmed = None if line.problem else line.done - start
    return Injection(fault=fault, what="mend", due=asked, asked=asked, confirmed=confirmed, by="guard", problem=line.problem)


def _lines(file: Path, kind: type[_Line]) -> list[_Line]:
    try:
        *whole, _ = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise FolderError(f"{file} cannot be read: {problem.strerror}") from None
    try:
        return [msgspec.json.decode(line, type=kind) for line in whole]
    except msgspec.DecodeError as problem:
        raise FolderError(f"{file} cannot be read: {problem}") from None
