"""How scenario time goes on the wall: straight, in stretches of their own speed, and by jumps."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rushproof.pace import JUMP, Pace, Turn

OPEN = 9 * 3600.0


@st.composite
def paces(draw, jumps=True):
    """A pace of up to five stretches with gaps between them, some of them jumps."""
    begin = draw(st.sampled_from([0.0, 32_400.0, 86_400.5]))
    at, stretches = begin - draw(st.sampled_from([0.0, 100.0])), []
    for _ in range(draw(st.integers(0, 5))):
        at += draw(st.sampled_from([0.0, 1.5, 60.0, 7_200.0]))
        length = draw(st.sampled_from([0.25, 30.0, 3_600.0, 604_800.0]))
        speeds = [0.5, 1.0, 30.0, 600.0, *([JUMP] if jumps else [])]
        stretches.append((at, at + length, draw(st.sampled_from(speeds))))
        at += length
    return Pace(begin, draw(st.sampled_from([0.5, 1.0, 48.0])), draw(st.permutations(stretches)))


WALLS = st.floats(0, 1e5)
LATER = st.floats(0, 2e6)


@given(begin=st.floats(-1e5, 1e5), speed=st.sampled_from([0.5, 1.0, 3.0, 48.0]), later=LATER)
def test_without_stretches_it_is_a_division_to_the_last_bit(begin, speed, later):
    pace, at = Pace(begin, speed), begin + later

    assert pace.plain
    assert pace.wall(at) == pace.walls(np.array([at]))[0] == (at - begin) / speed
    assert pace.at(later) == begin + later * speed
    assert pace.lasts(12.0, later) == later / speed
    assert pace.turns() == ()


@given(pace=paces(), wall=WALLS)
def test_the_wall_second_at_which_the_clock_shows_what_it_shows_is_that_wall_second(pace, wall):
    assert pace.wall(pace.at(wall)) == pytest.approx(wall, abs=1e-6)


@given(pace=paces(), first=LATER, second=LATER)
def test_time_never_goes_backwards_on_either_side(pace, first, second):
    sooner, later = sorted((first, second))

    assert pace.wall(pace.begin + sooner) <= pace.wall(pace.begin + later)
    assert pace.at(sooner) <= pace.at(later)


@given(pace=paces(), at=LATER)
def test_a_moment_inside_a_jump_is_reached_when_the_jump_is_made_and_no_other_is_moved(pace, at):
    moment = pace.begin + at
    jump = next(
        (piece for piece in pace.pieces(pace.begin, moment + 1) if piece.speed == JUMP and piece.first <= moment < piece.last), None
    )

    if jump is None and not any(moment == piece.first for piece in pace.pieces(moment, moment + 1e-9)):
        shown = pace.at(pace.wall(moment))
        assert shown == pytest.approx(moment, abs=1e-3) or shown > moment  # on the edge of a jump, by rounding
    elif jump is not None:
        assert pace.wall(moment) == pace.wall(jump.first) == pace.wall(jump.last)


@given(pace=paces(), moments=st.lists(st.floats(-1e5, 2e6), min_size=1, max_size=20))
def test_many_moments_at_once_are_each_by_itself(pace, moments):
    at = pace.begin + np.array(moments)

    assert pace.walls(at).tolist() == [pace.wall(each) for each in at.tolist()]


@given(pace=paces(), wall=WALLS, first=st.floats(0, 1e5), second=st.floats(0, 1e5))
def test_two_pauses_one_after_the_other_last_as_long_as_both_together(pace, wall, first, second):
    middle = wall + pace.lasts(wall, first)
    assume(abs(pace.at(middle) - pace.at(wall) - first) < 1e-6)  # but for one that ends inside a jump: it is over then

    assert pace.lasts(wall, first) + pace.lasts(middle, second) == pytest.approx(pace.lasts(wall, first + second), abs=1e-5)


@given(pace=paces(), ahead=st.floats(0, 2), wall=st.lists(WALLS, min_size=1, max_size=10))
def test_a_clock_that_is_told_the_turns_shows_the_scenarios_time(pace, ahead, wall):
    """It is set a little before the beginning, as a run does, and then left alone."""
    turns = pace.turns()
    assert all(turn.at <= turn.to < JUMP > turn.speed for turn in turns)
    assert all(earlier.to <= later.at for earlier, later in itertools.pairwise(turns))

    since, shown, speed = -ahead, pace.at(-ahead), pace.first_speed
    clock = [(since, shown, speed)]
    for turn in turns:
        since += (turn.at - shown) / speed
        shown, speed = turn.to, turn.speed
        clock.append((since, shown, speed))
    for second in wall:
        since, shown, speed = [one for one in clock if one[0] <= second + 1e-9][-1]
        told = shown + (second - since) * speed
        assert told == pytest.approx(pace.at(second), abs=1e-2) or any(abs(one[0] - second) < 1e-6 for one in clock)


@given(pace=paces(jumps=False), cut=st.sampled_from([0.1, 61.0, 5_000.0]), at=LATER)
def test_a_run_that_begins_later_keeps_the_distances(pace, cut, at):
    stretches = [(piece.first, piece.last, piece.speed) for piece in pace.pieces(pace.begin, 1e9)]
    later = Pace(pace.begin + cut, 1.0, stretches)

    moment = pace.begin + cut + at
    assert later.wall(moment) == pytest.approx(pace.wall(moment) - pace.wall(pace.begin + cut), abs=1e-5)


def test_a_day_with_a_jump_over_its_afternoon():
    pace = Pace(OPEN, 60.0, [(OPEN, OPEN + 3600, 30.0), (OPEN + 3900, 18 * 3600 - 300, JUMP), (18 * 3600, 18 * 3600 + 60, 1.0)])

    assert pace.wall(OPEN + 3600) == 120.0
    assert pace.wall(OPEN + 3900) == pace.wall(15 * 3600) == pace.wall(18 * 3600 - 300) == 125.0
    assert pace.wall(18 * 3600) == 130.0
    assert pace.at(125.0) == 18 * 3600 - 300
    assert pace.at(190.0) == 18 * 3600 + 60
    assert pace.first_speed == 30.0
    assert pace.turns() == (
        Turn(OPEN + 3600, OPEN + 3600, 60.0),
        Turn(OPEN + 3900, 18 * 3600 - 300, 60.0),
        Turn(18 * 3600, 18 * 3600, 1.0),
        Turn(18 * 3600 + 60, 18 * 3600 + 60, 60.0),
    )
    assert pace.speed(OPEN, OPEN + 3600) == 30.0
    assert pace.speed(OPEN, OPEN + 3601) is None
    assert pace.speed(OPEN + 3700, OPEN + 4000) is None


def test_who_begins_inside_a_jump_begins_behind_it():
    pace = Pace(OPEN, 10.0, [(OPEN - 60, OPEN + 600, JUMP), (OPEN + 600, OPEN + 660, 2.0)])

    assert pace.at(0.0) == OPEN + 600
    assert pace.at(-1.0) == OPEN + 598
    assert pace.wall(OPEN) == pace.wall(OPEN + 599) == pace.wall(OPEN + 600) == 0.0
    assert pace.wall(OPEN - 4) == -2.0
    assert pace.turns() == (Turn(OPEN + 660, OPEN + 660, 10.0),)


def test_stretches_of_the_same_speed_are_one():
    pace = Pace(OPEN, 10.0, [(OPEN + 10, OPEN + 20, 10.0), (OPEN + 20, OPEN + 40, JUMP), (OPEN + 40, OPEN + 60, JUMP)])

    assert pace.turns() == (Turn(OPEN + 20, OPEN + 60, 10.0),)
