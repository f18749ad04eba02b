"""When harm began: the point at which the share of good intents changed, by a cumulated sum that is dated back.

One-sided CUSUM of the log-likelihood ratio of p₀ − 0.05 against p₀ (E. S. Page, Biometrika 41:100, 1954); harm began in the bucket after
the sum was last 0.  The same is asked of slowness: of the good ones, the share that is later than what is borne.
"""

from typing import NamedTuple

import numpy as np

from rushproof.keyed import IntArray
from rushproof.recovery.baseline import Baseline
from rushproof.recovery.cohort import Cohorts

_CHANGE = 0.05
"""of the share, that it looks for"""
_EVIDENCE = 10.0
"""log of the odds from which on it is a change: e¹⁰, so that minutes of looking find nothing by chance"""


class Onset(NamedTuple):
    """Wall seconds since the start: the interval in which harm began, and where in it most likely."""

    early: float
    late: float
    at: float


def onset(cohorts: Cohorts, baseline: Baseline, begin: float, end: float) -> Onset | None:
    """The first harm between two wall seconds; None where none is shown."""
    resolution = cohorts.resolution
    first, last = int(begin / resolution + 1e-9), min(int(np.ceil(end / resolution - 1e-6)), cohorts.size)
    asked, good = cohorts.asked[first:last], cohorts.good[first:last]
    found = [_change(asked - good, asked, (baseline.asked - baseline.good) / baseline.asked, baseline.spread)]
    if baseline.slowest:
        slow = cohorts.slower(baseline.slowest)
        usual = slow[baseline.first : baseline.last].sum() / baseline.good
        found.append(_change(slow[first:last], good, float(usual), baseline.late_spread))
    places = [place for place in found if place is not None]
    if not places:
        return None
    place = min(places)
    early, late = max((first + place) * resolution, begin), (first + place + 1) * resolution
    usual_share = baseline.share
    short = usual_share - float(good[place] / asked[place]) if asked[place] else usual_share
    return Onset(early, late, max(late - resolution * min(max(short / usual_share, 0.0), 1.0), early))


def _change(bad: IntArray, asked: IntArray, usual: float, spread: float) -> int | None:
    """In which place the share of bad ones rose."""
    p0 = min(max(usual, 1e-4), 0.9)
    p1 = min(p0 + _CHANGE, 0.95)
    steps = (bad * np.log(p1 / p0) + (asked - bad) * np.log((1 - p1) / (1 - p0))) / spread
    summed = np.concatenate(([0.0], np.cumsum(steps)))
    lowest = np.minimum.accumulate(summed)
    over = np.flatnonzero(summed - lowest > _EVIDENCE)
    if not len(over):
        return None
    return int(np.flatnonzero(summed[: over[0]] == lowest[over[0]])[-1])
