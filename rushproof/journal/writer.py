"""Writing a run: frames in, a Parquet segment of every table out each ten seconds of run."""

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import duckdb
import msgspec

from rushproof.errors import FolderError, LoadError
from rushproof.frame import Frame
from rushproof.journal.run_file import write_manifest
from rushproof.journal.segment import Segment
from rushproof.journal.tables import TABLES, connect
from rushproof.manifest import Ending, Manifest

SEGMENT = 10.0
"""seconds of run in one segment: what a killed harness can lose"""


class Journal:
    """A run folder being written.

    Segments are written aside and renamed, so that whatever is killed leaves a folder that can be read; nothing is kept in memory but the
    segment that is gathering.  `append` and `close` raise LoadError where the disk is full; the folder then holds what was kept.
    """

    def __init__(self, folder: Path, manifest: Manifest, salt: bytes) -> None:
        self.folder, self.salt = folder, salt
        self._resolution = float(manifest.scenario.resolution)
        self._connection = connect()
        self._crowds = tuple(manifest.scenario.crowds)
        self._segment, self._number, self._due = Segment(self._crowds), 0, SEGMENT
        self._full = ""

    @classmethod
    def create(cls, folder: Path, manifest: Manifest) -> "Journal":
        """A new journal in a folder that is new or empty; FolderError otherwise."""
        salt = secrets.token_bytes(16)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise FolderError(f"{folder} is not empty: a run folder holds one run; give another with --out")
            for table in TABLES:
                (folder / table).mkdir()
            descriptor = os.open(folder / "salt", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(salt.hex())
            write_manifest(folder, manifest)
        except OSError as problem:
            raise FolderError(f"{folder} cannot be written: {problem.strerror}") from None
        return cls(folder, manifest, salt)

    def append(self, frame: Frame) -> None:
        """Takes a frame in; about every ten seconds of run this writes a segment."""
        if self._full:
            return
        self._segment.add(frame)
        if frame.until >= self._due:
            self._due = frame.until + SEGMENT
            self._flush()

    def flush(self) -> None:
        """Writes what has gathered: who reads the folder now finds every attempt so far.  A full disk is for `close` to tell."""
        if not self._full and len(self._segment):
            with contextlib.suppress(LoadError):
                self._flush()

    def close(self, manifest: Manifest) -> None:
        """Writes what is left, and the manifest as the run ended; where not all could be kept, that is how it ended."""
        try:
            if not self._full and len(self._segment):
                self._flush()
        finally:
            self._connection.close()
            if self._full and manifest.ending is Ending.COMPLETE:
                manifest = msgspec.structs.replace(manifest, ending=Ending.DISK, why=self._full)
            try:
                write_manifest(self.folder, manifest)
            except OSError as problem:
                raise LoadError(f"{self.folder}: run.json could not be brought up to date: {problem.strerror}") from None

    def _flush(self) -> None:
        segment, self._segment = self._segment, Segment(self._crowds)
        written: list[Path] = []
        try:
            segment.register(self._connection)
            for table, query in TABLES.items():
                written.append(self.folder / table / f".{self._number:06d}.part")
                _copy(self._connection, query, written[-1], self._resolution)
            for part in written:
                os.replace(part, part.with_name(f"{self._number:06d}.parquet"))
        except (OSError, duckdb.Error) as problem:
            _discard(written)
            reason = str(problem).splitlines()[0]
            self._full = f"the journal could not be written after {self._number} segments of {SEGMENT:g} s, which are kept: {reason}"
            raise LoadError(f"{self.folder}: {self._full}") from None
        self._number += 1


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, resolution: float) -> None:
    query = query.replace("$resolution", repr(resolution))
    target = str(path).replace("'", "''")
    connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)").fetchall()


def _discard(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
