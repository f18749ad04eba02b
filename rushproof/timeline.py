"""The run in journal buckets: what was due, what it came to, and how long it took, from the summary's counts."""

import numpy as np
from numpy.typing import NDArray

from rushproof.health import Taint
from rushproof.histogram import middle
from rushproof.keyed import FloatArray, IntArray
from rushproof.report import Timeline
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.summary import Summary


def timeline(summary: Summary, taint: Taint) -> Timeline:
    """The columns of a run's chart, from the start to the last bucket in which anything was due or done."""
    size, resolution = summary.entire.last, summary.resolution
    at = np.arange(size) * resolution
    outcomes = {outcome: _sums(summary, Distribution.RESPONSE, size, outcome=outcome) for outcome in Outcome}
    clock, pace = summary.manifest.scenario.timetable.clock, summary.manifest.pace
    p50, p99 = _quantiles(summary, size, (0.5, 0.99))
    return Timeline(
        at=tuple(at.tolist()),
        clock=tuple(clock(pace.at(second)) for second in at.tolist()),
        offered=_rates(_sums(summary, Distribution.STRETCH, size, step=VISIT), resolution),
        due=_rates(np.sum(list(outcomes.values()), axis=0), resolution),
        outcomes={outcome.word: _rates(counts, resolution) for outcome, counts in outcomes.items() if counts.any()},
        served=_rates(_sums(summary, Distribution.SERVED, size, outcome=Outcome.OK), resolution),
        p50=p50,
        p99=p99,
        in_flight=_in_flight(summary, size),
        tainted=tuple(_tainted(taint, second, resolution) for second in at.tolist()),
    )


def _sums(summary: Summary, distribution: Distribution, size: int, *, step: str | None = None, outcome: Outcome | None = None) -> IntArray:
    found = np.zeros(size, dtype=np.int64)
    for _, cells in summary.picked(distribution, step=step, outcome=outcome):
        np.add.at(found, cells.at, cells.counts)
    return found


def _rates(counts: IntArray, resolution: float) -> tuple[float, ...]:
    return tuple((counts / resolution).tolist())


def _quantiles(summary: Summary, size: int, shares: tuple[float, ...]) -> tuple[tuple[float | None, ...], ...]:
    """For each share, the quantile of the responses of ok samples in every bucket; None where there were none."""
    parts = [cells for _, cells in summary.picked(Distribution.RESPONSE, outcome=Outcome.OK)]
    if not parts:
        return tuple((None,) * size for _ in shares)
    at, bucket, count = (np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "bucket", "counts"))
    order = np.lexsort((bucket, at))
    at, bucket, running = at[order], bucket[order], np.cumsum(count[order])
    totals = np.bincount(at, weights=count[order], minlength=size).astype(np.float64)
    before = np.concatenate(([0.0], np.cumsum(totals)[:-1]))
    return tuple(_picked(share, bucket, running, totals, before) for share in shares)


def _picked(share: float, bucket: IntArray, running: IntArray, totals: FloatArray, before: FloatArray) -> tuple[float | None, ...]:
    place = before + np.maximum(np.ceil(share * totals - 1e-9), 1)
    values = middle(bucket[np.minimum(np.searchsorted(running, place), len(bucket) - 1)])
    return tuple(value if total else None for value, total in zip(values.tolist(), totals.tolist(), strict=True))


def _in_flight(summary: Summary, size: int) -> tuple[int, ...]:
    """Visits in flight at each bucket: those the workers told of in its wall second."""
    rows = summary.recorded.health
    seconds = (np.arange(size) * summary.resolution + 1e-6).astype(np.int64)
    found: NDArray[np.int64] = np.zeros(max(int(seconds[-1]) + 1 if size else 0, 1), dtype=np.int64)
    inside = rows["at"] < len(found)
    np.add.at(found, rows["at"][inside], rows["in_flight"][inside])
    return tuple(found[seconds].tolist())


def _tainted(taint: Taint, at: float, resolution: float) -> bool:
    first, last = int(at + 1e-6), int(np.ceil(at + resolution - 1e-6))
    return any(second in taint.signs for second in range(first, max(last, first + 1)))
