"""When people come: the shapes of λ(t), and the due times they give.

A shape is a piece of a scenario, written at full size in scenario time; `arrivals` turns it into an `Arrivals`, a pure function from
arrival numbers to scenario time.
"""

from bisect import bisect_left
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np

from rushproof import seams
from rushproof.curve import Curve, deadline, decay, line, steps, together
from rushproof.keyed import FloatArray, IntArray, label, unit_array
from rushproof.quantity import Duration, Rate, Share
from rushproof.timetable import Moment, Timetable

Spacing = Literal["even", "poisson"]
"""`even`: one arrival in each N-th of the whole, at a keyed place in it.  `poisson`: independent; the number in a second varies."""


class _Shape(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="shape", kw_only=True, rename={"first": "from", "length": "for"}
):
    """What shapes have in common; each has a `curve`, its Λ (of one arrival in all, where it has no rates of its own)."""

    spacing: Spacing = "even"


class Steady(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="steady", rename={"first": "from", "length": "for"}):
    """The same rate throughout: `rate`, or the crowd's `people` spread over the time."""

    first: Moment
    length: Duration
    rate: Rate | None = None

    def curve(self, timetable: Timetable) -> Curve:
        begin, end = _span(timetable.at(self.first), self.length)
        rate = 1.0 / self.length if self.rate is None else self.rate
        return line(begin, end, rate, rate)


class Ramp(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="ramp", rename={"first": "from", "length": "for"}):
    """A straight line from one rate to another; with `people` only their ratio counts."""

    first: Moment
    length: Duration
    start: Rate
    finish: Rate

    def curve(self, timetable: Timetable) -> Curve:
        begin, end = _span(timetable.at(self.first), self.length)
        return line(begin, end, self.start, self.finish)


class Spike(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="spike", rename={"first": "from", "length": "for"}):
    """A base rate with one trapezoid on it: at `at` it rises to `peak`, holds, and falls again."""

    first: Moment
    length: Duration
    base: Rate
    peak: Rate
    at: Moment
    rise: Duration = Duration(0)
    hold: Duration
    fall: Duration = Duration(0)

    def curve(self, timetable: Timetable) -> Curve:
        (begin, end), foot, above = _span(timetable.at(self.first), self.length), timetable.at(self.at), self.peak - self.base
        top, edge = foot + self.rise, foot + self.rise + self.hold
        if foot < begin or edge + self.fall > end:
            raise ValueError("the spike must lie within the time of its shape")
        if above < 0:
            raise ValueError(f"expected a peak of at least the base, {self.base:g}/s, found {self.peak:g}/s")
        parts = [line(begin, end, self.base, self.base), line(top, edge, above, above)]
        if self.rise:
            parts.append(line(foot, top, 0.0, above))
        if self.fall:
            parts.append(line(edge, edge + self.fall, above, 0.0))
        return together(parts)


class Comb(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Schedulers and reminders: equally many people at every full `every` after the opening, each tooth `width` long."""

    share: Share = Share(0.04)
    """of the crowd, all teeth together"""
    every: Duration = Duration(300)
    width: Duration = Duration(2)


class Opening(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="opening", rename={"first": "from", "last": "to"}):
    """The opening curve: λ(t) = N·[spike + decay + tail + closing + combs], the shares of which sum to one (the tail takes the rest).

    The defaults are assumptions in the range of what was published on flash crowds: a tenth in the first ten
    seconds, an exponential decay of five minutes, a deadline bump rising as 1/(T − t) in the last five.
    """

    first: Moment
    last: Moment
    spike: Share = Share(0.10)
    spike_for: Duration = Duration(10)
    decay: Share = Share(0.45)
    decay_time: Duration = Duration(300)
    closing: Share = Share(0.05)
    closing_for: Duration = Duration(300)
    comb: Comb | None = Comb()

    def curve(self, timetable: Timetable) -> Curve:
        begin, end = _span(timetable.at(self.first), timetable.at(self.last) - timetable.at(self.first))
        if min(self.spike_for, self.decay_time, self.closing_for) <= 0:
            raise ValueError("expected spike_for, decay_time and closing_for to be more than 0")
        spike, closing = min(begin + self.spike_for, end), max(end - self.closing_for, begin)
        parts = [
            line(begin, spike, self.spike / (spike - begin), self.spike / (spike - begin)),
            decay(begin, end, self.decay_time).times(self.decay),
            deadline(closing, end).times(self.closing),
        ]
        teeth = [] if self.comb is None else _teeth(self.comb, begin, end)
        rest = 1.0 - sum(part.people for part in (*parts, *teeth))
        if rest < -1e-9:
            raise ValueError(f"the shares of spike, decay, closing and comb sum to {1.0 - rest:.4g}, more than everybody")
        tail = max(rest, 0.0) / (end - begin)
        return together([*parts, *teeth, line(begin, end, tail, tail)])


class Trace(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="trace", rename={"first": "from"}):
    """A recorded rate: a CSV of `at` (seconds from `from`) and `rate` (arrivals a second until the next row; the last row ends it)."""

    first: Moment
    file: str
    points: tuple[tuple[float, float], ...] = ()
    """filled by the reader, so that workers need no file"""

    def curve(self, timetable: Timetable) -> Curve:
        if len(self.points) < 2:
            raise ValueError(f"the trace {self.file!r} needs two rows at least: where a rate begins and where it ends")
        at, rate = zip(*self.points, strict=True)
        if any(later <= sooner for sooner, later in pairwise(at)) or min(rate) < 0:
            raise ValueError(f"the trace {self.file!r} needs rising times and rates of 0 or more")
        return steps([timetable.at(self.first) + seconds for seconds in at], rate)


Shape = Steady | Ramp | Spike | Opening | Trace


def _span(begin: float, length: float) -> tuple[float, float]:
    if length <= 0:
        raise ValueError(f"expected a shape that lasts, found one of {length:g} s")
    return begin, begin + length


def _teeth(comb: Comb, begin: float, end: float) -> list[Curve]:
    if comb.every <= 0 or not 0 < comb.width <= comb.every:
        raise ValueError("expected a comb whose width is more than 0 and at most its every")
    count = max(int((end - begin - comb.width) / comb.every + 1e-9), 0)
    rate = comb.share / comb.width / max(count, 1)
    return [line(at, at + comb.width, rate, rate) for at in (begin + comb.every * (nth + 1) for nth in range(count))]


def has_rates(shape: Shape) -> bool:
    """Whether a shape says by itself how many come."""
    return not (isinstance(shape, Opening) or (isinstance(shape, Steady) and shape.rate is None))


def people_of(shape: Shape, timetable: Timetable) -> float:
    """How many people come by the shape's own rates, at full size; ValueError where it has none and the crowd must say `people`."""
    if not has_rates(shape):
        raise ValueError("this shape has no rates of its own: the crowd must say how many people come")
    return shape.curve(timetable).people


class Even(msgspec.Struct, frozen=True):
    """One arrival in each N-th of the curve, at a keyed place in it: arrival k is due at Λ⁻¹((k + u) / N)."""

    curve: Curve
    people: int
    key: int

    def due(self, index: IntArray) -> FloatArray:
        """The scenario time of each arrival number."""
        return self.curve.when((index + unit_array(self.key, index)) / self.people)

    def before(self, at: float) -> int:
        """How many arrivals are due before scenario time `at`."""
        return _before(self, at)


class Poisson(msgspec.Struct, frozen=True):
    """Independent arrivals: a keyed Poisson count for each cell of equal expectation, its arrivals at keyed places, sorted."""

    curve: Curve
    first: IntArray
    """the number of each cell's first arrival, and at last the number of all"""
    key: int

    @property
    def people(self) -> int:
        """How many came of it; the expected number is the crowd's."""
        return int(self.first[-1])

    def due(self, index: IntArray) -> FloatArray:
        """The scenario time of each arrival number; the cells between the lowest and the highest are made."""
        if not len(index):
            return np.empty(0)
        low, high = np.searchsorted(self.first, [index.min(), index.max()], side="right") - 1
        cells = np.arange(low, high + 1)
        begin = int(self.first[low])
        numbers = np.arange(begin, self.first[high + 1])
        places = np.sort(np.repeat(cells, np.diff(self.first[low : high + 2])) + unit_array(self.key, numbers))
        return self.curve.when(places[index - begin] / (len(self.first) - 1))

    def before(self, at: float) -> int:
        """How many arrivals are due before scenario time `at`."""
        return _before(self, at)


_CELL = 1024
"""expected arrivals of a Poisson cell"""


def _before(arrivals: seams.Arrivals, at: float) -> int:
    return bisect_left(range(arrivals.people), at, key=lambda number: float(arrivals.due(np.array([number]))[0]))


def arrivals(shape: Shape, people: int | None, timetable: Timetable, seed: int, crowd: str, scale: float = 1.0) -> seams.Arrivals:
    """The arrivals of a crowd of `people` (None: as many as the shape's rates say), times `scale`, rounded to whole persons.

    ValueError for a shape that cannot be meant: no rate and no people, a spike outside its time, shares above one.
    """
    count = round((people_of(shape, timetable) if people is None else people) * scale)
    curve, key = shape.curve(timetable), label(seed, "arrival", crowd)
    if count and curve.people <= 0.0:
        raise ValueError(f"the rates are 0 throughout, so {count} people cannot come")
    if shape.spacing == "even" or not count:
        return Even(curve, count, key)
    cells = -(-count // _CELL)
    counts = np.random.Generator(np.random.Philox(key=label(seed, "cells", crowd))).poisson(count / cells, cells)
    return Poisson(curve, np.concatenate(([0], np.cumsum(counts))), key)
