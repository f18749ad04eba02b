"""A run of the generator read back from its frames."""

import numpy as np
import pytest

from bench.driven import plan, steady
from bench.ride import Ride, taint, values
from rushproof.frame import CELL, Frame, Health, Visits
from rushproof.histogram import bucket
from rushproof.sample import Distribution, Outcome

FINE = Health(at=0, lag_p99=0.001, busy=0.5, turn=0.004, due=100, unsent=0, missed=0, in_flight=1, memory=1)


def told(*rows: tuple[int, int, Outcome, Distribution, float, int], health: tuple[Health, ...] = (), seconds: float = 3.0) -> Ride:
    """A run of one step: (at, step, outcome, distribution, seconds, count)."""
    cells = np.array(
        [(at, step, outcome, kind, bucket(np.array([value]))[0], count) for at, step, outcome, kind, value, count in rows], CELL
    )
    frame = Frame(
        worker=0, seq=0, until=3.0, steps=(("bench", "reserve"), ("bench", "visit")), visits=(Visits(10, 10),), cells=cells.tobytes(),
        health=health, final=True,
    )  # fmt: skip
    return Ride((frame,), plan("http://127.0.0.1:1", steady(10.0, seconds), seconds, people=30), 0.0)


SERVED, RESPONSE = Distribution.SERVED, Distribution.RESPONSE


def test_the_rate_counts_what_was_done_between_two_seconds() -> None:
    ride = told((0, 0, Outcome.OK, SERVED, 0.001, 100), (1, 0, Outcome.OK, SERVED, 0.001, 300), (2, 0, Outcome.OK, SERVED, 0.001, 50))
    assert ride.rate("reserve", 0.0, 2.0) == 200.0


def test_only_what_came_out_ok_is_delivered_and_the_rest_is_told() -> None:
    ride = told((0, 0, Outcome.OK, RESPONSE, 0.001, 100), (0, 0, Outcome.DOUBT, RESPONSE, 10.0, 7), (0, 1, Outcome.OK, RESPONSE, 1.0, 1))
    assert ride.counts("reserve", RESPONSE).sum() == 100
    assert ride.other_than(Outcome.OK, "reserve") == 7


def test_the_same_cell_in_two_rows_is_added_up() -> None:
    ride = told((0, 0, Outcome.OK, RESPONSE, 0.002, 3), (0, 0, Outcome.OK, RESPONSE, 0.002, 4))
    assert values(ride.counts("reserve", RESPONSE)) == pytest.approx([0.002] * 7, rel=0.008)


def test_slow_until_is_the_end_of_the_last_second_with_a_slow_answer() -> None:
    ride = told((0, 0, Outcome.OK, RESPONSE, 0.001, 9), (1, 0, Outcome.OK, RESPONSE, 0.5, 1), (2, 0, Outcome.OK, RESPONSE, 0.001, 9))
    assert ride.slow_until("reserve", 0.05, 0.0) == 2.0
    assert ride.slow_until("reserve", 0.6, 1.5) == 1.5


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"lag_p99": 0.006}, "lag"),
        ({"busy": 0.86}, "busy"),
        ({"turn": 0.051}, "turn"),
        ({"unsent": 2}, "unsent"),
        ({"missed": 1}, "missed"),
    ],
)
def test_each_sign_taints_a_second_by_itself(change: dict[str, float], word: str) -> None:
    fields = {name: getattr(FINE, name) for name in FINE.__struct_fields__}
    assert taint(FINE) == ""
    assert word in taint(Health(**{**fields, **change}))  # type: ignore[arg-type]


def test_a_second_of_which_nothing_is_told_is_tainted() -> None:
    ride = told((0, 0, Outcome.OK, RESPONSE, 0.001, 1), health=(FINE,))
    assert set(ride.tainted()) == {1, 2}
