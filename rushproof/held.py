"""A load that is held: steady through a fault and for several times its length, then stepped down until the target comes back."""

import math
from collections.abc import Mapping
from itertools import pairwise

import msgspec
import numpy as np

from rushproof.arrivals import Steady, Trace
from rushproof.budget import Budget
from rushproof.drill import AnyFault, DrillSpec
from rushproof.drill_check import span_of
from rushproof.keyed import FloatArray
from rushproof.quantity import Count, Duration, Rate
from rushproof.recovery.stability import FAULTS
from rushproof.scenario import Scenario
from rushproof.steadied import asked, moment_at, shares, worst
from rushproof.timetable import Timetable

SLACK = 2.0
"""wall seconds in which a mend has to be confirmed, so that the load is held long enough after it"""


_LAST = 2
"""holds more that the lowest load is offered for"""


class Ordeal(msgspec.Struct, frozen=True, kw_only=True):
    """When what happens; wall seconds since the start."""

    rate: float
    """visits a second, held"""
    warm_up: float = 1.0
    baseline: float = 60.0
    fault: float
    """how long it lasts"""
    hold: float = 30.0
    """how long it has to stay well, and how long each step down lasts"""
    step: float = 0.1
    """by which share of the load it is stepped down; 0: not at all"""

    @property
    def breaks(self) -> float:
        """When the fault begins."""
        return self.warm_up + self.baseline

    @property
    def mends(self) -> float:
        """When it ends."""
        return self.breaks + self.fault

    @property
    def waited(self) -> float:
        """How long the load is held after that: long enough to be called metastable, and to see a late recovery hold."""
        return FAULTS * self.fault + self.hold + SLACK

    @property
    def let_down(self) -> float:
        """When the first step down begins, or all ends."""
        return self.mends + self.waited

    @property
    def stairs(self) -> tuple[tuple[float, float], ...]:
        """When each load begins, and at last when the last one ends: visits a second."""
        count = math.ceil(1 / self.step - 1e-9) - 1 if self.step > 0 else 0
        down = [(self.let_down + nth * self.hold, self.rate * (1 - (nth + 1) * self.step)) for nth in range(count)]
        # the lowest load has more time: those who came before have to give up first, and what comes back has to be seen to stay
        return ((0.0, self.rate), *down, (self.let_down + (count + _LAST if count else 0) * self.hold, 0.0))

    @property
    def end(self) -> float:
        """When arrivals end."""
        return self.stairs[-1][0]

    def offered(self, at: float) -> float:
        """Visits a second at a wall second."""
        return next((rate for begins, rate in reversed(self.stairs) if begins <= at), self.rate)

    def by_second(self) -> FloatArray:
        """The same of each whole second."""
        return np.array([self.offered(second) for second in range(math.ceil(self.end))])


def held(scenario: Scenario, ordeal: Ordeal) -> Scenario:
    """The scenario with all crowds together at the ordeal's loads, its faults at the ordeal's time, at full size and speed 1.

    Faults keep their distances as a share of the whole drill's length.  Windows go, and limits on rates and counts with them, and so do
    the clocks that need more than the load: they are not what is asked.
    """
    drill = scenario.drill
    assert drill is not None, "checked before"
    at = math.floor(worst(scenario).at)
    first = moment_at(at, 0.0)
    crowds = {}
    for name, share in shares(scenario).items():
        points = tuple((begins, rate * share) for begins, rate in ordeal.stairs)
        if len(points) == 2:
            shape: Steady | Trace = Steady(first=first, length=Duration(ordeal.end), rate=Rate(ordeal.rate * share), spacing="poisson")
        else:
            shape = Trace(first=first, file="", points=points, spacing="poisson")
        people = sum((later[0] - sooner[0]) * sooner[1] for sooner, later in pairwise(points))
        crowds[name] = msgspec.structs.replace(
            scenario.crowds[name], arrivals=shape, people=Count(max(round(people), 1)), of=None, share=None
        )
    faults = _faults(drill, scenario.timetable, ordeal, at)
    budget: Budget = asked(scenario.budget)
    return msgspec.structs.replace(
        scenario,
        timetable=msgspec.structs.replace(scenario.timetable, first=first, last=moment_at(at, ordeal.end), stretches=()),
        windows={}, crowds=crowds, budget=budget, warm_up=Duration(ordeal.warm_up), resolution=Duration(1), speed=1.0, scale=1.0,
        drill=DrillSpec(
            service=msgspec.structs.replace(drill.service, hold=Duration(ordeal.hold)),
            faults=faults, apart=drill.apart, retries=drill.retries,
        ),
    )  # fmt: skip


def _faults(drill: DrillSpec, timetable: Timetable, ordeal: Ordeal, at: float) -> Mapping[str, AnyFault]:
    spans = {name: span_of(fault, timetable) for name, fault in drill.faults.items()}
    begin, end = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    factor = ordeal.fault / (end - begin)
    return {
        name: msgspec.structs.replace(
            fault,
            at=moment_at(at, ordeal.breaks + (spans[name][0] - begin) * factor),
            lasting=Duration((spans[name][1] - spans[name][0]) * factor),
        )
        for name, fault in drill.faults.items()
    }


def length_of(scenario: Scenario) -> float:
    """Seconds of scenario time from the drill's first fault to its last mend."""
    assert scenario.drill is not None, "checked before"
    spans = [span_of(fault, scenario.timetable) for fault in scenario.drill.faults.values()]
    return round(max(last for _, last in spans) - min(first for first, _ in spans), 6)
