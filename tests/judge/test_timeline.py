from typing import Any

import pytest

from rushproof.health import taint
from rushproof.quantity import Speed
from rushproof.report import Timeline
from rushproof.sample import Outcome
from rushproof.timeline import timeline
from rushproof.timetable import Moment, Stretch, Timetable


def drawn(history: Any) -> Timeline:
    summary = history.summary()
    return timeline(summary, taint(summary))


def test_the_columns_add_up_to_what_happened(history: Any) -> None:
    history.visit(at=3.2, times=5).sample(at=3.2, took=2.0, times=4).sample(Outcome.SHED, at=3.3, times=2).sample(at=59.5, took=4.0, step=0)

    found = drawn(history)

    assert len(found.at) == 64, "until the last was done"
    columns = (found.clock, found.offered, found.due, found.served, found.p50, found.in_flight, found.tainted)
    assert {len(column) for column in columns} == {64}
    assert (sum(found.offered), sum(found.due), found.due[3]) == (5, 7, 6)
    assert {word: sum(column) for word, column in found.outcomes.items()} == {"ok": 5, "shed": 2}
    assert (found.served[3], found.served[5]) == (0, 4)
    assert found.clock[3] == "09:00:03"


def test_a_bucket_s_quantiles_are_of_its_own_ok_samples(history: Any) -> None:
    for hundredth in range(1, 101):
        history.sample(at=7.5, took=hundredth / 100).sample(Outcome.ERROR, at=7.5, took=20.0).sample(at=8.5, took=3.0)

    found = drawn(history)

    assert (found.p50[7], found.p99[7]) == (pytest.approx(0.5, rel=0.008), pytest.approx(0.99, rel=0.008))
    assert found.p50[8] == pytest.approx(3.0, rel=0.008)
    assert found.p50[6] is None


def test_rates_are_per_second_whatever_the_bucket(history: Any) -> None:
    history.scenario = {"resolution": 0.1}
    history.tally.resolution = 0.1
    history.sample(at=2.05, times=5)

    found = drawn(history)

    assert (len(found.at), found.due[20]) == (600, 50.0)


def test_the_clock_runs_at_the_run_s_speed(history: Any) -> None:
    history.manifest = {"speed": 60.0, "elapsed": 2.0}

    assert drawn(history).clock == ("09:00:00", "09:01:00")


def test_the_clock_turns_where_the_stretches_do(history: Any) -> None:
    first, last = Moment.read("09:00"), Moment.read("18:01")
    stretches = (
        Stretch(Moment.read("09:00:30"), Moment.read("18:00"), Speed.read("jump")),
        Stretch(Moment.read("18:00"), last, Speed.read("6")),
    )
    history.scenario = {"timetable": Timetable(first=first, last=last, stretches=stretches)}
    history.manifest = {"speed": 30.0, "elapsed": 11.0, "last": 18 * 3600 + 60.0}

    assert drawn(history).clock[:3] == ("09:00:00", "18:00:00", "18:00:06")
    assert drawn(history).clock[10] == "18:00:54"


def test_tainted_seconds_and_visits_in_flight_are_shown_where_they_were(history: Any) -> None:
    found = drawn(history.second(4, busy=0.99).second(9, in_flight=77))

    assert [at for at, tainted in zip(found.at, found.tainted, strict=True) if tainted] == [4.0]
    assert found.in_flight[9] == 77


def test_a_run_of_nothing_has_its_empty_seconds(history: Any) -> None:
    found = drawn(history)
    assert (len(found.at), sum(found.due), set(found.p99)) == (60, 0, {None})
