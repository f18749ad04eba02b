"""What was read back of a run folder: the journal's columns, summed where order and worker do not matter."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof.frame import Visits

COUNTED = np.dtype(
    [("at", "<i8"), ("step", "<i4"), ("outcome", "<i4"), ("distribution", "<i4"), ("bucket", "<i8"), ("count", "<i8")]
)  # fmt: skip
"""One cell of the run, all workers together: `at` in journal buckets since the start, `step` an index into `Recorded.steps`."""

HEALTH = np.dtype(
    [
        ("worker", "<i4"), ("at", "<i8"), ("lag_p99", "<f8"), ("busy", "<f8"), ("turn", "<f8"), ("due", "<i8"), ("unsent", "<i8"),
        ("missed", "<i8"), ("in_flight", "<i8"), ("memory", "<i8"), ("oldest", "<f8"),
    ]
)  # fmt: skip
"""One wall second of one worker: `frame.Health` with the worker's number."""


READING = np.dtype([("at", "<f8"), ("value", "<f8")])
"""One reading of a probe: wall seconds since the start, and the number; NaN where there was no answer."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A run's journal, read in one pass; attempts stay in the folder, where only the audit reads them."""

    steps: tuple[tuple[str, str], ...]
    """(crowd, step)"""
    cells: NDArray[Any]
    """`COUNTED`, in any order; the same cell may stand in several rows"""
    health: NDArray[Any]
    """`HEALTH`"""
    visits: Mapping[str, Visits] = msgspec.field(default_factory=dict)
    """by crowd, the last report of every worker added up"""
    closed: frozenset[str] = frozenset()
    """crowds whose samples had no due times: ordinary Locust users"""
    until: float = 0.0
    """wall seconds since the start that the last frame speaks of"""
    frames: int = 0
    """how many came"""
    unmapped: int = 0
    """answers that no rule knew, those of the warm-up left out"""
    notes: tuple[str, ...] = ()
    """what workers wanted a person to be told"""
    gaps: tuple[str, ...] = ()
    """one sentence for each frame that never came and each segment that cannot be read"""
    probes: Mapping[str, NDArray[Any]] = msgspec.field(default_factory=dict)
    """by name, what a probe or the query of a stop rule came to: `READING`, in the order of time"""

    @property
    def told(self) -> tuple[str, ...]:
        """The notes, each once: how often it was told (`… (3 times)`) is added up over workers and seconds."""
        times: dict[str, int] = {}
        for note in self.notes:
            found = _COUNTED.fullmatch(note)
            text, count = (found[1], int(found[2])) if found else (note, 1)
            times[text] = times.get(text, 0) + count
        return tuple(f"{text} ({count:,} times)" if count > 1 else text for text, count in times.items())


_COUNTED = re.compile(r"(.*) \((\d+) times\)", re.DOTALL)
