"""capacity.json: what `rushproof capacity` found, in the folder that holds its rungs."""

import os
from pathlib import Path
from typing import Any

import msgspec

from rushproof.capacity import Capacity
from rushproof.errors import FolderError

NAME = "capacity.json"


def write_capacity(folder: Path, capacity: Capacity) -> None:
    """Puts it in its place, whole at every instant; FolderError where the folder cannot be written."""
    aside = folder / f".{NAME}.part"
    try:
        aside.write_bytes(msgspec.json.format(msgspec.json.encode(capacity), indent=2) + b"\n")
        os.replace(aside, folder / NAME)
    except OSError as problem:
        raise FolderError(f"{folder / NAME} cannot be written: {problem.strerror}") from None


def read_capacity(folder: Path) -> Capacity:
    """What a search found; FolderError where the folder holds none, or it is not ours."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Capacity)
    except OSError as problem:
        raise FolderError(f"{folder} holds no capacity: {path.name} cannot be read ({problem.strerror})") from None
    except (msgspec.DecodeError, ValueError) as problem:
        raise FolderError(f"{path} is not what `rushproof capacity` writes: {problem}") from None


def schema() -> dict[str, Any]:
    """The JSON Schema of capacity.json, as published in `capacity.schema.json`."""
    described = msgspec.json.schema(Capacity)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rushproof capacity.json", **described}


def text() -> str:
    """The schema as the file holds it."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"
