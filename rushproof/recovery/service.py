"""When the service was well again, as those who came after the mend saw it.

Each second from the mend on is asked two things.  Is the share of good intents in the window that begins there *shown to be worse* than
the baseline's by more than is allowed?  Then it was not well yet.  And over the time that it has to stay well, is it *shown to be good*?
The first moment with no bad window within the hold, and a good share over it, is the recovery.  The two questions also give the bracket:
the last bad window before it, and the first moment up to which the share is shown to have reached what is asked for.
"""

from typing import Literal

import msgspec
import numpy as np

from rushproof.keyed import IntArray
from rushproof.recovery.baseline import Baseline
from rushproof.recovery.cohort import Cohorts
from rushproof.recovery.looked import FEWEST, Looked, Mask, Rule
from rushproof.recovery.looked import looked as look
from rushproof.recovery.wilson import SURE

_LONGER = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)
"""lengths over which it may take to show something, in holds or windows"""
_PROVEN = 2.1
"""z of the upper end of the bracket, which looks at stretches of several lengths"""
_CLOSELY = (1.0, 1.5, 2.0)
"""how closely it is shown, in drops: as closely as enough came for"""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, as wall seconds since the start; None where that was not seen."""

    status: Literal["recovered", "not recovered", "unknown"]
    at: float | None = None
    low: float | None = None
    high: float | None = None
    relapses: int = 0
    resolution: float
    n: int = 0
    held: float | None = None
    """up to where it was looked at to tell that it held"""
    well: bool = True
    """whether any window of it was shown to be well"""
    why: str = ""


def served(cohorts: Cohorts, baseline: Baseline, rule: Rule, mended: float, end: float) -> Served:
    """When it was well again, between the wall seconds `mended` and `end`."""
    looked = look(cohorts, baseline, rule, mended, end)
    starts = np.arange(looked.size)
    ends = looked.ends(starts, looked.window)
    whole = ends <= looked.size
    starts, ends = starts[whole], ends[whole]
    resolution = cohorts.resolution
    wide = float(np.median(ends - starts)) * resolution if len(starts) else rule.window
    n = int(looked.asked[-1])
    if not len(starts) or looked.size < looked.hold:
        return Served(status="unknown", resolution=wide, n=n, why=_unfilled(looked, resolution))
    bad = looked.bad(starts, ends)
    found = _held(looked, starts, ends, bad)
    if found is None:
        return _lost(looked, starts, ends, bad, resolution, wide)
    at, shown = found
    before = np.flatnonzero(bad[:at])
    low = int(starts[before[-1]]) if len(before) else 0
    proven, times = _proven(looked, low)
    high = max(shown if proven is None else proven, at)
    last = int(max(at + looked.hold, ends[at]))
    again = bad[at:]
    return Served(
        status="recovered",
        at=_second(looked, at, mended, resolution),
        low=_second(looked, low, mended, resolution),
        high=_second(looked, high, mended, resolution),
        relapses=int((again[1:] & ~again[:-1]).sum()),
        resolution=_resolution(looked, at, last, before, ends, float(ends[at] - at) * resolution),
        n=n,
        held=(looked.first + last) * resolution,
        why="" if times == 1 else f"too few came, or came out too slowly, to show it more closely than {times:g} times what may be missing",
    )


def _held(looked: Looked, starts: IntArray, ends: IntArray, bad: Mask) -> tuple[int, int] | None:
    """The first position from which on it was well for as long as it has to be, and where the stretch ends that shows it to be good."""
    until = np.maximum(starts + looked.hold, ends)
    filled = until <= looked.size
    begins, until = starts[filled], until[filled]
    so_far = np.concatenate(([0], np.cumsum(bad)))
    well = so_far[np.searchsorted(ends, until, side="right")] == so_far[begins]
    begins, until = begins[well], until[well]
    begins, until = (each[~looked.bad(begins, until)] for each in (begins, until))
    reach = np.stack([np.minimum(begins + ((until - begins) * longer).astype(np.int64), looked.size) for longer in _LONGER])
    good = looked.missing(np.broadcast_to(begins, reach.shape), reach, SURE) <= 2 * looked.rule.drop
    found = np.flatnonzero(good.any(axis=0))
    if not len(found):
        return None
    first = found[0]
    return int(begins[first]), int(reach[np.argmax(good[:, first]), first])


def _proven(looked: Looked, since: int) -> tuple[int | None, float]:
    """Where the first stretch since then ends over which no more is missing than may be, or than so many times as much.

    If the share only ever rose, it was so at that stretch's end at the latest.
    """
    starts = [np.arange(since, looked.size - int(looked.window * longer) + 1) for longer in _LONGER]
    ends = [
        np.maximum(looked.ends(each, looked.window), each + int(looked.window * longer))
        for each, longer in zip(starts, _LONGER, strict=True)
    ]
    begin, end = np.concatenate(starts), np.concatenate(ends)
    begin, end = begin[end <= looked.size], end[end <= looked.size]
    missing = np.where(looked.swift(begin, end), looked.missing(begin, end, _PROVEN), np.inf)
    for times in _CLOSELY:
        shown = end[missing <= times * looked.rule.drop]
        if len(shown):
            return int(shown.min()), times
    return None, _CLOSELY[-1]


def _lost(looked: Looked, starts: IntArray, ends: IntArray, bad: Mask, resolution: float, wide: float) -> Served:
    """It was never seen to be well for long enough: was it unwell to the end, or is that not known?"""
    worse, size = np.flatnonzero(bad), looked.size
    begin, end = np.array([max(size - looked.hold, 0)]), np.array([size])
    rest = np.array([int(ends[worse[-1]]) if len(worse) else 0])
    well = rest[0] + looked.window <= size and bool(looked.missing(rest, end, SURE)[0] <= 2 * looked.rule.drop)
    # what was well for as long before, and did not stay so, is not better for being well now
    flaps = len(worse) > 1 and int(np.diff(worse).max()) > max(looked.window, size - looked.window - int(worse[-1]))
    status: Literal["not recovered", "unknown"] = "unknown"
    if len(worse) and (flaps or not well) and (flaps or bad[-1] or bool(looked.bad(begin, end)[0])):
        status, why = "not recovered", f"it was not well {size * resolution:.4g} s after the mend, when the time ran out"
        why = f"it came and went, and {why}" if flaps else why
    elif well:
        rested = (size - int(rest[0])) * resolution
        why = f"it was well for the last {rested:.4g} s, and has to be for {looked.hold * resolution:.4g} s"
    else:
        why = "too few came to show that it was well, or that it was not"
    return Served(
        status=status,
        low=(looked.first + int(worse[-1])) * resolution if len(worse) else None,
        resolution=wide,
        n=int(looked.asked[-1]),
        well=bool((looked.missing(starts, ends, looked.z) <= 2 * looked.rule.drop).any()),
        why=why,
    )


def _resolution(looked: Looked, at: int, last: int, before: IntArray, ends: IntArray, wide: float) -> float:
    """A window, and as long again as the last `drop` of the share's rise took, if the whole of that rise took a window."""
    if not len(before):
        return wide
    begin = int(before[-1])
    share = [
        (looked.good[b] - looked.good[a]) / max(looked.asked[b] - looked.asked[a], 1.0) for a, b in ((begin, int(ends[begin])), (at, last))
    ]
    rise = share[1] - share[0]
    return float(wide * (1 + min(looked.rule.drop / rise, 10.0))) if rise > 0 else wide


def _second(looked: Looked, position: int, mended: float, resolution: float) -> float:
    """The wall second of a position; what was well from the beginning was so when it was mended."""
    return max((looked.first + position) * resolution, mended) if position else mended


def _unfilled(looked: Looked, resolution: float) -> str:
    seconds, asked = looked.size * resolution, int(looked.asked[-1])
    if looked.size < looked.hold:
        return f"only {seconds:.4g} s after the mend could be looked at, and it has to stay well for {looked.hold * resolution:.4g} s"
    return f"only {asked:,} came in the {seconds:.4g} s after the mend, and a window needs {FEWEST}"
