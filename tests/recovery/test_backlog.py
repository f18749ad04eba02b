"""Clocks that read how much is open."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.recorded import READING
from rushproof.recovery.backlog import cleared, drain, rest_of
from rushproof.recovery.points import Points, of_readings, of_rows


def looks(told: dict[float, float]) -> Points:
    """Readings of a probe."""
    rows = np.array(sorted(told.items()), READING)
    points = of_readings(rows, float)
    assert isinstance(points, Points)
    return points


def changes(told: dict[float, float], until: float) -> Points:
    """Rows of a query."""
    points = of_rows([{"at": at, "open": many} for at, many in told.items()], float, until)
    assert isinstance(points, Points)
    return points


def test_a_change_is_exact_and_a_look_is_not() -> None:
    told = {50.0: 9.0, 101.0: 5.0, 117.0: 0.0}
    sure = cleared(changes(told, 500.0), 100.0, 0.0, 0.0, "scenario")
    assert (sure.seconds, sure.low, sure.high, sure.resolution) == (17.0, 17.0, 17.0, 0.0)
    seen = cleared(looks(told), 100.0, 0.0, 0.0, "wall")
    assert (seen.seconds, seen.low, seen.high, seen.resolution) == (17.0, 1.0, 17.0, 16.0)


def test_rows_at_even_distances_are_looks() -> None:
    assert not changes({0.0: 5.0, 60.0: 5.0, 120.0: 0.0}, 500.0).exact
    assert changes({0.0: 5.0, 61.0: 5.0, 120.0: 0.0}, 500.0).exact


def test_a_look_without_an_answer_widens_the_bracket() -> None:
    told: dict[float, float] = {float(at): 5.0 if at < 110 else 0.0 for at in range(90, 200)}
    whole = cleared(looks(told), 100.0, 0.0, 0.0, "wall")
    assert (whole.low, whole.high) == (9.0, 10.0)
    gap = cleared(looks(told | {float(at): float("nan") for at in range(104, 113)}), 100.0, 0.0, 0.0, "wall")
    assert (gap.low, gap.high, gap.resolution) == (3.0, 13.0, 10.0)


def test_what_was_never_open_needed_no_time() -> None:
    found = cleared(looks({float(at): 0.0 for at in range(200)}), 100.0, 0.0, 30.0, "wall")
    assert (found.status, found.seconds, found.low, found.high) == ("recovered", 0.0, 0.0, 0.0)


def test_it_has_to_stay_so_for_the_hold() -> None:
    points = changes({0.0: 3.0, 110.0: 0.0, 115.0: 2.0, 130.0: 0.0}, 500.0)
    assert cleared(points, 100.0, 0.0, 0.0, "wall").seconds == 10.0
    assert cleared(points, 100.0, 0.0, 0.0, "wall").relapses == 1
    held = cleared(points, 100.0, 0.0, 20.0, "wall")
    assert (held.seconds, held.relapses) == (30.0, 0)


def test_what_comes_and_goes_is_well_where_it_is_as_usual_on_the_average() -> None:
    """Three to thirty open, and what is usual borne: at nearly every moment of the time after the drain it is more for an instant."""
    random = np.random.default_rng(5)
    told = {
        at: float(random.poisson(12)) + max(400.0 - 40 * max(at - 100, 0), 0.0) * (at >= 90)
        for at in np.cumsum(random.exponential(0.1, 4000))
    }
    points = changes(told, 400.0)
    rest = rest_of(points, 0.0, 90.0, 0.0)
    found = cleared(points, 100.0, rest, 30.0, "wall")
    assert found.seconds == pytest.approx(9.8, abs=0.6)
    assert found.relapses == 0
    assert cleared(points, 100.0, rest, 0.0, "wall").relapses > 10


def test_what_comes_back_after_its_hold_is_a_relapse_while_as_much_comes_as_before() -> None:
    points = changes({0.0: 300.0, 110.0: 0.0, 150.0: 80.0, 160.0: 0.0, 300.0: 7.0}, 500.0)
    assert cleared(points, 100.0, 0.0, 20.0, "wall").relapses == 2
    assert cleared(points, 100.0, 0.0, 20.0, "wall", alike=250.0).relapses == 1


def test_a_probe_that_is_silent_does_not_show_that_it_stayed_well() -> None:
    told = {float(at): float(at < 110) for at in range(200)}
    sure = cleared(looks(told), 100.0, 0.0, 30.0, "wall")
    assert (sure.seconds, sure.low) == (10.0, 9.0)
    doubtful = cleared(looks({at: many for at, many in told.items() if not 112 < at < 150}), 100.0, 0.0, 30.0, "wall")
    assert (doubtful.seconds, doubtful.low) == (50.0, 9.0)
    short = cleared(looks({at: many for at, many in told.items() if not 112 < at < 180}), 100.0, 0.0, 30.0, "wall")
    assert (short.status, short.low) == ("unknown", 9.0)
    assert "for 19 s, and has to be for 30 s" in short.why


def test_a_hundred_thousand_changes_are_read_at_once() -> None:
    at = np.arange(100_000) * 0.01
    points = Points(at, np.where(np.arange(100_000) % 2, 0.0, 9.0), True, 1000.0)
    assert cleared(points, 100.0, 0.0, 30.0, "wall").status == "unknown"


def test_a_hold_that_the_run_was_too_short_for_is_unknown() -> None:
    found = cleared(changes({0.0: 3.0, 110.0: 0.0}, 120.0), 100.0, 0.0, 60.0, "wall")
    assert (found.status, found.seconds) == ("unknown", None)
    assert "for 10 s, and has to be for 60 s" in found.why


def test_what_is_still_open_at_the_end_is_not_recovered() -> None:
    found = cleared(changes({0.0: 300.0, 110.0: 7.0}, 500.0), 100.0, 0.0, 0.0, "wall")
    assert (found.status, found.low) == ("not recovered", 400.0)
    assert found.why == "7 were still open when the time ran out"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "found nothing"),
        ([{"when": 3, "open": 1}], "no column at"),
        ([{"at": 3, "open": None}], "not every row"),
        ([{"at": "noon", "open": 1}], "not every row"),
    ],
)
def test_rows_that_cannot_be_read_are_said(rows: Any, told: str) -> None:
    found = of_rows(rows, float, 100.0)
    assert isinstance(found, str)
    assert told in found
    assert cleared(found, 100.0, 0.0, 0.0, "wall").status == "unknown"


def test_a_probe_that_never_answered_tells_nothing() -> None:
    rows = np.full(5, np.nan, READING)
    assert of_readings(rows, float) == "its probe never had an answer"


def test_nobody_having_looked_after_the_mend_is_unknown() -> None:
    assert cleared(looks({1.0: 5.0, 2.0: 0.0}), 100.0, 0.0, 0.0, "wall").why == "nobody looked after the mend"


def test_the_noise_of_the_baseline_counts_as_rest() -> None:
    random = np.random.default_rng(3)
    points = looks({float(at): float(random.integers(95, 106)) for at in range(120)})
    assert 104 < rest_of(points, 0.0, 120.0, 0.0) < 112
    assert rest_of(points, 0.0, 120.0, 200.0) == 200.0
    assert rest_of(points, 500.0, 600.0, 3.0) == 3.0


def test_a_backlog_that_falls_evenly_takes_as_long_as_it_seemed_it_would() -> None:
    points = looks({float(at): max(1000.0 - 10 * max(at - 100, 0), 0.0) for at in range(300)})
    found = drain(points, 100.0, 0.0, cleared(points, 100.0, 0.0, 0.0, "wall"))
    assert found is not None
    assert (found.predicted, found.ratio) == (pytest.approx(100.0), pytest.approx(1.0))


def test_a_tail_shows_in_the_ratio() -> None:
    points = looks({float(at): 1000.0 * 0.97 ** max(at - 100, 0) for at in range(600)})
    found = drain(points, 100.0, 5.0, cleared(points, 100.0, 5.0, 0.0, "wall"))
    assert found is not None
    assert found.ratio is not None
    assert found.ratio > 4


def test_a_backlog_that_does_not_fall_predicts_nothing() -> None:
    points = looks({float(at): 1000.0 for at in range(300)})
    assert drain(points, 100.0, 0.0, cleared(points, 100.0, 0.0, 0.0, "wall")) is None


@given(st.dictionaries(st.integers(0, 300).map(float), st.integers(0, 5).map(float), min_size=2), st.integers(0, 40).map(float))
def test_the_figure_lies_in_its_bracket_and_nothing_is_open_in_the_hold(told: dict[float, float], hold: float) -> None:
    for points in (looks(told), changes(told, 300.0)):
        clock = cleared(points, 100.0, 0.0, hold, "wall")
        if clock.status != "recovered":
            assert clock.seconds is None
            assert clock.why
            continue
        assert clock.seconds is not None
        assert clock.low is not None
        assert clock.high is not None
        assert 0 <= clock.low <= clock.high
        assert clock.seconds <= clock.high
        begin = 100.0 + clock.high
        assert not [at for at, many in told.items() if (begin <= at < begin + hold or at == begin) and many]
        if clock.low > 0:
            assert points.before(100.0 + clock.low - 1e-6 * points.exact) != 0.0
