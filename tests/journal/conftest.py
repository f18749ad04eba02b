"""Frames by hand, and a manifest to write them under."""

from collections.abc import Callable

import numpy as np
import pytest

from rushproof.arrivals import Steady
from rushproof.frame import ATTEMPT, CELL, Frame, Health, Visits
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.quantity import Count, Duration, Rate
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.timetable import Moment, Timetable

STEPS = (("reservers", "browse"), ("reservers", "reserve"), ("reservers", "visit"))


def _manifest(**more: object) -> Manifest:
    first, last = Moment.read("09:00"), Moment.read("09:01")
    crowd = CrowdSpec(persona="daily_reserver", arrivals=Steady(first=first, length=Duration(60), rate=Rate(5)), people=Count(300))
    scenario = Scenario(
        name="hand", about="By hand.", target=TargetSpec(url="http://127.0.0.1:1"), timetable=Timetable(first=first, last=last),
        crowds={"reservers": crowd},
    )  # fmt: skip
    fields: dict[str, object] = {
        "run": "20261122-090000-ab12", "scenario": scenario, "seed": 7, "people": 1.0, "speed": 1.0, "first": 32400.0, "last": 32460.0,
        "offered": {"reservers": 300}, "start": 1_795_338_000.0, "elapsed": 60.0, "ending": Ending.COMPLETE,
        "machine": Machine("Linux", "3.11", 2, 2**33),
    }  # fmt: skip
    return Manifest(**(fields | more))  # type: ignore[arg-type]


def _frame(seq: int, **more: object) -> Frame:
    """A second with five samples of `reserve` and as many attempts, none of them in any way remarkable."""
    cells = np.array([(seq, 1, 0, 1, bucket, 1) for bucket in range(100, 105)], CELL)
    attempts = np.array(
        [(5 * seq + k, 1, 2**63 + k, 0, 9, 10**18 + 5 * seq + k, seq + 0.1, seq + 0.2, seq + 0.3, 0, 1, 5 * seq + k) for k in range(5)],
        ATTEMPT,
    )
    fields: dict[str, object] = {
        "worker": 0, "seq": seq, "until": seq + 1.0, "steps": STEPS, "rounds": ("2022-04-01.r1",), "cells": cells.tobytes(),
        "attempts": attempts.tobytes(), "visits": (Visits(offered=5 * seq + 5, finished=5 * seq + 5),),
        "health": (Health(at=seq, lag_p99=0.001, busy=0.3, turn=0.004, due=5, unsent=0, missed=0, in_flight=2, memory=2**27),),
    }  # fmt: skip
    return Frame(**(fields | more))  # type: ignore[arg-type]


@pytest.fixture
def make_manifest() -> Callable[..., Manifest]:
    return _manifest


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    return _frame
