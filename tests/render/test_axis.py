"""Axes: round marks, everything inside, no division by nothing."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rushproof.quantity import Speed
from rushproof.render.axis import clock, logarithmic, straight, turned
from rushproof.timetable import Moment, Stretch, Timetable

TIMETABLE = Timetable(first=Moment.read("08:59:30"), last=Moment.read("09:10"))


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=20))
def test_a_straight_axis_holds_every_value_in_few_marks(values: list[float | None]) -> None:
    axis = straight(values, "/s")

    assert axis.low == 0.0
    assert all(value is None or value <= axis.high * (1 + 1e-9) for value in values)
    assert 2 <= len(axis.marks) <= 7
    assert len({text for _, text in axis.marks}) == len(axis.marks)


@given(st.lists(st.one_of(st.none(), st.just(math.inf), st.floats(0, 1e5)), max_size=20))
def test_a_logarithmic_axis_begins_and_ends_at_whole_decades(values: list[float | None]) -> None:
    axis = logarithmic(values)

    assert math.isclose(math.log10(axis.low), round(math.log10(axis.low)))
    assert axis.low < axis.high
    assert all(0 <= axis.place(value) <= 1 for value in values if value is not None)


def test_a_decade_is_as_long_as_any_other() -> None:
    axis = logarithmic([0.001, 10.0])

    assert [round(axis.place(value), 9) for value in (0.001, 0.01, 0.1, 1.0, 10.0)] == [0, 0.25, 0.5, 0.75, 1]
    assert [text for _, text in axis.marks] == ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]


def test_a_narrow_range_gets_marks_between_the_decades() -> None:
    assert [text for _, text in logarithmic([0.011, 0.09]).marks] == ["10 ms", "20 ms", "50 ms", "100 ms"]


def test_marks_of_scenario_time_are_round_and_as_short_as_they_can_be() -> None:
    assert [text for _, text in clock(TIMETABLE, 32_370, 33_000).marks] == ["09:00", "09:02", "09:04", "09:06", "09:08", "09:10"]
    assert [text for _, text in clock(TIMETABLE, 32_399, 32_403).marks] == ["08:59:59", "09:00:00", "09:00:01", "09:00:02", "09:00:03"]
    assert [text for _, text in clock(TIMETABLE, 0, 30 * 3600).marks][-1] == "+1d 06:00"


@given(st.floats(0, 86_400, allow_subnormal=False), st.floats(0.1, 400 * 86_400))
def test_there_are_never_more_marks_than_fit(first: float, length: float) -> None:
    axis = clock(TIMETABLE, first, first + length)

    assert len(axis.marks) <= 9
    assert all(axis.low <= value <= axis.high for value, _ in axis.marks)


def test_where_the_speed_changes_the_last_day_has_a_mark_too() -> None:
    """Ninety wall seconds of an evening, nine of the next morning, and one of the morning after that."""
    moments = [Moment.read(text) for text in ("18:00", "19:30", "18:00 + 14h", "18:00 + 14h9m", "18:00 + 38h", "18:00 + 38h1m")]
    speeds = map(Speed.read, ("60", "jump", "60", "jump", "60"))
    stretches = tuple(Stretch(*pair, speed) for pair, speed in zip(pairwise(moments), speeds, strict=True))
    timetable = Timetable(first=moments[0], last=moments[-1], stretches=stretches)
    found = turned(timetable, timetable.pace(60.0, timetable.begin), 100.0)

    assert [text for _, text in found.marks][-2:] == ["+1d 08:00", "+2d 08:00"]
    assert all(later - sooner > 100 / 8 * 0.7 for (sooner, _), (later, _) in pairwise(found.marks))
