"""What probes read while load ran: a table of its own, written in its own segments, since it comes by another way than the frames."""

import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from rushproof.errors import FolderError
from rushproof.journal.tables import connect, segments
from rushproof.recorded import READING

TABLE = "probes"
SEGMENT = 10.0
"""wall seconds in one segment"""
_QUERY = 'SELECT name, "at", CASE WHEN isnan(value) THEN NULL ELSE value END AS value FROM readings ORDER BY "at", name'


class Readings:
    """The probes' readings of a run being written, by any thread; nothing is kept in memory but the segment that is gathering."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder / TABLE, 0
        self._rows: list[tuple[str, float, float]] = []
        self._writing = threading.RLock()
        self.trouble = ""
        """why readings are missing, where the folder could not be written"""

    def add(self, name: str, at: float, value: float | None) -> None:
        """One reading at `at` wall seconds since the start; None where there was no answer."""
        with self._writing:
            if self._rows and at - self._rows[0][1] >= SEGMENT:
                self.flush()
            self._rows.append((name, at, float("nan") if value is None else value))

    def flush(self) -> None:
        """Writes what has gathered."""
        with self._writing:
            rows, self._rows = self._rows, []
            if rows and not self.trouble:
                self._write(rows)

    def _write(self, rows: Sequence[tuple[str, float, float]]) -> None:
        part = self._folder / f".{self._number:06d}.part"
        try:
            self._folder.mkdir(exist_ok=True)
            names, at, values = zip(*rows, strict=True)
            with connect() as connection:
                connection.register("readings", {"name": np.array(names, object), "at": np.array(at), "value": np.array(values)})
                target = str(part).replace("'", "''")
                connection.execute(f"COPY ({_QUERY}) TO '{target}' (FORMAT parquet)").fetchall()
            os.replace(part, self._folder / f"{self._number:06d}.parquet")
        except (OSError, duckdb.Error) as problem:
            with contextlib.suppress(OSError):
                part.unlink()
            self.trouble = f"the probes' readings could not all be written: {str(problem).splitlines()[0]}"
        self._number += 1


def read_readings(folder: Path) -> Mapping[str, NDArray[Any]]:
    """By probe, its readings in the order of time; NaN where there was no answer."""
    paths = [str(path) for path in segments(folder, TABLE)]
    if not paths:
        return {}
    try:
        with connect() as connection:
            query = 'SELECT name, "at", coalesce(value, \'nan\'::DOUBLE) AS value FROM read_parquet(?) ORDER BY name, "at"'
            columns = connection.execute(query, [paths]).fetchnumpy()
    except duckdb.Error as problem:
        raise FolderError(f"{folder / TABLE} cannot be read: {str(problem).splitlines()[0]}") from None
    rows = np.empty(len(columns["at"]), READING)
    rows["at"], rows["value"] = columns["at"], columns["value"]
    return {str(name): rows[columns["name"] == name] for name in dict.fromkeys(columns["name"].tolist())}
