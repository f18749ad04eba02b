"""run.json: the manifest as a file, written aside and renamed so that it is whole at every instant."""

import os
from pathlib import Path

import msgspec

from rushproof.errors import FolderError
from rushproof.manifest import Manifest
from rushproof.quantity import decode, encode

NAME = "run.json"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Puts the manifest in its place; OSError where the folder cannot be written."""
    text = msgspec.json.format(msgspec.json.encode(manifest, enc_hook=encode), indent=2)
    aside = folder / f".{NAME}.part"
    aside.write_bytes(text + b"\n")
    os.replace(aside, folder / NAME)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run folder; FolderError where there is none or it is not ours."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest, dec_hook=decode)
    except OSError as problem:
        raise FolderError(f"{folder} holds no run: {path.name} cannot be read ({problem.strerror})") from None
    except (msgspec.DecodeError, ValueError) as problem:
        raise FolderError(f"{path} is not a run's manifest: {problem}") from None
