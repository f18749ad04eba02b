"""Frames become one glance a second, whatever the workers' order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rushproof.frame import CELL, Frame, Health, Visits
from rushproof.histogram import bucket
from rushproof.manifest import Machine, Manifest
from rushproof.run.watch import Watch
from rushproof.sample import VISIT, Distribution, Outcome

STEPS = (("people", VISIT), ("people", "reserve"))


@pytest.fixture
def watch(scenario: Callable[..., Any]) -> Watch:
    machine = Machine("here", "3.11", 2, 1)
    told = scenario("generator={lag: 5ms, busy: 85%, turn: 50ms, unsent: 1%, tainted: 1%, peak: 1}")
    manifest = Manifest(
        run="r", scenario=told, seed=1, people=1.0, speed=10.0, first=100.0, last=200.0, workers=2, start=0.0, machine=machine
    )
    return Watch(manifest, total=10.0)


def frame(worker: int, until: float, *cells: tuple[Outcome, Distribution, float, int], offered: int = 0, **health: float) -> Frame:
    rows = [(0, 1, outcome, distribution, int(bucket(np.array([took]))[0]), count) for outcome, distribution, took, count in cells]
    signs: dict[str, Any] = {"lag_p99": 0.001, "busy": 0.5, "turn": 0.001, "due": 100, "unsent": 0, "missed": 0, **health}
    return Frame(
        worker=worker, seq=0, until=until, steps=STEPS, visits=(Visits(offered=offered, in_flight=1),),
        cells=np.array(rows, CELL).tobytes(), health=(Health(at=int(until) - 1, in_flight=1, memory=1, **signs),),
    )  # fmt: skip


def test_a_second_is_whole_when_every_worker_has_reported_it(watch: Watch) -> None:
    assert not watch.add(frame(0, 1.0))
    assert not watch.add(frame(0, 2.0))
    assert watch.add(frame(1, 2.0))


def test_rates_are_of_the_time_between_two_glances(watch: Watch) -> None:
    served = (Outcome.OK, Distribution.SERVED, 0.01, 30)
    watch.add(frame(0, 2.0, served, offered=40))
    watch.add(frame(1, 2.0, served, offered=20))
    first = watch.glance("load", 2.0)
    assert (first.offered, first.served, first.in_flight) == (30.0, 30.0, 2)
    assert (first.at, first.elapsed, first.total) == (120.0, 2.0, 10.0)
    watch.add(frame(0, 3.0, offered=50))
    assert (watch.glance("load", 3.0).offered, watch.glance("load", 3.0).served) == (10.0, 0.0)


def test_latencies_are_of_what_was_served_since_the_last_glance(watch: Watch) -> None:
    slow, fast = (Outcome.OK, Distribution.RESPONSE, 2.0, 10), (Outcome.OK, Distribution.RESPONSE, 0.01, 90)
    shed = (Outcome.SHED, Distribution.RESPONSE, 0.0001, 1000)
    watch.add(frame(0, 1.0, slow, fast, shed))
    glance = watch.glance("load", 1.0)
    assert glance.p50 == pytest.approx(0.01, rel=0.01)
    assert glance.p99 == pytest.approx(2.0, rel=0.01)
    assert glance.outcomes == {"ok": 100, "shed": 1000}
    after = watch.glance("load", 2.0)
    assert (after.p50, after.outcomes) == (None, {"ok": 100, "shed": 1000})


@pytest.mark.parametrize("sign", [{"lag_p99": 0.006}, {"busy": 0.9}, {"turn": 0.06}, {"unsent": 2}, {"missed": 1}, {}])
def test_a_tainted_second_is_counted_once(watch: Watch, sign: dict[str, float]) -> None:
    watch.add(frame(0, 1.0, **sign))
    watch.add(frame(1, 1.0, **sign))
    assert watch.glance("load", 1.0).tainted == (1 if sign else 0)
