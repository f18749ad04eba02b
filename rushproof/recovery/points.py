"""How much was open, and when: readings of a probe, or rows of a query, as two columns in one of the two times."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rushproof.keyed import FloatArray

_EVEN = 3
"""rows at even distances from which on they are taken for samples"""


class Points(NamedTuple):
    """Equally long columns in the order of time, and up to where it was looked."""

    at: FloatArray
    open: FloatArray
    exact: bool
    """each is a change: from then on so much was open; otherwise a look, and what was between two of them nobody knows"""
    until: float

    def before(self, at: float) -> float | None:
        """How much was open at a moment, as far as it was seen by then; None where that is not known."""
        place = int(np.searchsorted(self.at, at, side="right")) - 1
        if place < 0:
            return 0.0 if self.exact else None
        return float(self.open[place])


def of_readings(readings: NDArray[Any], time: Callable[[float], float]) -> Points | str:
    """A probe's readings, their wall seconds turned into the clock's time; looks without an answer are no looks."""
    told = readings[~np.isnan(readings["value"])]
    if not len(told):
        return "its probe never had an answer"
    at = np.array([time(float(each)) for each in told["at"]])
    return Points(at, told["value"].astype(np.float64), False, float(at[-1]))


def of_rows(rows: Sequence[Mapping[str, Any]], time: Callable[[float], float], until: float) -> Points | str:
    """A query's rows, `at` and `open`; several of one moment count as the last of them."""
    if not rows:
        return "its query found nothing"
    if missing := {"at", "open"} - set(rows[0]):
        return f"its query has no column {' and none '.join(sorted(missing))}"
    try:
        told = sorted((time(float(row["at"])), nth, float(row["open"])) for nth, row in enumerate(rows))
    except (TypeError, ValueError):
        return "not every row of its query has a number for `at` and `open`"
    at, _, many = (np.array(column, dtype=np.float64) for column in zip(*told, strict=True))
    last = np.append(at[1:] != at[:-1], True)
    at, many = at[last], many[last]
    gaps = np.diff(at)
    even = len(at) >= _EVEN and bool(np.allclose(gaps, gaps[0], rtol=1e-6, atol=1e-6))
    return Points(at, many, not even, float(at[-1]) if even else max(until, float(at[-1])))
