"""The rules that others tell a recovery by, to be shown beside the one that is used here: how wrong they are, and in which direction.

All of them look at what was done in each second, not at what became of those who came in it; all give wall seconds from the mend on.
"""

from collections.abc import Callable, Mapping

import numpy as np

from rushproof.keyed import IntArray

Simple = Callable[[IntArray, IntArray, int], float]
"""good ones of each second, those of the baseline, the second of the mend → seconds after it; negative where it says: before"""

_ENOUGH = 0.95


def first_back(good: IntArray, usual: IntArray, mended: int) -> float:
    """The first second with 95 % of the baseline's mean count."""
    return _at(np.flatnonzero(good[mended:] >= _ENOUGH * usual.mean()), len(good) - mended)


def last_below(good: IntArray, usual: IntArray, mended: int) -> float:
    """After the last second with less than 95 % of the baseline's mean count."""
    below = np.flatnonzero(good[mended:] < _ENOUGH * usual.mean())
    return float(below[-1] + 1) if len(below) else 0.0


def three_in_a_row(good: IntArray, usual: IntArray, mended: int) -> float:
    """The first of three seconds with 90 % of it, as health checks count."""
    well = good[mended:] >= 0.9 * usual.mean()
    return _at(np.flatnonzero(well[:-2] & well[1:-1] & well[2:]), len(well))


def smoothed(good: IntArray, usual: IntArray, mended: int) -> float:
    """The first second from which on means of five seconds stay above the baseline's median less three deviations for half a minute."""
    window, hold = 5, 30
    means, base = (np.convolve(each, np.ones(window) / window, "valid") for each in (good[mended:], usual))
    middle = np.median(base)
    below = np.concatenate(([0], np.cumsum(means < middle - 3 * np.median(np.abs(base - middle)))))
    return _at(np.flatnonzero(below[hold:] == below[:-hold]), len(means))


def _at(places: IntArray, never: int) -> float:
    return float(places[0]) if len(places) else float(never)


SIMPLE: Mapping[str, Simple] = {
    "first second at 95 % of the count": first_back,
    "three seconds in a row at 90 %": three_in_a_row,
    "five-second mean, held": smoothed,
    "last second below 95 %": last_below,
}
"""By what they are called in a table."""
