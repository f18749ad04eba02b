"""capacity.json and metastable.json: what a series of runs found, in the folder that holds the runs."""

import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from rushproof.capacity import Capacity
from rushproof.errors import FolderError
from rushproof.metastability import Metastability

Found = TypeVar("Found")


class SeriesFile(Generic[Found]):
    """One of the two: the verb that writes it, which also names it, and what stands in it."""

    def __init__(self, verb: str, kind: type[Found]) -> None:
        self.verb, self.name, self._kind = verb, f"{verb}.json", kind

    def write(self, folder: Path, found: Found) -> None:
        """Puts it in its place, whole at every instant; FolderError where the folder cannot be written."""
        aside = folder / f".{self.name}.part"
        try:
            aside.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
            os.replace(aside, folder / self.name)
        except OSError as problem:
            raise FolderError(f"{folder / self.name} cannot be written: {problem.strerror}") from None

    def read(self, folder: Path) -> Found:
        """What was found; FolderError where the folder does not say, or the file is not ours."""
        path = folder / self.name
        try:
            return msgspec.json.decode(path.read_bytes(), type=self._kind)
        except OSError as problem:
            raise FolderError(f"{folder} holds no {self.name} that can be read: {problem.strerror}") from None
        except (msgspec.DecodeError, ValueError) as problem:
            raise FolderError(f"{path} is not what `rushproof {self.verb}` writes: {problem}") from None

    def schema(self) -> str:
        """The JSON Schema as `capacity.schema.json`, or its sister, publishes it."""
        named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"rushproof {self.name}"}
        return msgspec.json.format(msgspec.json.encode(named | msgspec.json.schema(self._kind)), indent=2).decode() + "\n"


CAPACITY = SeriesFile("capacity", Capacity)
METASTABLE = SeriesFile("metastable", Metastability)
