"""What was lost: the shortfall of the share of good intents, summed over the whole of the time that is looked at.

A sum of max(0, shortfall) is above 0 even where nothing is wrong, by noise alone; what the baseline comes to is taken off.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rushproof.clocks import Loss
from rushproof.keyed import FloatArray
from rushproof.recovery.baseline import Baseline
from rushproof.recovery.cohort import Cohorts, totals
from rushproof.recovery.wilson import among, difference

_DRAWS = 400
_SEED = 20_220_509
_ENDS = (2.5, 97.5)


class _Blocks(NamedTuple):
    """Stretches of time as long as a window, those in which nobody came left out."""

    asked: FloatArray
    good: FloatArray
    seconds: FloatArray


def loss(cohorts: Cohorts, baseline: Baseline, begin: float, end: float, window: float) -> Loss | None:
    """The loss between two wall seconds; None where nobody came."""
    size = max(int(np.ceil(window / cohorts.resolution - 1e-6)), 1)
    first, last = int(begin / cohorts.resolution + 1e-9), min(int(np.floor(end / cohorts.resolution + 1e-6)), cohorts.size)
    lost, usual = _blocks(cohorts, first, last, size), _blocks(cohorts, baseline.first, baseline.last, size)
    if not len(lost.asked):
        return None
    service, requests, noise = (float(each[0]) for each in _sums(lost, usual, lost.good[None], usual.good[None], baseline))
    random = np.random.default_rng(_SEED)
    picked = random.integers(0, len(usual.asked), (_DRAWS, len(usual.asked)))
    again = _Blocks(*(column[picked] for column in usual))
    drawn, _, _ = _sums(lost, again, _redrawn(random, lost, baseline.spread), _redrawn(random, again, baseline.spread), baseline)
    low, high = np.percentile(drawn, _ENDS)
    return Loss(
        service=max(service, 0.0),
        service_low=max(min(float(low), service), 0.0),
        service_high=max(float(high), service, 0.0),
        requests=max(requests, 0.0),
        resilience=float(np.clip(1 - service / (baseline.share * lost.seconds.sum()), 0.0, 1.0)),
        depth=_depth(cohorts, baseline, first, last, size),
        noise=noise,
    )


def _blocks(cohorts: Cohorts, first: int, last: int, size: int) -> _Blocks:
    edges = np.append(np.arange(first, last, size), last)
    asked, good = (np.diff(totals(column)[edges]) for column in (cohorts.asked, cohorts.good))
    some = asked > 0
    return _Blocks(asked[some], good[some], (np.diff(edges) * cohorts.resolution)[some])


def _sums(lost: _Blocks, usual: _Blocks, good: FloatArray, usual_good: FloatArray, baseline: Baseline) -> tuple[FloatArray, ...]:
    """By draw: seconds lost, intents lost, and the seconds of noise that were taken off; `good` and `usual_good` have a row a draw."""
    share = usual_good.sum(axis=-1) / usual.asked.sum(axis=-1)
    noise = np.maximum(share[..., None] - usual_good / usual.asked, 0.0).mean(axis=-1)
    shown = _worse(lost.asked, lost.good, baseline)
    short = np.maximum(share[:, None] - good / lost.asked, 0.0)
    quiet = float(lost.seconds[~shown].sum())
    service = (short * lost.seconds).sum(axis=1) - noise * quiet
    requests = (short * lost.asked).sum(axis=1) - noise * float(lost.asked[~shown].sum())
    return service, requests, noise * quiet


def _redrawn(random: np.random.Generator, blocks: _Blocks, spread: float) -> FloatArray:
    """So many good ones as there might have been in each block, a row a draw."""
    many = np.maximum(np.rint(blocks.asked / spread), 1).astype(np.int64)
    shape = many.shape if many.ndim == 2 else (_DRAWS, len(many))
    return random.binomial(many, np.clip(blocks.good / blocks.asked, 0.0, 1.0), shape) / many * blocks.asked


def _worse(asked: FloatArray, good: FloatArray, baseline: Baseline) -> NDArray[np.bool_]:
    """Which of so many stretches are shown to be worse than the baseline."""
    spread = baseline.spread
    worse: NDArray[np.bool_] = (
        difference(good / spread, asked / spread, baseline.good / spread, baseline.asked / spread, among(len(asked))).high < 0
    )
    return worse


def _depth(cohorts: Cohorts, baseline: Baseline, first: int, last: int, size: int) -> float:
    """How deep it fell in the worst window that is shown to be worse, as a share of the baseline: of a few somebody always fails."""
    asked, good = (totals(column[first:last]) for column in (cohorts.asked, cohorts.good))
    size = min(size, last - first)
    came, well = asked[size:] - asked[:-size], good[size:] - good[:-size]
    worse = (came > 0) & _worse(came, well, baseline)
    return float(np.clip(1 - (well[worse] / came[worse]).min() / baseline.share, 0.0, 1.0)) if worse.any() else 0.0
