"""The rows that gather between two writes, with the words of their frames counted once for all."""

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof.frame import ATTEMPT, CELL, Frame, Health, Visits
from rushproof.sample import Distribution, Outcome

_HEALTH = tuple(field.name for field in msgspec.structs.fields(Health))
_FRACTIONS = {field.name: float for field in msgspec.structs.fields(Health) if field.type is float}
_VISITS = tuple(field.name for field in msgspec.structs.fields(Visits))
_WIDE_CELL = np.dtype([("worker", "<i4"), *((name, "<i8") for name in CELL.names or ())])
_WIDE_ATTEMPT = np.dtype([("worker", "<i4"), *((name, ATTEMPT[name]) for name in ATTEMPT.names or ())])


class Segment:
    """About ten seconds of frames as columns; each frame's own numbers for steps and rounds become the segment's.

    `crowds` are the scenario's, in its order: a frame's `visits` are of these, while its steps may be of a part of them.
    """

    def __init__(self, crowds: tuple[str, ...]) -> None:
        self._crowds = crowds
        self._steps: dict[tuple[str, str], int] = {}
        self._kinds: dict[int, str] = {}
        self._rounds: dict[str, int] = {}
        self._cells: list[NDArray[Any]] = []
        self._attempts: list[NDArray[Any]] = []
        self._health: list[tuple[Any, ...]] = []
        self._visits: list[tuple[Any, ...]] = []
        self._frames: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: Frame) -> None:
        """Takes a frame in."""
        steps = np.array([self._steps.setdefault(step, len(self._steps)) for step in frame.steps], dtype=np.int64)
        self._kinds |= zip(steps.tolist(), frame.kinds, strict=False)
        rounds = np.array([self._rounds.setdefault(word, len(self._rounds)) for word in frame.rounds], dtype=np.int64)
        if frame.cells:
            self._cells.append(_widened(frame.cell_rows, _WIDE_CELL, frame.worker, {"step": steps}))
        if frame.attempts:
            self._attempts.append(_widened(frame.attempt_rows, _WIDE_ATTEMPT, frame.worker, {"step": steps, "round": rounds}))
        self._health += [(frame.worker, *msgspec.structs.astuple(health)) for health in frame.health]
        told = {crowd for crowd, _ in frame.steps}
        self._visits += [
            (frame.worker, frame.seq, frame.until, crowd, frame.due or crowd not in told, *msgspec.structs.astuple(counts))
            for crowd, counts in zip(self._crowds, frame.visits, strict=False)
        ]
        self._frames.append((frame.worker, frame.seq, frame.until, frame.unmapped, frame.final, "\n".join(frame.notes)))

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes the rows known to DuckDB under the names that `tables.TABLES` reads."""
        tables = {
            "cells": _columns(self._cells, _WIDE_CELL),
            "attempts": _columns(self._attempts, _WIDE_ATTEMPT),
            "health": _transposed(self._health, ("worker", *_HEALTH), _FRACTIONS),
            "visits": _transposed(
                self._visits, ("worker", "seq", "until", "crowd", "due", *_VISITS), {"until": float, "crowd": object, "due": bool}
            ),
            "frames": _transposed(
                self._frames,
                ("worker", "seq", "until", "unmapped", "final", "notes"),
                {"until": float, "final": bool, "notes": object},
            ),
            "steps": {
                "id": np.arange(len(self._steps)),
                "crowd": np.array([crowd for crowd, _ in self._steps], dtype=object),
                "step": np.array([step for _, step in self._steps], dtype=object),
                "kind": np.array([self._kinds.get(number, "") for number in range(len(self._steps))], dtype=object),
            },
            "rounds": _words(self._rounds),
            "outcomes": _words(outcome.word for outcome in Outcome),
            "distributions": _words(distribution.word for distribution in Distribution),
        }
        for name, columns in tables.items():
            connection.register(name, columns)


def _widened(rows: NDArray[Any], kind: np.dtype[Any], worker: int, numbers: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    wide = np.empty(len(rows), kind)
    for name in rows.dtype.names or ():
        wide[name] = numbers[name][rows[name]] if name in numbers else rows[name]
    wide["worker"] = worker
    return wide


def _columns(parts: list[NDArray[Any]], kind: np.dtype[Any]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) if parts else np.empty(0, kind[name]) for name in kind.names or ()}


def _transposed(rows: list[tuple[Any, ...]], names: tuple[str, ...], kinds: Mapping[str, type]) -> dict[str, NDArray[Any]]:
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: np.array(column, dtype=kinds.get(name, np.int64)) for name, column in zip(names, columns, strict=True)}


def _words(words: Iterable[str]) -> dict[str, NDArray[Any]]:
    array = np.array(list(words), dtype=object)
    return {"id": np.arange(len(array)), "word": array}
