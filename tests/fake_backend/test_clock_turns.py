"""A clock that turns by itself: what it shows, and when a moment is due, against the same told in fractions."""

import datetime as dt
import sqlite3
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_backend.clock import Clock, SetClock, SetTurn, setting_of
from fake_backend.database.sqlite import Sqlite
from fake_backend.facts import moment

NINE = dt.datetime(2022, 4, 1, 9)
WALL = 1_000_000.0
DAY = {
    "now": "2022-04-01T09:59:00",
    "speed": 30,
    "turns": [{"at": "2022-04-01T10:05:00", "to": "2022-04-01T17:55:00", "speed": 10}, {"at": "2022-04-01T18:10:00", "speed": 600}],
}


@st.composite
def clocks(draw) -> SetClock:
    speeds = st.sampled_from([0.5, 1.0, 7.0, 30.0, 600.0])
    shown, turns = NINE, []
    for _ in range(draw(st.integers(0, 5))):
        at = shown + dt.timedelta(seconds=draw(st.integers(0, 5000)))
        to = at + dt.timedelta(seconds=draw(st.integers(0, 50_000)))
        turns.append(SetTurn(at, draw(st.sampled_from([to, None])), draw(st.none() | speeds)))
        shown = turns[-1].to or at
    return SetClock(NINE, draw(speeds), turns)


def told(wanted: SetClock, elapsed: Fraction) -> Fraction:
    """What the clock shows so many wall seconds after it was set, without a float."""
    shown, speed = Fraction(moment(wanted.now)), Fraction(wanted.speed)
    for turn in wanted.turns:
        ahead = (Fraction(moment(turn.at)) - shown) / speed
        if elapsed < ahead:
            break
        elapsed -= ahead
        shown, speed = Fraction(moment(turn.to or turn.at)), Fraction(turn.speed or speed)
    return shown + elapsed * speed


@given(clocks(), st.lists(st.integers(0, 40_000), min_size=1, max_size=20))
def test_it_shows_what_the_turns_say_and_never_goes_back(wanted, quarters) -> None:
    wall, walls = [WALL], sorted(quarters)
    clock = Clock(setting_of(wanted, WALL), lambda: wall[0])
    before = clock.now()
    for quarter in walls:
        wall[0] = WALL + quarter / 4
        shown = clock.now()
        assert shown >= before
        # a quarter of a second after it was set a turn may be a rounding error away: then either side of it is right
        sides = [told(wanted, Fraction(quarter, 4) + Fraction(slip, 10**6)) for slip in (-1, 0, 1)]
        assert any(abs(shown - side) < 0.002 for side in sides)
        before = shown


@given(clocks(), st.integers(0, 40_000), st.integers(-10_000, 200_000))
def test_a_moment_is_due_when_the_clock_first_shows_it_or_jumps_over_it(wanted, quarter, ahead) -> None:
    wall = [WALL + quarter / 4]
    clock = Clock(setting_of(wanted, WALL), lambda: wall[0])
    at = moment(NINE) + ahead
    wait = clock.wall_until(at)

    assert (wait <= 0) == (clock.now() >= at)
    if wait > 0:
        wall[0] += wait + 1e-4
        assert clock.now() >= at
        wall[0] -= 1e-2
        assert clock.now() < at or wait < 1e-2


@given(clocks(), st.data())
def test_a_moment_that_a_turn_leaves_out_is_due_at_the_turn(wanted, data) -> None:
    jumps = [turn for turn in wanted.turns if turn.to and turn.to > turn.at]
    if not jumps:
        return
    jump = data.draw(st.sampled_from(jumps))
    clock = Clock(setting_of(wanted, WALL), lambda: WALL)
    inside = data.draw(st.floats(moment(jump.at), moment(jump.to)))

    assert clock.wall_until(inside) == pytest.approx(clock.wall_until(moment(jump.at)), abs=1e-5)


def test_a_day_in_a_few_stretches(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest("PUT", "/clock", DAY))[:2] == (200, {"now": "2022-04-01T09:59:00.000", "speed": 30.0})
            wall.advance(2)
            assert (await guest("GET", "/rounds"))[1]["rounds"][0]["state"] == "closed"
            wall.advance(9.99)
            assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T10:04:59.700", "speed": 30.0}
            wall.advance(0.01)
            assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T17:55:00.000", "speed": 10.0}
            assert "fake_backend_clock_speed 10.0" in (await guest("GET", "/metrics"))[1]
        wall.advance(90)
        async with serving() as guest:  # turned while the process was down
            assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T18:10:00.000", "speed": 600.0}
            await guest("PUT", "/clock", {"now": "2022-04-01T09:00:00"})
            wall.advance(36_000)
            assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T19:00:00.000", "speed": 1.0}

    run(scene())


NONSENSE = [
    ([{"at": "2022-04-01T09:58:59"}], "turns"),
    ([{"at": "2022-04-01T10:05:00", "to": "2022-04-01T10:04:59"}], "turns"),
    ([{"at": "2022-04-01T10:05:00", "to": "2022-04-01T18:00:00"}, {"at": "2022-04-01T17:00:00"}], "turns"),
    ([{"at": "2200-04-01T10:05:00"}], "turns"),
    ([{"at": "2022-04-01T10:05:00Z"}], "turns[0].at"),
    ([{"at": "2022-04-01T10:05:00", "speed": 0}], "turns[0].speed"),
    ([{"to": "2022-04-01T10:05:00"}], "at"),
    ([{"at": "2022-04-01T10:05:00"}] * 1001, "turns"),
]


def test_turns_that_make_no_sense_change_nothing(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            for turns, field in NONSENSE:
                status, problem, _ = await guest("PUT", "/clock", {**DAY, "turns": turns})
                assert (status, problem["code"], problem["field"]) == (422, "bad_field", field)
                assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T09:00:00.000", "speed": 1.0}

    run(scene())


def test_a_file_whose_clock_knew_no_turns_is_taken_over(file) -> None:
    with sqlite3.connect(file) as old:
        old.execute("CREATE TABLE clock (one INTEGER PRIMARY KEY, now REAL NOT NULL, speed REAL NOT NULL, since REAL NOT NULL)")
        old.execute("INSERT INTO clock VALUES (1, 5.0, 2.0, 3.0)")
    old.close()
    database = Sqlite(file)
    try:
        assert msgspec.structs.astuple(database.clock()) == (5.0, 2.0, 3.0, "[]")
    finally:
        database.close()
