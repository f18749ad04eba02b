import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.quantity import Bound, Count, Duration, Rate, Share, Unit, decode, encode, lasting, show


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Duration, "500ms", 0.5),
        (Duration, "10s", 10.0),
        (Duration, "1h30m", 5400.0),
        (Duration, "1.5h", 5400.0),
        (Duration, "250us", 0.00025),
        (Duration, "250µs", 0.00025),
        (Duration, "2d", 172_800.0),
        (Duration, "12", 12.0),
        (Duration, " 1h 5min ", 3900.0),
        (Share, "99.9%", 0.999),
        (Share, "0.25", 0.25),
        (Share, "100%", 1.0),
        (Rate, "2000/s", 2000.0),
        (Rate, "30k/min", 500.0),
        (Rate, "7.2M / h", 2000.0),
        (Count, "3_240_000", 3_240_000.0),
        (Count, "7.12M", 7_120_000.0),
        (Count, "500k", 500_000.0),
        (Count, "0", 0.0),
    ],
)
def test_a_quantity_is_read_as_people_write_it(kind, text, value):
    assert kind.read(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Duration, ""),
        (Duration, "soon"),
        (Duration, "10 parsecs"),
        (Duration, "5s later"),
        (Share, "101%"),
        (Share, "-0.1"),
        (Share, "half"),
        (Rate, "2000"),
        (Rate, "2000/fortnight"),
        (Count, "1.5"),
        (Count, "-3"),
        (Count, "many"),
        (Bound, "fast"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_was_expected(kind, text):
    with pytest.raises(ValueError, match="expected") as caught:
        kind.read(text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("500ms", 0.5, Unit.SECONDS),
        ("0.1%", 0.001, Unit.SHARE),
        ("2000/s", 2000.0, Unit.RATE),
        ("100", 100.0, Unit.COUNT),
    ],
)
def test_a_bound_keeps_its_text_beside_value_and_unit(text, value, unit):
    bound = Bound.read(text)

    assert (str(bound), bound.value, bound.unit) == (text, pytest.approx(value), unit)


class Row(msgspec.Struct):
    wait: Duration
    part: Share
    people: Count


def test_values_are_read_from_text_and_numbers_and_written_as_numbers():
    row = msgspec.convert({"wait": "90s", "part": 0.5, "people": "2k"}, Row, dec_hook=decode)

    assert row == Row(Duration(90), Share(0.5), Count(2000))
    assert msgspec.json.decode(msgspec.json.encode(row, enc_hook=encode)) == {"wait": 90.0, "part": 0.5, "people": 2000.0}


@given(st.floats(min_value=1e-6, max_value=1e5))
def test_a_duration_written_in_milliseconds_comes_back(seconds):
    assert Duration.read(f"{seconds * 1e3!r}ms") == pytest.approx(seconds, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, Unit.SECONDS, "12.3 ms"),
        (0.000045, Unit.SECONDS, "45 µs"),
        (0.9996, Unit.SECONDS, "0.9996 s"),
        (0.0009996, Unit.SECONDS, "1 ms"),
        (0.0, Unit.SECONDS, "0 s"),
        (61.5, Unit.SECONDS, "61.5 s"),
        (3600.4, Unit.SECONDS, "3600 s"),
        (0.999, Unit.SHARE, "99.9 %"),
        (2000.0, Unit.RATE, "2,000.0/s"),
        (7_120_000.0, Unit.COUNT, "7,120,000"),
        (26.83, Unit.COUNT, "26.8"),
        (1234.5, Unit.COUNT, "1,234"),
    ],
)
def test_a_value_is_shown_as_a_person_would_write_it(value, unit, text):
    assert show(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "0 s"), (0.0123, "12.3 ms"), (59.94, "59.94 s"), (60.0, "1 min"), (90.4, "1 min 30 s"), (1703.0, "28 min 23 s"),
        (7199.6, "2 h"), (50_600.0, "14 h 3 min"), (-75.0, "−1 min 15 s"), (math.inf, "∞"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_told_as_people_say_it(seconds, told):
    assert lasting(seconds) == told
