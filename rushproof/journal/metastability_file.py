"""metastable.json: what `rushproof metastable` found, in the folder that holds its runs."""

import os
from pathlib import Path

import msgspec

from rushproof.errors import FolderError
from rushproof.metastability import Metastability

NAME = "metastable.json"


def write_metastability(folder: Path, found: Metastability) -> None:
    """Puts it in its place, whole at every instant; FolderError where the folder cannot be written."""
    aside = folder / f".{NAME}.part"
    try:
        aside.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        os.replace(aside, folder / NAME)
    except OSError as problem:
        raise FolderError(f"{folder / NAME} cannot be written: {problem.strerror}") from None


def read_metastability(folder: Path) -> Metastability:
    """What was found; FolderError where the folder holds none, or it is not ours."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Metastability)
    except OSError as problem:
        raise FolderError(f"{folder} holds no {NAME}: it cannot be read ({problem.strerror})") from None
    except (msgspec.DecodeError, ValueError) as problem:
        raise FolderError(f"{path} is not what `rushproof metastable` writes: {problem}") from None
