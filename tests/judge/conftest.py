"""Histories by hand: samples as a person would tell them, folded by the tally that the engine uses."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import pytest

from rushproof.arrivals import Steady
from rushproof.budget import Limit
from rushproof.frame import CELL, Visits
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.quantity import Bound, Count, Duration, Rate
from rushproof.recorded import COUNTED, HEALTH, Recorded
from rushproof.sample import VISIT, Outcome
from rushproof.scenario import CrowdSpec, GeneratorSpec, Scenario, TargetSpec
from rushproof.summary import Summary
from rushproof.tally import Tally
from rushproof.timetable import Moment, Timetable, Window

STEPS = (("reservers", "browse"), ("reservers", "reserve"), ("reservers", VISIT), ("drawers", "reserve"))


def make_limit(measure: str, bound: str, **more: Any) -> Limit:
    """One line of a budget; at least for what is good, at most for what is bad."""
    side = "at_least" if measure in ("throughput", "offered", "acknowledged", "good_share", "finished") else "at_most"
    within = {"within": Bound.read(more.pop("within"))} if "within" in more else {}
    return Limit(measure=measure, **{side: Bound.read(bound)}, **within, **more)


class History:
    """A minute at 09:00 that is told sample by sample; times are wall seconds since its start."""

    def __init__(self) -> None:
        self.tally, self.cells = Tally(len(STEPS), 1.0), b""
        self.seconds: dict[int, dict[str, float]] = {at: {} for at in range(60)}
        self.visits = [0, 0, 0]
        self.recorded: dict[str, Any] = {}
        self.manifest: dict[str, Any] = {}
        self.scenario: dict[str, Any] = {}

    def sample(
        self, outcome: Outcome = Outcome.OK, took: float = 0.1, at: float = 5.0, *, step: int = 1, last: bool = True, times: int = 1
    ) -> Self:
        """`times` samples due at `at` that took so long; an unfinished one is so old."""
        for _ in range(times):
            self.tally.sample(step, outcome, last, due=at, planned=at, ready=at, sent=at, done=at + took)
        return self

    def visit(self, outcome: Outcome = Outcome.OK, at: float = 5.0, stretch: float = 0.2, times: int = 1) -> Self:
        """`times` whole visits."""
        for _ in range(times):
            self.tally.visit(2, outcome, arrival=at, stretch=stretch)
        self.visits[{Outcome.OK: 0, Outcome.ERROR: 0, Outcome.UNFINISHED: 1, Outcome.MISSED: 2}[outcome]] += times
        return self

    def second(self, at: int, **signs: float) -> Self:
        """What the generator says of a second; every other one is clean."""
        self.seconds[at] = signs
        return self

    def silent(self, *seconds: int) -> Self:
        """Seconds of which the generator says nothing."""
        for at in seconds:
            del self.seconds[at]
        return self

    def told(self) -> tuple[Manifest, Recorded]:
        """The history as it would be read of a run folder."""
        self.cells += self.tally.cells()
        narrow = np.frombuffer(self.cells, CELL)
        cells = np.empty(len(narrow), COUNTED)
        for name in COUNTED.names or ():
            cells[name] = narrow[name]
        finished, unfinished, missed = self.visits
        offered = finished + unfinished + missed
        fields = {
            "steps": STEPS, "cells": cells, "health": _health(self.seconds), "until": 60.0,
            "visits": {"reservers": Visits(offered, finished, unfinished, missed)} if offered else {},
        }  # fmt: skip
        return self._manifest(offered), Recorded(**(fields | self.recorded))

    def summary(self, *budget: Limit) -> Summary:
        """The history's summary under a budget."""
        self.scenario["budget"] = budget
        return Summary.of(*self.told())

    def _manifest(self, offered: int) -> Manifest:
        first, last = Moment.read("09:00"), Moment.read("09:01")
        crowd = CrowdSpec(persona="daily_reserver", arrivals=Steady(first=first, length=Duration(60), rate=Rate(5)), people=Count(300))
        scenario: dict[str, Any] = {
            "name": "hand", "about": "By hand.", "target": TargetSpec(url="http://127.0.0.1:1"),
            "timetable": Timetable(first=first, last=last, moments={"open": first}),
            "windows": {"rush": Window(Moment.read("open"), Moment.read("open + 10s")), "eve": Window(Moment.read("08:50"), first)},
            "crowds": {"reservers": crowd}, "generator": GeneratorSpec(),
        }  # fmt: skip
        fields: dict[str, Any] = {
            "run": "20261122-090000-ab12", "scenario": Scenario(**(scenario | self.scenario)), "seed": 7, "people": 1.0, "speed": 1.0,
            "first": 32400.0, "last": 32460.0, "offered": {"reservers": offered}, "start": 1_795_338_000.0, "elapsed": 60.0,
            "ending": Ending.COMPLETE, "machine": Machine("Linux", "3.11", 2, 2**33),
        }  # fmt: skip
        return Manifest(**(fields | self.manifest))


def _health(seconds: Mapping[int, Mapping[str, float]]) -> Any:
    rows = np.zeros(len(seconds), HEALTH)
    rows["at"], rows["busy"], rows["due"], rows["lag_p99"] = list(seconds), 0.3, 100, 0.001
    for row, signs in zip(rows, seconds.values(), strict=True):
        for name, value in signs.items():
            row[name] = value
    return rows


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture(scope="session")
def new_history() -> Callable[[], History]:
    return History


@pytest.fixture(scope="session")
def limit() -> Callable[..., Limit]:
    return make_limit
