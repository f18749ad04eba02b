import hashlib

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushproof.arrivals import Opening, Steady
from rushproof.persons import PersonsSpec
from rushproof.plan import CrowdPlan, Plan
from rushproof.population import PopulationSpec
from rushproof.quantity import Count, Duration, Rate
from rushproof.schedule import Schedule, persons
from rushproof.timetable import Moment, Timetable

OPEN, CLOSE = Moment.read("open"), Moment.read("close")
HOUR = Timetable(first=OPEN, last=CLOSE, moments={"open": Moment.read("09:00"), "close": Moment.read("10:00")})
GOLDEN = [[0, 10501412, 42], [12345, 39985319, 4925583], [29999, 8968254, 59999913]]
"""three of the late crowd: arrival, person, µs of wall time"""


def plan(spacing="even", people=30_000, **changes):
    crowds = (
        CrowdPlan("early", "early.py", people // 3, Steady(first=OPEN, length=Duration(3600), spacing=spacing)),
        CrowdPlan("late", "late.py", people, Opening(first=OPEN, last=CLOSE, spacing=spacing)),
    )
    base = Plan(run="r", salt="00", seed=1, url="", crowds=crowds, population=PopulationSpec(), timetable=HOUR, speed=60.0)
    return msgspec.structs.replace(base, **changes)


def blocks(schedule, limit=997):
    while len((block := schedule.block(limit)).number):
        yield block


def rows(whole, crowd=1, limit=997):
    """(k, person, due) of all workers together, ordered by k."""
    parts = []
    for worker in range(whole.workers):
        for block in blocks(Schedule(msgspec.structs.replace(whole, worker=worker), crowd), limit):
            parts.append(np.column_stack((block.number, block.person, block.due)))  # noqa: PERF401 - three nested names in one line read worse
    table = np.concatenate(parts) if parts else np.empty((0, 3), dtype=np.int64)
    return table[np.argsort(table[:, 0])]


def digest(table):
    return hashlib.sha256(np.ascontiguousarray(table).tobytes()).hexdigest()


@pytest.mark.parametrize("spacing", ["even", "poisson"])
def test_one_worker_and_three_see_the_same_people_at_the_same_times(spacing):
    hashes = {digest(rows(plan(spacing, workers=workers))) for workers in (1, 3, 7)}

    assert len(hashes) == 1


@given(workers=st.integers(1, 5), limit=st.integers(40, 5_000), spacing=st.sampled_from(["even", "poisson"]))
@settings(max_examples=25)
def test_how_the_work_is_cut_changes_nothing(workers, limit, spacing):
    assert digest(rows(plan(spacing, 3_000, workers=workers), limit=limit)) == digest(rows(plan(spacing, 3_000)))


def test_the_arrivals_are_the_same_in_every_release():
    assert rows(plan())[[0, 12_345, -1]].tolist() == GOLDEN


def test_a_worker_gets_its_arrivals_in_the_order_they_are_due():
    due = np.concatenate([block.due for block in blocks(Schedule(plan(workers=3, worker=2), 1))])

    assert (np.diff(due) >= 0).all()
    assert due[0] >= 0
    assert due[-1] < 60e6  # an hour at speed 60


def test_nobody_comes_twice_not_even_in_another_crowd():
    whole = plan("poisson")
    everybody = np.concatenate([rows(whole, crowd)[:, 1] for crowd in (0, 1)])

    assert len(np.unique(everybody)) == len(everybody) == persons(whole)
    assert everybody.max() < 50_000_000


def test_a_second_run_that_begins_where_the_first_ended_takes_other_people():
    first, second = plan(), plan(first_person=persons(plan()))

    assert not np.intersect1d(rows(first)[:, 1], rows(second)[:, 1]).size
    assert rows(first)[:, 2].tolist() == rows(second)[:, 2].tolist()


@given(
    workers=st.integers(1, 5),
    first_person=st.integers(0, 10_000),
    begin=st.sampled_from(["open", "open + 600s", "09:59"]),
    spacing=st.sampled_from(["even", "poisson"]),
)
@settings(max_examples=25)
def test_rows_of_a_file_come_in_its_order_crowd_by_crowd_and_no_more_than_are_due(workers, first_person, begin, spacing):
    timetable = msgspec.structs.replace(HOUR, first=Moment.read(begin))
    whole = plan(spacing, 900, workers=workers, first_person=first_person, timetable=timetable, persons=PersonsSpec(file="people.csv"))

    everybody = np.concatenate([rows(whole, crowd, limit=100) for crowd in (0, 1)])

    assert everybody[:, 1].tolist() == list(range(first_person, first_person + persons(whole)))
    assert len(everybody) == persons(whole)


def test_a_signer_alone_leaves_who_comes_as_it_was():
    assert digest(rows(plan(persons=PersonsSpec(signer="tokens.py:sign")))) == digest(rows(plan()))


def test_when_everybody_has_come_once_they_come_again():
    few = plan(population=PopulationSpec(registered=Count(1_000)), people=3_000)

    assert np.bincount(rows(few)[:, 1]).tolist() == [3] * 1_000


@pytest.mark.parametrize("spacing", ["even", "poisson"])
def test_a_cut_of_the_timetable_keeps_who_comes_and_moves_only_the_start(spacing):
    whole = plan(spacing)
    cut = plan(spacing, timetable=msgspec.structs.replace(HOUR, first=Moment.read("open + 600s"), last=Moment.read("09:30")))

    inside = rows(whole)
    inside = inside[(inside[:, 2] >= 10_000_000) & (inside[:, 2] < 30_000_000)]
    part = rows(cut)

    assert part[:, :2].tolist() == inside[:, :2].tolist()
    assert np.abs(part[:, 2] + 10_000_000 - inside[:, 2]).max() <= 1


def test_a_stretch_before_anybody_comes_is_waited_for():
    early = plan(timetable=msgspec.structs.replace(HOUR, first=Moment.read("open - 30s")))

    assert rows(early)[0, 2] == pytest.approx(500_000 + rows(plan())[0, 2], abs=1)


@pytest.mark.parametrize("speed", [1.0, 7.0, 60.0])
def test_speed_shortens_the_wall_time_alone(speed):
    fast = rows(plan(speed=speed))

    assert fast[:, :2].tolist() == rows(plan(speed=1.0))[:, :2].tolist()
    assert fast[:, 2] == pytest.approx(rows(plan(speed=1.0))[:, 2] / speed, abs=1)


@given(until=st.floats(-1, 70), workers=st.integers(1, 4), spacing=st.sampled_from(["even", "poisson"]))
@settings(max_examples=50)
def test_the_offered_so_far_are_those_due_so_far(until, workers, spacing):
    whole = plan(spacing, 3_000, workers=workers)
    table = rows(whole)
    due = table[table[:, 2] < until * 1e6]

    for worker in range(workers):
        mine = Schedule(msgspec.structs.replace(whole, worker=worker), 1)
        assert mine.offered(until) == int((due[:, 0] % workers == worker).sum())


@pytest.mark.parametrize("spacing", ["even", "poisson"])
def test_the_arrivals_of_each_second_are_those_due_in_it(spacing):
    whole = plan(spacing, workers=3)
    seconds = Schedule(whole, 1).by_second()

    assert seconds.tolist() == np.bincount(rows(whole)[:, 2] // 1_000_000, minlength=60).tolist()


def test_what_was_handed_out_does_not_change_what_is_offered():
    schedule = Schedule(plan(workers=2), 1)
    before = schedule.offered(30.0)
    schedule.block(5_000)

    assert schedule.offered(30.0) == before


def test_a_crowd_without_a_shape_has_no_arrivals_but_can_name_its_persons():
    bare = plan(crowds=(CrowdPlan("locust", "daily.py", 0, None),))
    schedule = Schedule(bare, 0)

    assert len(schedule.block(100).number) == 0
    assert schedule.offered(1e9) == 0
    assert len(np.unique(schedule.persons(np.arange(1_000)))) == 1_000


def test_a_plan_crosses_the_wire_and_gives_the_same_arrivals():
    whole = plan(crowds=(CrowdPlan("a", "a.py", 500, Steady(first=OPEN, length=Duration(3600), rate=Rate(3), spacing="poisson")),))

    assert digest(rows(Plan.decode(whole.encode()), 0)) == digest(rows(whole, 0))


def reservers_again(spacing="even", people=3_000, again=1_000, **changes):
    crowds = (
        CrowdPlan("others", "others.py", 500, Steady(first=OPEN, length=Duration(3600))),
        CrowdPlan("watchers", "watch.py", again, Steady(first=OPEN, length=Duration(3600), spacing=spacing), of="reservers"),
        CrowdPlan("reservers", "reserve.py", people, Opening(first=OPEN, last=CLOSE, spacing=spacing)),
    )
    base = Plan(run="r", salt="00", seed=1, url="", crowds=crowds, population=PopulationSpec(), timetable=HOUR, speed=60.0)
    return msgspec.structs.replace(base, **changes)


@pytest.mark.parametrize("spacing", ["even", "poisson"])
def test_the_people_of_another_crowd_come_again_in_another_order_and_take_nobody_from_the_rest(spacing):
    whole = reservers_again(spacing, again=2_500)
    others, watchers, reservers = (rows(whole, crowd)[:, 1] for crowd in range(3))

    assert set(watchers) <= set(reservers)
    assert len(np.unique(watchers)) == len(watchers) < len(reservers)
    assert not set(watchers) & set(others)
    assert watchers.tolist() != reservers[: len(watchers)].tolist()
    assert persons(whole) == len(others) + len(reservers)


def test_all_of_them_come_again_where_as_many_come():
    whole = reservers_again(again=3_000)

    assert sorted(rows(whole, 1)[:, 1]) == sorted(rows(whole, 2)[:, 1])


@given(workers=st.integers(1, 5), limit=st.integers(40, 5_000), begin=st.sampled_from(["open", "open + 600s", "09:59"]))
@settings(max_examples=25)
def test_who_comes_again_hangs_neither_on_the_workers_nor_on_the_cut(workers, limit, begin):
    timetable = msgspec.structs.replace(HOUR, first=Moment.read(begin))
    whole = {k: person for k, person, _ in rows(reservers_again(), 1).tolist()}

    part = rows(reservers_again(workers=workers, timetable=timetable), 1, limit)

    assert len(part)
    assert all(whole[k] == person for k, person, _ in part.tolist())
