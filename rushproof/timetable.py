"""The scenario's time axis: named moments, named windows, and how scenario time maps to the wall.

Scenario time is seconds since midnight of the scenario's day, as a float; it runs `speed` times faster than the wall, or as fast as the
stretch says in which it is.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Self

import msgspec

from rushproof.errors import nearest
from rushproof.pace import Pace
from rushproof.quantity import Duration, Speed

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?$")
_MOMENT = re.compile(r"\s*([^+\-\s]+?)\s*(?:([+-])\s*(.+?))?\s*$")


class Moment(str):
    """A point of scenario time as written: a clock time or a named moment, with an offset; `open + 60s`, `09:00:30`, `18:00 + 1d`."""

    __slots__ = ("base", "offset")
    base: str
    offset: float

    @classmethod
    def read(cls, text: str) -> Self:
        """The moment of `text`, or ValueError with what was expected; whether a name exists only its timetable can say."""
        found = _MOMENT.match(text)
        if found is None or not (found[1].isidentifier() or _CLOCK.match(found[1])):
            raise ValueError(f"expected a moment such as open, open + 60s or 09:00:30, found {text!r}")
        moment = cls(text.strip())
        moment.base = found[1]
        moment.offset = float(Duration.read(found[3])) * (-1 if found[2] == "-" else 1) if found[3] else 0.0
        return moment


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """A named span of scenario time: from its first moment up to, not including, its last."""

    first: Moment
    last: Moment


class Stretch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """A part of the timetable with a speed of its own, or one that is left out: `speed: jump`."""

    first: Moment
    last: Moment
    speed: Speed


class Timetable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """The scenario's day, its moments, the part of it that is run (`from`, `to`), and how fast: where no stretch says so, as the run."""

    first: Moment
    last: Moment
    moments: Mapping[str, Moment] = msgspec.field(default_factory=dict)
    day: dt.date = dt.date(2022, 4, 1)
    stretches: tuple[Stretch, ...] = ()

    def at(self, moment: Moment) -> float:
        """The moment in seconds since midnight of the day; ValueError for a name that is not on the timetable."""
        return self._at(moment, ())

    def _at(self, moment: Moment, through: tuple[str, ...]) -> float:
        clock = _CLOCK.match(moment.base)
        if clock:
            hours, minutes, seconds = clock.groups()
            return int(hours) * 3600.0 + int(minutes) * 60.0 + float(seconds or 0) + moment.offset
        if moment.base in through:
            raise ValueError(f"the moments {' → '.join((*through, moment.base))} go round in a circle")
        if moment.base not in self.moments:
            raise ValueError(f"no moment {moment.base!r} on the timetable{nearest(moment.base, self.moments)}")
        return self._at(self.moments[moment.base], (*through, moment.base)) + moment.offset

    @property
    def begin(self) -> float:
        """The first second that is run."""
        return self.at(self.first)

    @property
    def end(self) -> float:
        """Where arrivals end."""
        return self.at(self.last)

    def pace(self, speed: float, begin: float | None = None) -> Pace:
        """How its time goes on the wall from `begin` (its own `from`) on, at `speed` where no stretch has one."""
        stretches = [(self.at(each.first), self.at(each.last), each.speed.factor) for each in self.stretches]
        return Pace(self.begin if begin is None else begin, speed, stretches)

    def clock(self, at: float) -> str:
        """Scenario time as a clock shows it."""
        return clock_face(at)

    def datetime(self, at: float) -> dt.datetime:
        """Scenario time as a date and time without a zone, as the target's clock is set."""
        return dt.datetime.combine(self.day, dt.time()) + dt.timedelta(seconds=at)


def clock_face(at: float) -> str:
    """Seconds since midnight as a clock shows them: `09:00:04`; `+1d 18:00:00` on a later day."""
    days, rest = divmod(round(at), 86400)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"+{days}d {text}" if days else text
