"""Whether the generator can be believed, second by second: the taint of a wall second, and what it spoils.

A generator that is short of CPU, or stopped, measures itself and blames the target; lag alone does not show it.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof.budget import RECOVERY, Budget
from rushproof.keyed import IntArray
from rushproof.quantity import Unit, show
from rushproof.report import Generator
from rushproof.sample import VISIT, Distribution
from rushproof.scenario import GeneratorSpec
from rushproof.summary import Span, Summary

SIGNS = ("lag", "busy", "turn", "unsent", "missed", "absent")
"""Why a second is tainted; `absent`: the worker said nothing of it, as a stopped process does."""

_TIGHT = 0.05
"""lag of this share of the tightest latency bound cannot turn a finding"""


class Taint(msgspec.Struct, frozen=True):
    """The tainted wall seconds of a run, each with its signs, and what was due in every second."""

    seconds: int
    """how many wall seconds there are to vouch for: those of the load, and later ones in which something was due"""
    signs: Mapping[int, frozenset[str]]
    """by wall second since the start; untainted seconds are not in it"""
    due: IntArray
    """samples due in each wall second, all steps together"""

    def among(self, seconds: IntArray) -> list[int]:
        """The tainted ones of these seconds."""
        return [int(second) for second in seconds if int(second) in self.signs]

    def told(self, seconds: list[int]) -> str:
        """The signs of some tainted seconds: `lag 2, turn 1`."""
        counts = Counter(sign for second in seconds for sign in self.signs[second])
        return ", ".join(f"{sign} {counts[sign]}" for sign in SIGNS if counts[sign])


def taint(summary: Summary) -> Taint:
    """The taint of every second of a run, by the thresholds of its scenario."""
    scenario, rows = summary.manifest.scenario, summary.recorded.health
    limit = lag_limit(scenario.generator, scenario.budget)
    signs: dict[int, set[str]] = {}
    for row in rows.view(np.recarray):
        if found := signs_of(row, scenario.generator, limit):
            signs.setdefault(int(row.at), set()).update(found)
    for second in _absent(rows, math.ceil(summary.elapsed - 1e-6)):
        signs.setdefault(second, set()).add("absent")
    seconds = max(int(rows["at"].max()) + 1 if len(rows) else 0, math.ceil(summary.elapsed - 1e-6))
    due = _due(summary, seconds)
    matters = _matters(np.arange(seconds), due, summary.elapsed)
    found_signs = {second: frozenset(found) for second, found in sorted(signs.items()) if matters[second]}
    return Taint(int(matters.sum()), found_signs, due)


def lag_limit(spec: GeneratorSpec, budget: Budget) -> float:
    """The lag p99, in seconds, from which on a second is tainted."""
    bounds = [limit.bound.value for limit in budget if limit.bound.unit is Unit.SECONDS and limit.measure not in RECOVERY]
    bounds += [limit.within.value for limit in budget if limit.within is not None]
    return max(float(spec.lag), _TIGHT * min(bounds, default=0.0))


def signs_of(second: Any, spec: GeneratorSpec, lag: float) -> set[str]:
    """The signs of one worker's second, a `frame.Health` or a row of `recorded.HEALTH`; `lag` is the run's `lag_limit`."""
    found = {
        "lag": second.lag_p99 > lag,
        "busy": second.busy > spec.busy,
        "turn": second.turn > spec.turn,
        "unsent": second.unsent > spec.unsent * second.due,
        "missed": second.missed > 0,
    }
    return {sign for sign, shown in found.items() if shown}


def spoiled(of: Taint, summary: Summary, span: Span) -> str:
    """Why no figure of this span can be believed; empty where it can."""
    spec = summary.manifest.scenario.generator
    first, last = math.floor(span.first * summary.resolution + 1e-6), math.ceil(span.last * summary.resolution - 1e-6)
    seconds = np.arange(first, last)
    seconds = seconds[_matters(seconds, of.due, summary.elapsed)]
    tainted = of.among(seconds)
    if not tainted:
        return ""
    if len(tainted) > float(spec.tainted) * len(seconds):
        share = f"more than the {show(float(spec.tainted), Unit.SHARE)} that is borne"
        return f"the generator cannot vouch for {len(tainted)} of {len(seconds)} wall seconds ({of.told(tainted)}), {share}"
    busiest = seconds[np.argsort(-_at(of.due, seconds), kind="stable")[: int(spec.peak)]]
    peak = of.among(busiest)
    if not peak:
        return ""
    return f"the generator cannot vouch for {len(peak)} of the {len(busiest)} busiest wall seconds ({of.told(peak)})"


def generator(of: Taint, summary: Summary) -> Generator:
    """What the generator says of itself, over the whole run."""
    rows = summary.recorded.health
    counts = Counter(sign for signs in of.signs.values() for sign in signs)
    filled = len(rows) > 0
    return Generator(
        workers=summary.manifest.workers,
        cores=summary.manifest.machine.cores,
        busy=float(rows["busy"].mean()) if filled else 0.0,
        busy_peak=float(rows["busy"].max()) if filled else 0.0,
        lag_p99=float(rows["lag_p99"].max()) if filled else 0.0,
        turn=float(rows["turn"].max()) if filled else 0.0,
        memory=int(rows["memory"].max()) if filled else 0,
        seconds=of.seconds,
        tainted_seconds=len(of.signs),
        reasons={sign: counts[sign] for sign in SIGNS},
    )


def _absent(rows: NDArray[Any], elapsed: int) -> set[int]:
    """Seconds that a worker skipped, or did not live to see while arrivals were still due."""
    absent: set[int] = set()
    for worker in np.unique(rows["worker"]):
        seconds = rows["at"][rows["worker"] == worker]
        absent |= set(range(int(seconds.min()), max(int(seconds.max()), elapsed - 1))) - {int(second) for second in seconds}
    return absent if len(rows) else set(range(elapsed))


def _due(summary: Summary, seconds: int) -> IntArray:
    due = np.zeros(seconds + 1, dtype=np.int64)
    for _, cells in summary.picked(Distribution.RESPONSE):
        np.add.at(due, np.minimum((cells.at * summary.resolution + 1e-6).astype(np.int64), seconds), cells.counts)
    if not due.any():
        for _, cells in summary.picked(Distribution.STRETCH, step=VISIT):
            np.add.at(due, np.minimum((cells.at * summary.resolution + 1e-6).astype(np.int64), seconds), cells.counts)
    return due


def _matters(seconds: IntArray, due: IntArray, elapsed: float) -> NDArray[np.bool_]:
    """Seconds after the last arrival count only where something was due in them: the generator's own tidying up spoils nothing."""
    return (seconds < elapsed - 1e-6) | (_at(due, seconds) > 0)


def _at(due: IntArray, seconds: IntArray) -> IntArray:
    return np.where(seconds < len(due), due[np.minimum(seconds, len(due) - 1)], 0)
