import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.arrivals import Comb, Opening, Ramp, Spike, Steady, Trace, arrivals, people_of
from rushproof.quantity import Duration, Rate, Share
from rushproof.timetable import Moment, Timetable

OPEN = Moment.read("open")
CLOSE = Moment.read("close")
HOUR = Timetable(first=OPEN, last=CLOSE, moments={"open": Moment.read("09:00"), "close": Moment.read("10:00")})
NINE = 32_400.0

SHAPES = {
    "steady": Steady(first=OPEN, length=Duration(3600), rate=Rate(5)),
    "ramp": Ramp(first=OPEN, length=Duration(3600), start=Rate(0), finish=Rate(10)),
    "spike": Spike(
        first=OPEN,
        length=Duration(3600),
        base=Rate(1),
        peak=Rate(40),
        at=Moment.read("open + 600s"),
        rise=Duration(60),
        hold=Duration(120),
        fall=Duration(30),
    ),
    "opening": Opening(first=OPEN, last=CLOSE),
    "trace": Trace(first=OPEN, file="trace.csv", points=((0.0, 10.0), (1200.0, 0.0), (1800.0, 2.0), (3600.0, 0.0))),
}


def spaced(shape, spacing):
    return type(shape)(**{field: getattr(shape, field) for field in shape.__struct_fields__ if field != "spacing"}, spacing=spacing)


def all_due(found):
    return found.due(np.arange(found.people))


def came(due, begin, end):
    """How many of `due` are in the seconds from `begin` to `end` after nine."""
    return int(np.searchsorted(due, NINE + end) - np.searchsorted(due, NINE + begin))


@pytest.mark.parametrize("spacing", ["even", "poisson"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_everybody_comes_once_in_order_within_the_shape(shape, spacing):
    found = arrivals(spaced(shape, spacing), 50_000, HOUR, seed=1, crowd="reservers")

    due = all_due(found)

    assert len(due) == found.people
    assert (np.diff(due) >= 0).all()
    assert due[0] >= NINE
    assert due[-1] < NINE + 3600


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_evenly_spaced_people_are_as_many_as_were_asked_for_and_never_two_off_the_curve(shape):
    found = arrivals(shape, 50_000, HOUR, seed=1, crowd="reservers")
    curve = shape.curve(HOUR)

    expected = np.interp(all_due(found), curve.at, curve.total / curve.people * 50_000)

    assert found.people == 50_000
    assert np.abs(expected - np.arange(50_000)).max() <= 1.0 + 1e-6


@pytest.mark.parametrize(
    ("name", "begin", "end", "people"),
    [
        ("steady", 0, 60, 300),
        ("ramp", 0, 1800, 4_500),  # a quarter of 18,000
        ("spike", 0, 600, 600),
        ("spike", 600, 660, 60 + 1_170),  # the base, and a triangle of 39/s
        ("spike", 660, 780, 120 + 4_680),
        ("trace", 0, 1200, 12_000),
        ("trace", 1200, 1800, 0),
        ("trace", 1800, 3600, 3_600),
    ],
)
def test_a_shape_with_rates_says_itself_how_many_come_and_when(name, begin, end, people):
    found = arrivals(SHAPES[name], None, HOUR, seed=1, crowd="reservers")

    assert came(all_due(found), begin, end) == pytest.approx(people, abs=2)


@pytest.mark.parametrize(
    ("name", "people"), [("steady", 18_000.0), ("ramp", 18_000.0), ("spike", 3_600 + 1_170 + 4_680 + 585), ("trace", 15_600.0)]
)
def test_the_people_of_a_shape_are_the_area_under_its_rates(name, people):
    assert people_of(SHAPES[name], HOUR) == pytest.approx(people)


def test_with_people_only_the_ratio_of_rates_counts():
    found = arrivals(SHAPES["ramp"], 1_000, HOUR, seed=1, crowd="reservers")

    assert came(all_due(found), 0, 1800) == pytest.approx(250, abs=2)


def test_the_opening_is_a_spike_a_decay_combs_and_a_closing_bump():
    found = arrivals(SHAPES["opening"], 1_000_000, HOUR, seed=1, crowd="reservers")
    due = all_due(found)

    tail = 0.36 * 1e6 / 3600
    decayed = 0.45 * 1e6 * (1 - np.exp(-10 / 300))
    assert came(due, 0, 10) == pytest.approx(100_000 + decayed + 10 * tail, rel=0.001)
    assert came(due, 2700, 2702) == pytest.approx(0.04 * 1e6 / 11 + 2 * tail, rel=0.05)  # one of eleven teeth
    assert came(due, 3590, 3600) > 5 * came(due, 3400, 3410)
    assert came(due, 2400, 2410) > came(due, 2500, 2510) > came(due, 3200, 3210)


def test_the_whole_day_of_an_opening_can_be_bent_to_a_plain_spike():
    shape = Opening(first=OPEN, last=CLOSE, spike=Share(1.0), decay=Share(0.0), closing=Share(0.0), comb=None)
    due = all_due(arrivals(shape, 1_000, HOUR, seed=1, crowd="reservers"))

    assert due[-1] < NINE + 10


@pytest.mark.parametrize(("scale", "people"), [(0.01, 71_200), (0.0000001, 1), (0.0, 0)])
def test_scale_leaves_whole_persons(scale, people):
    assert arrivals(SHAPES["opening"], 7_120_000, HOUR, seed=1, crowd="reservers", scale=scale).people == people


def test_a_rate_that_gives_a_part_of_a_person_is_rounded():
    assert arrivals(Steady(first=OPEN, length=Duration(10), rate=Rate(0.26)), None, HOUR, seed=1, crowd="a").people == 3


@pytest.mark.parametrize("spacing", ["even", "poisson"])
def test_nobody_is_a_crowd_too(spacing):
    found = arrivals(spaced(SHAPES["opening"], spacing), 0, HOUR, seed=1, crowd="reservers")

    assert found.people == 0
    assert found.due(np.arange(0)).tolist() == []
    assert found.before(NINE + 100) == 0


@pytest.mark.parametrize("spacing", ["even", "poisson"])
@given(numbers=st.lists(st.integers(0, 19_000), min_size=1, max_size=30))
def test_a_due_time_depends_on_its_number_alone(spacing, numbers):
    found = arrivals(spaced(SHAPES["opening"], spacing), 20_000, HOUR, seed=3, crowd="reservers")
    whole = all_due(found)

    assert found.due(np.array(numbers)).tolist() == whole[numbers].tolist()


@pytest.mark.parametrize("spacing", ["even", "poisson"])
@given(at=st.floats(NINE - 10, NINE + 3700))
def test_the_count_before_a_moment_agrees_with_the_due_times(spacing, at):
    found = arrivals(spaced(SHAPES["trace"], spacing), 5_000, HOUR, seed=3, crowd="reservers")

    assert found.before(at) == int((all_due(found) < at).sum())


def test_seed_and_crowd_move_the_arrivals():
    def due(seed, crowd):
        return all_due(arrivals(SHAPES["steady"], 100, HOUR, seed, crowd)).tolist()

    assert due(1, "a") == due(1, "a")
    assert due(1, "a") != due(2, "a")
    assert due(1, "a") != due(1, "b")


@pytest.mark.parametrize(("spacing", "low", "high"), [("poisson", 0.85, 1.15), ("even", 0.0, 0.2)])
def test_poisson_counts_vary_as_much_as_their_mean_and_even_ones_hardly(spacing, low, high):
    # 3,600 seconds of 20 arrivals: the ratio of variance to mean has a standard deviation of 0.024 around 1
    found = arrivals(spaced(SHAPES["steady"], spacing), 72_000, HOUR, seed=1, crowd="reservers")
    counts = np.histogram(all_due(found), np.arange(NINE, NINE + 3601))[0]

    assert low <= counts.var() / counts.mean() <= high


def test_poisson_gaps_are_exponential():
    found = arrivals(spaced(SHAPES["steady"], "poisson"), 72_000, HOUR, seed=1, crowd="reservers")
    gaps = np.diff(all_due(found)) * 20

    # P(gap > x) = exp(−x), within four standard deviations of 72,000 draws
    for x in (0.1, 0.5, 1.0, 2.0, 4.0):
        assert (gaps > x).mean() == pytest.approx(np.exp(-x), abs=0.008)


def test_poisson_totals_differ_by_seed_around_what_was_asked_for():
    totals = [arrivals(spaced(SHAPES["steady"], "poisson"), 10_000, HOUR, seed, "a").people for seed in range(200)]

    # 200 draws of a standard deviation of 100
    assert np.mean(totals) == pytest.approx(10_000, abs=30)
    assert 80 < np.std(totals) < 120


@pytest.mark.parametrize(
    ("shape", "people", "problem"),
    [
        (SHAPES["opening"], None, "must say how many"),
        (Steady(first=OPEN, length=Duration(10)), None, "must say how many"),
        (Steady(first=OPEN, length=Duration(0)), 10, "lasts"),
        (Opening(first=CLOSE, last=OPEN), 10, "lasts"),
        (Opening(first=OPEN, last=CLOSE, spike=Share(0.9)), 10, "more than everybody"),
        (Opening(first=OPEN, last=CLOSE, decay_time=Duration(0)), 10, "more than 0"),
        (Opening(first=OPEN, last=CLOSE, comb=Comb(width=Duration(600))), 10, "comb"),
        (Ramp(first=OPEN, length=Duration(10), start=Rate(0), finish=Rate(0)), 10, "0 throughout"),
        (Spike(first=OPEN, length=Duration(10), base=Rate(1), peak=Rate(9), at=Moment.read("close"), hold=Duration(1)), None, "within"),
        (Spike(first=OPEN, length=Duration(10), base=Rate(9), peak=Rate(1), at=OPEN, hold=Duration(1)), None, "at least the base"),
        (Trace(first=OPEN, file="t.csv", points=((0.0, 1.0),)), None, "two rows"),
        (Trace(first=OPEN, file="t.csv", points=((5.0, 1.0), (5.0, 1.0))), None, "rising"),
        (Trace(first=OPEN, file="t.csv", points=((0.0, -1.0), (5.0, 1.0))), None, "0 or more"),
    ],
)
def test_a_shape_that_cannot_be_meant_is_refused(shape, people, problem):
    with pytest.raises(ValueError, match=problem):
        arrivals(shape, people, HOUR, seed=1, crowd="reservers")


def test_a_trace_that_begins_late_counts_from_its_first_row():
    shape = Trace(first=OPEN, file="t.csv", points=((100.0, 5.0), (110.0, 0.0)))
    due = all_due(arrivals(shape, None, HOUR, seed=1, crowd="a"))

    assert len(due) == 50
    assert due[0] >= NINE + 100
    assert due[-1] < NINE + 110
