"""When people come: the shapes of λ(t), and the due times they give.

A shape is a piece of a scenario, written at full size in scenario time; `arrivals` turns it into an `Arrivals`, a pure function from
arrival numbers to scenario time.
"""

from typing import Literal

import msgspec

from rushproof.quantity import Duration, Rate, Share
from rushproof.timetable import Moment

Spacing = Literal["even", "poisson"]
"""`even`: one arrival in each N-th of the whole, at a keyed place in it.  `poisson`: independent, so that the number in any second varies."""


class _Shape(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="shape", kw_only=True, rename={"first": "from", "length": "for"}
):
    spacing: Spacing = "even"


class Steady(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="steady", rename={"first": "from", "length": "for"}):
    """The same rate throughout: `rate`, or the crowd's `people` spread over the time."""

    first: Moment
    length: Duration
    rate: Rate | None = None


class Ramp(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="ramp", rename={"first": "from", "length": "for"}):
    """A straight line from one rate to another; with `people` only their ratio counts."""

    first: Moment
    length: Duration
    start: Rate
    finish: Rate


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


class Comb(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Schedulers and reminders: the same share of people at every full `every` after the opening, each tooth `width` long."""

    share: Share = Share(0.04)
    every: Duration = Duration(300)
    width: Duration = Duration(2)


class Opening(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="opening", rename={"first": "from", "last": "to"}):
    """The opening curve: λ(t) = N·[spike + decay + tail + closing + combs], the shares of which sum to one (the tail takes the rest).

    The defaults are assumptions in the range of `facts` on flash crowds: a tenth in the first ten seconds, an exponential decay of
    five minutes, a deadline bump rising as 1/(T − t) in the last five.
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


class Trace(_Shape, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="trace", rename={"first": "from"}):
    """A recorded rate: a CSV of `at` (seconds from `from`) and `rate` (arrivals a second until the next row; the last row ends it)."""

    first: Moment
    file: str
    points: tuple[tuple[float, float], ...] = ()
    """filled by the reader, so that workers need no file"""


Shape = Steady | Ramp | Spike | Opening | Trace
