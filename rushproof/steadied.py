"""A scenario made steady: the same crowds, together at one rate, for the rungs of a search for the limit."""

import math

import msgspec
import numpy as np

from rushproof.arrivals import Spacing, Steady
from rushproof.budget import MEASURES, Budget, Limit
from rushproof.curve import Curve
from rushproof.keyed import FloatArray
from rushproof.quantity import Count, Duration, Rate, Unit
from rushproof.scenario import Scenario
from rushproof.timetable import Moment

_FINEST = Duration(1)
"""journal bucket of a rung"""


class Worst(msgspec.Struct, frozen=True):
    """The second of a timetable in which most visits are due, at full size and speed 1."""

    at: float
    """scenario time"""
    rate: float
    """visits a second"""


def worst(scenario: Scenario) -> Worst:
    """The busiest second by the crowds' own curves; ValueError where a crowd has none."""
    begin, end = scenario.timetable.begin, scenario.timetable.end
    edges = begin + np.arange(math.ceil(end - begin) + 1)
    total: FloatArray = np.zeros(len(edges))
    for curve in _curves(scenario).values():
        total += np.interp(edges, curve.at, curve.total)
    rates = np.diff(total)
    if not len(rates) or rates.max() <= 0:
        raise ValueError("nobody comes between the timetable's from and to")
    # the first of equal seconds: sums of a steady rate differ in their last bits
    first = int(np.flatnonzero(rates >= rates.max() * (1 - 1e-9))[0])
    return Worst(float(edges[first]), float(rates[first]))


def shares(scenario: Scenario) -> dict[str, float]:
    """Each crowd's share of the visits; ValueError where a crowd has no arrivals of its own."""
    people = {name: curve.people for name, curve in _curves(scenario).items()}
    whole = sum(people.values())
    if whole <= 0:
        raise ValueError("nobody comes, so the crowds have no shares")
    return {name: count / whole for name, count in people.items()}


def steadied(scenario: Scenario, rate: float, seconds: float, spacing: Spacing, warm_up: float) -> Scenario:
    """The scenario with all crowds steady, together `rate` visits a wall second for warm-up and `seconds`, at full size and speed 1.

    It begins with the timetable's worst second, where doors are open that may be shut before; windows are dropped, and with them the
    limits on rates and counts, which are not what is asked; and nothing is broken meanwhile.
    """
    at, length = worst(scenario).at, warm_up + seconds
    first, last = moment_at(at), moment_at(at, length)
    crowds = {}
    for name, share in shares(scenario).items():
        shape = Steady(first=first, length=Duration(length), rate=Rate(rate * share), spacing=spacing)
        people = Count(max(round(rate * share * length), 1))
        crowds[name] = msgspec.structs.replace(scenario.crowds[name], arrivals=shape, people=people, of=None, share=None)
    return msgspec.structs.replace(
        scenario,
        timetable=msgspec.structs.replace(scenario.timetable, first=first, last=last, stretches=()),
        windows={},
        drill=None,
        crowds=crowds,
        budget=asked(scenario.budget),
        warm_up=Duration(warm_up),
        resolution=_FINEST,
        speed=1.0,
        scale=1.0,
    )


def asked(budget: Budget) -> Budget:
    """The lines of a budget that a rung is asked to keep, without their windows, each once; of two alike the tighter."""
    tightest: dict[tuple[object, ...], Limit] = {}
    for limit in budget:
        if not _steady(limit):
            continue
        whole = msgspec.structs.replace(limit, window=None)
        about = (whole.measure, whole.step, whole.crowd, whole.outcome, whole.of, whole.within, whole.at_most is None)
        other = tightest.get(about)
        if other is None or (whole.bound.value < other.bound.value) == (whole.at_most is not None):
            tightest[about] = whole
    return tuple(tightest.values())


def left_out(budget: Budget) -> tuple[str, ...]:
    """The names of the lines that are not asked."""
    return tuple(limit.name for limit in budget if not _steady(limit))


def _steady(limit: Limit) -> bool:
    return limit.measure in MEASURES and MEASURES[limit.measure] in (Unit.SECONDS, Unit.SHARE)


def _curves(scenario: Scenario) -> dict[str, Curve]:
    """Each crowd's Λ at full size."""
    curves = {}
    for name, crowd in scenario.crowds.items():
        if crowd.arrivals is None:
            raise ValueError(f"the crowd {name} is of an ordinary Locust user, which has no rate that could be set; give it a persona")
        people = scenario.people(name)
        curve = crowd.arrivals.curve(scenario.timetable)
        curves[name] = curve.times(people / curve.people) if curve.people > 0 else curve
    return curves


def moment_at(at: float, later: float = 0.0) -> Moment:
    """Scenario time, a whole second, and some seconds later, as a moment of any timetable."""
    days, rest = divmod(math.floor(at), 86400)
    offset = days * 86400 + later
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return Moment.read(f"{text} + {offset:.3f}s" if offset else text)
