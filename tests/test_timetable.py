import datetime as dt

import pytest

from rushproof.timetable import Moment, Timetable

MOMENTS = {
    "open": Moment.read("09:00"),
    "close": Moment.read("open + 1h"),
    "publish": Moment.read("18:00"),
    "pay_by": Moment.read("18:00 + 1d"),
}
DAY = Timetable(first=Moment.read("open - 30s"), last=Moment.read("close"), moments=MOMENTS)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("09:00:30", 32_430.0),
        ("9:00", 32_400.0),
        ("09:00:00.250", 32_400.25),
        ("open", 32_400.0),
        ("open + 60s", 32_460.0),
        ("open-1.5s", 32_398.5),
        ("close", 36_000.0),
        ("pay_by", 151_200.0),
        ("18:00 + 1d", 151_200.0),
    ],
)
def test_a_moment_is_a_clock_time_or_a_name_with_an_offset(text, seconds):
    assert DAY.at(Moment.read(text)) == seconds


@pytest.mark.parametrize("text", ["", "9 o'clock", "open +", "open + soon", "25", "+ 3s"])
def test_a_moment_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        Moment.read(text)


@pytest.mark.parametrize("text", ["24:00", "09:60", "09:00:75"])
def test_a_clock_time_that_no_clock_shows_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        Moment.read(text)


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(ValueError, match="did you mean 'open'"):
        DAY.at(Moment.read("opne + 1s"))


def test_moments_that_lean_on_each_other_are_refused():
    circle = Timetable(first=Moment.read("a"), last=Moment.read("b"), moments={"a": Moment.read("b"), "b": Moment.read("a + 1s")})

    with pytest.raises(ValueError, match="a → b → a"):
        _ = circle.begin


def test_the_part_that_is_run_lies_between_its_two_moments():
    assert (DAY.begin, DAY.end) == (32_370.0, 36_000.0)


def test_scenario_time_reads_like_a_clock():
    assert [DAY.clock(at) for at in (32_404.2, 151_200.0, 0.0)] == ["09:00:04", "+1d 18:00:00", "00:00:00"]


def test_the_target_is_told_a_date_without_a_zone():
    assert DAY.datetime(32_400.25) == dt.datetime(2022, 4, 1, 9, 0, 0, 250_000)
