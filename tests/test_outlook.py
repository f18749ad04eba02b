import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushproof.arrivals import Opening, Steady
from rushproof.budget import Limit
from rushproof.needs import ATTEMPT, SUSTAINED, VISIT, Here
from rushproof.outlook import People, outlook
from rushproof.plan import Connections, CrowdPlan, Plan, Transport
from rushproof.population import PopulationSpec
from rushproof.quantity import Bound, Count, Duration
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.schedule import Schedule, persons
from rushproof.timetable import Moment, Timetable, Window

OPEN, CLOSE = Moment.read("open"), Moment.read("close")
HOUR = Timetable(first=OPEN, last=CLOSE, moments={"open": Moment.read("09:00"), "close": Moment.read("10:00")})
HERE = Here(cores=2, memory=8 * 2**30, descriptors=20_000, ports=28_232)
STEPS = {"early": {"look": None}, "late": {"look": None, "take": "purchase"}}


def plan(spacing="even", people=3_000, **changes):
    crowds = (
        CrowdPlan("early", "early.py", people // 3, Steady(first=OPEN, length=Duration(3600), spacing=spacing)),
        CrowdPlan("late", "late.py", people, Opening(first=OPEN, last=CLOSE, spacing=spacing)),
    )
    base = Plan(run="", salt="", seed=1, url="", crowds=crowds, population=PopulationSpec(), timetable=HOUR, speed=60.0)
    return msgspec.structs.replace(base, **changes)


def scenario(*limits, **more):
    crowds = {name: CrowdSpec(persona=f"./{name}.py", arrivals=Steady(first=OPEN, length=Duration(3600))) for name in STEPS}
    target = TargetSpec(url="http://127.0.0.1:1", clock="/clock")
    return Scenario(name="shop", about="An hour.", target=target, timetable=HOUR, crowds=crowds, budget=limits, **more)


def foreseen(*limits, of=None, **more):
    keys = ("tls", "people", "tables", "steps")
    given_keys = {key: more.pop(key) for key in keys if key in more}
    return outlook(scenario(*limits, **more), of or plan(), given_keys.pop("steps", STEPS), HERE, **given_keys)


def limit(measure, step=None, *, at_most=None, at_least=None, **more):
    bounds = {name: Bound.read(text) for name, text in (("at_most", at_most), ("at_least", at_least)) if text}
    return Limit(measure=measure, step=step, **bounds, **more)


def window(first, last):
    return Window(Moment.read(first), Moment.read(last))


def told(found):
    return {(one.finding, one.weight): one.why for one in found.doubts}


@given(
    spacing=st.sampled_from(["even", "poisson"]),
    people=st.integers(0, 5_000),
    workers=st.integers(1, 4),
    speed=st.sampled_from([1.0, 7.0, 60.0, 900.0]),
    cut=st.tuples(st.integers(0, 1700), st.integers(1801, 3600)),
)
@settings(max_examples=40)
def test_its_visits_are_those_that_the_schedule_will_hand_out(spacing, people, workers, speed, cut):
    part = msgspec.structs.replace(HOUR, first=Moment.read(f"open + {cut[0]}s"), last=Moment.read(f"open + {cut[1]}s"))
    whole = plan(spacing, people, workers=workers, speed=speed, timetable=part)
    found = foreseen(of=whole)
    handed = [
        sum(len(Schedule(msgspec.structs.replace(whole, worker=worker), crowd).block(10_000).number) for worker in range(workers))
        for crowd in range(2)
    ]

    assert [crowd.visits for crowd in found.crowds] == handed
    assert sum(stretch.visits for stretch in found.rates) == found.visits == sum(handed)
    assert found.peak == max(found.curve) == max(sum(Schedule(whole, crowd).by_second() for crowd in range(2)))
    assert found.persons == persons(whole)
    assert found.requests == handed[0] + 2 * handed[1]
    assert found.attempts == handed[1]


def test_the_parts_follow_each_other_and_none_is_shorter_than_a_wall_second():
    rates = foreseen(of=plan(speed=900.0)).rates

    assert [part.first for part in rates[1:]] == [part.last for part in rates[:-1]]
    assert (rates[0].first, rates[-1].last, len(rates)) == (HOUR.begin, HOUR.end, 4)


def test_a_window_is_cut_to_what_is_run():
    late = msgspec.structs.replace(HOUR, first=Moment.read("open + 30min"))
    found = foreseen(
        of=plan(timetable=late), windows={"middle": window("open + 20min", "open + 40min"), "start": window("open", "open + 5min")}
    )

    assert [(part.name, part.first, part.last) for part in found.windows] == [("middle", late.begin, HOUR.begin + 2400)]


def test_a_percentile_of_few_is_thin_and_of_many_is_not():
    # 1,000 and 3,000 people in an hour; the step `take` is the late crowd's alone
    found = told(foreseen(limit("p99", "take", at_most="1s"), limit("p99.9", "take", at_most="1s")))

    assert found == {("p99.9 take ≤ 1s", "thin"): "about 3,000 visits come, so 3 of their samples lie beyond a p99.9; 10 ought to"}


def test_a_share_finer_than_one_in_all_is_thin():
    limits = [limit("share", "take", outcome="error", at_most=bound) for bound in ("0.01%", "0.1%", "0%")]
    found = told(foreseen(*limits, limit("acknowledged", "take", at_least="99.99%"), limit("acknowledged", "take", at_least="100%")))

    assert {finding for finding, _ in found} == {"share take error ≤ 0.01%", "acknowledged take ≥ 99.99%"}
    assert "0.01 % of that is less than one, so it means none" in found["share take error ≤ 0.01%", "thin"]


def test_a_window_that_is_not_run_or_too_short_is_unknown():
    windows = {"before": window("open", "open + 5min"), "flash": window("open + 40min", "open + 40min20s")}
    late = msgspec.structs.replace(HOUR, first=Moment.read("open + 30min"))
    limits = [limit("p50", "take", at_most="1s", window=name) for name in windows]
    found = told(foreseen(*limits, of=plan(timetable=late), windows=windows))

    assert "lies outside of what was run" in found["p50 take (before) ≤ 1s", "unknown"]
    assert "less than a journal bucket" in found["p50 take (flash) ≤ 1s", "unknown"]


def test_a_window_of_the_warm_up_is_unknown():
    windows = {"start": window("open", "open + 5min"), "later": window("open", "open + 30min")}  # 5 s and 30 s on the wall
    limits = [limit("p50", "take", at_most="1s", window=name) for name in windows]
    found = told(foreseen(*limits, windows=windows, warm_up=Duration(10)))

    assert [finding for finding, _ in found] == ["p50 take (start) ≤ 1s"]
    assert "warm-up" in found["p50 take (start) ≤ 1s", "unknown"]


def test_what_nobody_comes_for_is_unknown():
    later = Steady(first=Moment.read("open + 30min"), length=Duration(60))
    crowds = (CrowdPlan("late", "late.py", 500, later),)
    windows = {"dawn": window("open", "open + 20min")}
    found = told(foreseen(limit("max", "take", at_most="1s", window="dawn"), of=plan(crowds=crowds), windows=windows))

    assert found["max take (dawn) ≤ 1s", "unknown"] == "nobody comes before the end of the window dawn"


def test_a_rate_beyond_what_comes_is_told_with_what_each_visit_would_have_to_do():
    # 3,000 in an hour are 0.83/s at full size; at speed 60 that is 50/s
    found = told(foreseen(limit("throughput", "take", at_least="2/s"), limit("throughput", "take", at_least="0.5/s")))

    assert found == {
        ("throughput take ≥ 2/s", "thin"): "it asks for 120.0/s on the wall, and 50.0/s visits come: each must make 2.4 of these or more"
    }


def test_visits_cannot_be_more_than_come():
    found = told(foreseen(limit("count", "visit", at_least="5000")))

    assert found["count visit ≥ 5000", "broken"] == "it asks for 5,000, and 4,000 visits come, 66.7/s"


def test_an_ordinary_users_crowd_is_left_out_of_the_arithmetic():
    users = (CrowdPlan("early", "early.py", 0, None, users=5),)
    found = foreseen(limit("p99.9", at_most="1s"), of=plan(crowds=users), steps={"early": {}})

    assert (found.doubts, found.visits, found.needs.load, found.crowds[0].users) == ((), 0, 0.0, 5)


def test_an_invariant_without_its_tables_is_unknown():
    tables = {"kept": ("acknowledged", "ledger"), "paid": ("orders", "ledger")}
    found = told(foreseen(tables=tables, audit=tuple(tables), ledgers={}))

    assert found == {
        ("kept", "unknown"): "it reads ledger, and no ledger of that name is in `ledgers`",
        ("paid", "unknown"): "it reads orders, ledger, and no ledger of that name is in `ledgers`",
    }


def test_an_invariant_over_promises_that_nobody_makes_is_unknown():
    found = told(foreseen(tables={"once": ("acknowledged",)}, steps={"early": {"look": None}, "late": {"look": None}}))

    assert "no step of any persona promises anything" in found["once", "unknown"]


@pytest.mark.parametrize(("known", "used", "enough"), [(4_000, 0, True), (3_999, 0, False), (9_000, 5_000, True), (9_000, 5_001, False)])
def test_people_who_run_out_are_told_beforehand(known, used, enough):
    found = told(foreseen(people=People(source="people.csv", known=known, used=used)))

    assert (("every visit was begun", "unknown") not in found) is enough


def test_tokens_that_end_are_told_beforehand():
    found = told(foreseen(people=People(source="people.csv", known=9_000, notes=("7 of 4,000 tokens end before the run does.",))))

    assert found["persons", "broken"] == "7 of 4,000 tokens end before the run does"


def test_a_generator_that_cannot_is_told_beforehand():
    steady = CrowdPlan("late", "late.py", 60_000, Steady(first=OPEN, length=Duration(3600)), connections=Connections(keep="visit"))
    found = foreseen(limit("p50", "take", at_most="1s"), of=plan(crowds=(steady,)), tls=True)

    assert found.needs.load == pytest.approx(found.peak / SUSTAINED[True, "visit"] + found.peak / SUSTAINED[True, "pool"])
    assert "the busiest second takes 1.7 workers' cores" in told(found)["every latency and rate", "unknown"]
    assert ("every latency and rate", "unknown") not in told(
        foreseen(limit("p50", at_most="1s"), of=plan(crowds=(steady,), workers=2), tls=True)
    )


def test_what_was_not_measured_is_not_reckoned():
    steady = CrowdPlan("late", "late.py", 600, Steady(first=OPEN, length=Duration(3600)), connections=Connections(keep="visit"))

    assert foreseen(of=plan(crowds=(steady,))).needs.load is None
    assert foreseen(of=plan(transport=Transport(http="2"))).needs.load is None


def test_a_connection_a_visit_leaves_its_port_behind_for_a_minute():
    def taken(keep, sources=(), speed=60.0):
        spec = Connections(keep=keep, cap=Count(64), sources=sources)
        steady = CrowdPlan("late", "late.py", 36_000, Steady(first=OPEN, length=Duration(3600)), connections=spec)
        return foreseen(of=plan(crowds=(steady,), speed=speed)).needs

    assert taken("pool").ports == 64
    assert taken("visit").ports == 64 + 36_000
    assert taken("visit", speed=1.0).ports == pytest.approx(64 + 600, abs=2)
    assert taken("visit", ("127.0.0.2", "127.0.0.3")).ports == (64 + 36_000) // 2


def test_rows_and_memory_are_what_was_measured_of_each():
    found = foreseen()

    assert found.needs.attempts == round(found.attempts * ATTEMPT)
    assert found.needs.each_second == found.peak * VISIT
    assert found.needs.descriptors == 128
