"""A whole drill, put together."""

from typing import Any

import msgspec
import numpy as np
import pytest

from rushproof.clocks import Recovery
from rushproof.drill import ClockSpec, PeopleSpec, Row, ServiceSpec
from rushproof.histogram import bucket
from rushproof.injection import Injection, Mark
from rushproof.manifest import Ending
from rushproof.quantity import Count, Duration, Share, Speed
from rushproof.sample import Distribution, Outcome
from rushproof.scenario import GeneratorSpec
from rushproof.timetable import Moment, Stretch


def outage(until: int = 180) -> Any:
    """The share of good ones where nothing works from 120 on."""
    return lambda at: 0.0 if 120 <= at < until else 0.99


def test_a_service_that_is_back_five_seconds_after_the_mend_is_told_so_with_its_bracket(drill: Any) -> None:
    drill.told(outage(until=185))
    found = drill.recovery()
    service = found.clocks["service"]
    assert (service.status, service.time, service.seconds) == ("recovered", "wall", 5.0)
    assert (service.low, service.high) == (4.0, pytest.approx(15, abs=6))
    assert service.since_onset == pytest.approx(65.0, abs=1.0)
    assert service.relapses == 0
    assert found.masking == pytest.approx(0.0, abs=1.0)
    assert found.stability == "recovered"
    assert [each.name for each in found.milestones] == ["injected", "onset", "mended", "service"]
    assert found.milestones[0].clock == "21:20:00"


def test_a_service_that_worked_at_the_mend_needed_no_time(drill: Any) -> None:
    drill.told(outage(until=180))
    service = drill.recovery().clocks["service"]
    assert (service.status, service.seconds, service.low) == ("recovered", 0.0, 0.0)


def test_a_service_that_never_comes_back_is_not_recovered(drill: Any) -> None:
    drill.told(outage(until=480))
    found = drill.recovery()
    assert (found.clocks["service"].status, found.clocks["service"].seconds) == ("not recovered", None)
    assert found.clocks["service"].low == pytest.approx(295, abs=5)
    assert "when the time ran out" in found.clocks["service"].why


def test_too_little_time_after_the_mend_is_unknown(drill: Any) -> None:
    drill.size = 200
    drill.manifest = {"elapsed": 200.0}
    drill.told(outage(until=185))
    service = drill.recovery().clocks["service"]
    assert (service.status, service.seconds) == ("unknown", None)
    assert "only 20 s after the mend" in service.why


def test_it_is_not_looked_at_beyond_a_change_of_the_speed(drill: Any) -> None:
    drill.told(outage(until=185))
    drill.stretches = (Stretch(Moment.read("21:35"), Moment.read("21:40"), Speed.read("60")),)
    service = drill.recovery().clocks["service"]
    assert service.status == "unknown"
    assert "only 30 s" in service.why or "well for the last" in service.why


def test_a_short_baseline_measures_nothing(drill: Any) -> None:
    drill.told(outage())
    drill.injections = (
        Injection(fault="outage", what="inject", due=50.0, asked=50.0, confirmed=50.0),
        Injection(fault="outage", what="mend", due=180.0, asked=180.0, confirmed=180.0),
    )
    found = drill.recovery()
    assert found.baseline is None
    assert "the baseline is 50 s" in found.baseline_why
    assert found.clocks["service"].why == found.baseline_why
    assert (found.loss, found.stability) == (None, "unknown")


def test_too_few_operations_measure_nothing(drill: Any) -> None:
    drill.spec = {"alarm": "alarm"}
    drill.told(outage(), rate=5)
    drill.probe("alarm", {float(at): float(140 <= at < 200) for at in range(480)})
    found = drill.recovery()
    assert "the baseline has 600 intents" in found.baseline_why
    assert found.clocks["service"].status == "unknown"
    assert (found.detection.status, found.detection.why) == ("unknown", found.baseline_why), "harm was not looked for, rather than not seen"


def test_a_baseline_that_drifts_measures_nothing(drill: Any) -> None:
    drill.told(lambda at: 0.99 if at < 60 else 0.93)
    assert "not steady" in drill.recovery().baseline_why


@pytest.mark.parametrize(("slowest", "told"), [(None, "p99 of its halves"), (Duration(0.6), "")], ids=["", "but not too slow"])
def test_a_baseline_that_becomes_slower_measures_nothing(drill: Any, slowest: Duration | None, told: str) -> None:
    drill.spec = {"service": ServiceSpec(step="pay", slowest=slowest)}
    for at in range(480):
        drill.second(at, 95, took=0.2)
        drill.second(at, 5, took=0.25 if at < 60 else 0.5)
    found = drill.recovery()
    assert (found.baseline is None) == bool(told)
    assert told in found.baseline_why


def test_slowness_that_nobody_notices_does_not_matter(drill: Any) -> None:
    for at in range(480):
        drill.second(at, 0 if 120 <= at < 180 else 100, 100 if 120 <= at < 180 else 0, took=0.02 if at < 60 else 0.04 if at < 200 else 0.25)
    service = drill.recovery().clocks["service"]
    assert (service.status, service.seconds) == ("recovered", 0.0)


def test_a_few_slow_seconds_are_no_trend(drill: Any) -> None:
    """Two of twelve blocks of the second half were slow, and one of the first."""
    for at in range(480):
        drill.second(at, 95, took=0.2)
        drill.second(at, 5, took=1.0 if at // 5 in (3, 14, 20) else 0.2)
    assert drill.recovery().baseline == 1.0


@pytest.mark.parametrize("stopped", [range(30, 40), range(185, 200)], ids=["in the baseline", "after the mend"])
def test_a_generator_that_stood_still_measures_nothing(drill: Any, stopped: Any) -> None:
    drill.told(outage(until=185))
    drill.tainted = set(stopped)
    found = drill.recovery()
    assert found.clocks["service"].status == "unknown"
    assert "the generator cannot vouch" in found.clocks["service"].why
    assert found.stability == "unknown"
    assert found.loss is None


@pytest.mark.parametrize(("stopped", "status"), [(190, "unknown"), (260, "recovered")], ids=["before it was well", "when it had held"])
def test_a_few_seconds_of_a_generator_that_stood_still_move_the_moment_though_many_are_borne(drill: Any, stopped: int, status: str) -> None:
    drill.generator = GeneratorSpec(tainted=Share(0.2), peak=0)
    drill.told(outage(until=200))
    drill.tainted = {stopped, stopped + 1}
    service = drill.recovery().clocks["service"]
    assert (service.status, "between the mend and then" in service.why) == (status, status == "unknown")


def test_a_mend_that_nobody_could_confirm_leaves_every_clock_unknown(drill: Any) -> None:
    drill.told(outage())
    drill.spec = {"backlog": ClockSpec(probe="open")}
    drill.injections = (drill.injections[0], Injection(fault="outage", what="mend", due=180.0, asked=180.0, problem="it did not answer"))
    found = drill.recovery()
    assert {found.clocks[name].status for name in ("service", "backlog")} == {"unknown"}
    assert "nobody could confirm that outage ended" in found.clocks["service"].why
    assert found.faults[0].mended == (180.0, None)
    assert found.faults[0].problem == "it did not answer"


def test_a_drill_in_which_nothing_was_switched_says_so(drill: Any) -> None:
    drill.told(lambda at: 0.99)
    drill.injections = ()
    found = drill.recovery()
    assert found.clocks["service"].why == "no fault was switched on"
    assert (found.milestones, found.goodput, found.faults) == ((), (), ())


def test_clocks_that_nobody_asked_for_were_not_observed(drill: Any) -> None:
    drill.told(outage())
    found = drill.recovery()
    assert {found.clocks[name].status for name in ("backlog", "ledger", "customer")} == {"not observed"}
    assert found.detection.status == "not observed"


def test_a_slow_service_is_not_well_though_everything_succeeds(drill: Any) -> None:
    for at in range(480):
        drill.second(at, 0 if 120 <= at < 180 else 100, 100 if 120 <= at < 180 else 0, took=1.5 if 180 <= at < 230 else 0.2)
    service = drill.recovery().clocks["service"]
    assert service.seconds == pytest.approx(50, abs=1)


def test_what_was_lost_is_the_outage_and_not_the_noise(drill: Any) -> None:
    drill.told(outage(until=190))
    found = drill.recovery().loss
    assert found is not None
    assert found.service == pytest.approx(0.99 * 70, rel=0.02)
    assert found.service_low <= found.service <= found.service_high
    assert found.requests == pytest.approx(99 * 70, rel=0.02)
    assert found.resilience == pytest.approx(1 - 70 / 360, abs=0.01)
    assert found.depth == pytest.approx(1.0)


def test_a_step_that_is_apart_did_not_feel_it(drill: Any) -> None:
    drill.spec = {"apart": ("browse",)}
    drill.told(outage())
    pay, browse = drill.recovery().goodput
    assert (pay.step, pay.apart, pay.before, pay.during, pay.isolation) == ("pay", False, 0.99, 0.0, 0.0)
    assert (browse.step, browse.apart, browse.isolation, browse.n) == ("browse", True, 1.0, 3000)


def test_people_who_try_again_and_again_are_counted_by_the_intent(drill: Any) -> None:
    drill.told(outage(), tries=lambda at: 4 if 120 <= at < 180 else 1)
    found = drill.recovery().amplification
    assert found is not None
    assert (found.before, found.during, found.after) == (1.0, 4.0, 1.0)


def test_a_service_held_down_by_retries_is_metastable(drill: Any) -> None:
    drill.size = 600
    drill.manifest = {"elapsed": 600.0}
    drill.told(outage(until=600), tries=lambda at: 5 if at >= 120 else 1)
    found = drill.recovery()
    assert found.stability == "metastable"
    assert "5 times" in found.stability_why


def test_a_service_that_is_down_without_more_tries_is_slow(drill: Any) -> None:
    drill.size = 600
    drill.manifest = {"elapsed": 600.0}
    drill.told(outage(until=600))
    assert drill.recovery().stability == "slow"


def test_a_load_that_was_not_held_long_enough_cannot_tell_metastable(drill: Any) -> None:
    drill.size = 470
    drill.manifest = {"elapsed": 470.0}
    drill.told(outage(until=470), tries=lambda at: 5 if at >= 120 else 1)
    found = drill.recovery()
    assert found.stability == "unknown"
    assert "has to be held" in found.stability_why


def test_a_drill_in_which_nobody_tries_again_cannot_tell_metastable(drill: Any) -> None:
    drill.size = 600
    drill.manifest = {"elapsed": 600.0}
    drill.spec = {"retries": "off"}
    drill.told(outage(until=600), tries=lambda at: 5 if at >= 120 else 1)
    assert drill.recovery().stability == "unknown"


def test_the_alarm_rang_between_two_looks(drill: Any) -> None:
    drill.spec = {"alarm": "alarm"}
    drill.told(outage())
    drill.probe("alarm", {float(at): float(140 <= at < 200) for at in range(0, 480, 5)} | {132.5: float("nan")})
    found = drill.recovery()
    assert (found.detection.status, found.detection.seconds) == ("recovered", pytest.approx(20, abs=1))
    assert found.detection.low == pytest.approx(15, abs=1)
    assert found.detection.resolution == 5.0
    assert "detected" in [each.name for each in found.milestones]


@pytest.mark.parametrize(
    ("rings", "status"), [(lambda at: False, "not recovered"), (lambda at: at > 100, "unknown")], ids=["never", "before the fault"]
)
def test_an_alarm_that_rings_at_the_wrong_time_did_not_detect_it(drill: Any, rings: Any, status: str) -> None:
    drill.spec = {"alarm": "alarm"}
    drill.told(outage())
    drill.probe("alarm", {float(at): float(rings(at)) for at in range(480)})
    assert drill.recovery().detection.status == status


def test_a_backlog_is_drained_where_it_is_as_it_was_before(drill: Any) -> None:
    """It always has ten to twelve in it; from the mend on it falls by two a second from 120."""
    drill.spec = {"backlog": ClockSpec(probe="open", time="wall", hold=Duration(10))}
    drill.told(outage())
    usual = np.random.default_rng(1).integers(10, 13, 480)
    drill.probe("open", {float(at): float(usual[at]) if at < 120 else max(120.0 - 2 * max(at - 180, 0), 11.0) for at in range(480)})
    found = drill.recovery()
    assert (found.clocks["backlog"].status, found.clocks["backlog"].time) == ("recovered", "wall")
    assert found.clocks["backlog"].seconds == pytest.approx(53, abs=2)
    assert found.clocks["backlog"].low == found.clocks["backlog"].seconds - 1
    assert found.drain == pytest.approx(1.0, abs=0.05)


def test_people_are_told_in_the_time_of_the_scenario(drill: Any) -> None:
    """Two thousand seconds of the scenario after the mend, which was at 21:30:00 by its clock."""
    drill.spec = {"customer": ClockSpec(query="open_customers")}
    drill.told(outage())
    mended = 75_600 + 1800.0
    drill.series = {"open_customers": [{"at": mended - 500, "open": 3}, {"at": mended + 1000, "open": 1}, {"at": mended + 2000, "open": 0}]}
    clock = drill.recovery().clocks["customer"]
    assert (clock.status, clock.time, clock.seconds, clock.low, clock.high) == ("recovered", "scenario", 2000.0, 2000.0, 2000.0)
    assert clock.since_onset == pytest.approx(2600.0, abs=10.0)
    milestone = next(each for each in drill.recovery().milestones if each.name == "customer")
    assert (milestone.early, milestone.clock) == (pytest.approx(380.0), "22:03:20")


def test_a_query_that_could_not_be_asked_leaves_its_clock_unknown_with_its_reason(drill: Any) -> None:
    drill.spec = {"ledger": ClockSpec(query="open_ledger"), "customer": ClockSpec(probe="open")}
    drill.told(outage())
    drill.series = {"open_ledger": "the ledger has no table payments"}
    found = drill.recovery().clocks
    assert (found["ledger"].status, found["ledger"].why) == ("unknown", "the ledger has no table payments")
    assert (found["customer"].status, found["customer"].why) == ("unknown", "the probe open has no readings")


def test_those_affected_are_counted_and_the_table_is_filled(drill: Any) -> None:
    drill.spec = {
        "people": PeopleSpec(query="affected", tries="tries", fewest=Count(20), most=Count(50)),
        "compare": (
            Row(of="fault", name="the outage", expected="10 min", happened="39 min"),
            Row(of="people.affected", name="affected", happened="4,188"),
            Row(of="people.paid@21:59", name="paid by 21:59", happened="3,412"),
            Row(of="people.paid.share", name="paid", happened="81.5 %"),
            Row(of="service", name="service"), Row(of="ledger", name="ledger"), Row(of="tries", name="tries"),
            Row(of="loss.requests", name="lost"), Row(of="goodput.pay", name="pay"), Row(of="people.lost", name="?"),
            Row(of="amplification.during", name="tries an intent"), Row(of="nonsense", name="?"),
        ),
        "compared_with": "9 May 2022",
    }  # fmt: skip
    drill.told(outage(until=185))
    drill.series = {
        "affected": [
            {"at": 78_000.0, "affected": 100, "paid": 0, "open": 100},
            {"at": 79_000.0, "affected": 120, "paid": 60, "open": 60},
            {"at": 80_000.0, "affected": 120, "paid": 90, "open": 30},
        ],
        "tries": [{"tries": many} for many in (3, 25, 31, 40, 22)],
    }
    found = drill.recovery()
    assert (found.tries, found.not_the_incident, found.compared_with) == (25.0, "", "9 May 2022")
    assert [each.became for each in found.people][-1] == {"paid": 90, "open": 30}
    assert [each.measured for each in found.compared] == [
        "10 min", "120", "60", "75 %", found.compared[4].measured, "not observed", "25",
        found.compared[7].measured, "0 %", "not known", "1", "not known",
    ]  # fmt: skip
    assert found.compared[4].measured.startswith("5 s (4 s to ")


@pytest.mark.parametrize(("tries", "told"), [(3, "tried 3 times"), (80, "tried 80 times")])
def test_a_drill_whose_people_tried_otherwise_was_not_the_incident(drill: Any, tries: int, told: str) -> None:
    drill.spec = {"people": PeopleSpec(query="affected", tries="tries", fewest=Count(20), most=Count(50))}
    drill.told(outage())
    drill.series = {"affected": [{"at": 78_000.0, "affected": 1, "open": 1}], "tries": [{"tries": tries}]}
    assert told in drill.recovery().not_the_incident


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "nobody was affected"),
        ("there is no table orders", "there is no table orders"),
        ([{"at": 1.0, "paid": 3}], "no column affected"),
        ([{"at": 1.0, "affected": "many", "open": 1}], "whole numbers"),
        ([{"at": 1.0, "affected": 1.5, "open": 1}], "whole numbers"),
    ],
)
def test_people_that_cannot_be_counted_make_it_no_drill_of_that_incident(drill: Any, rows: Any, told: str) -> None:
    drill.spec = {"people": PeopleSpec(query="affected")}
    drill.told(outage())
    drill.series = {"affected": rows}
    assert told in drill.recovery().not_the_incident


def test_marks_of_people_stand_on_the_timeline(drill: Any) -> None:
    drill.told(outage())
    drill.marks = (Mark(at=150.0, text="called the bank"),)
    mark = next(each for each in drill.recovery().milestones if each.name == "mark")
    assert (mark.early, mark.clock, mark.text) == (150.0, "21:25:00", "called the bank")


def test_what_was_open_in_a_run_that_was_cut_proves_nothing(drill: Any) -> None:
    drill.told(outage())
    drill.manifest = {"ending": Ending.INTERRUPTED}
    drill.cells.append((300, 0, Outcome.UNFINISHED, Distribution.INTENT, 1500, 5000))
    found = drill.recovery()
    assert found.clocks["service"].status == "recovered"
    assert found.clocks["service"].relapses == 0
    drill.manifest = {}
    assert drill.recovery().clocks["service"].relapses == 1


def test_a_recovery_can_be_written_down_and_read_again(drill: Any) -> None:
    drill.spec = {
        "backlog": ClockSpec(probe="open", time="wall"), "customer": ClockSpec(query="open_customers"), "alarm": "alarm",
        "apart": ("browse",), "people": PeopleSpec(query="affected", tries="tries"), "compare": (Row(of="service", name="service"),),
    }  # fmt: skip
    drill.told(outage(until=185))
    drill.probe("open", {float(at): max(500.0 - 5 * max(at - 180, 0), 0.0) * (at > 120) for at in range(480)})
    drill.probe("alarm", {float(at): float(at > 130) for at in range(480)})
    drill.series = {
        "open_customers": [{"at": 78_000, "open": 3}, {"at": 78_900, "open": 0}],
        "affected": [{"at": 78_000, "affected": 3, "open": 3}], "tries": [{"tries": 20}],
    }  # fmt: skip
    found = drill.recovery()
    assert {clock.status for clock in found.clocks.values()} == {"recovered", "not observed"}
    assert msgspec.json.decode(msgspec.json.encode(found), type=Recovery) == found
    assert [each.early for each in found.milestones] == sorted(each.early for each in found.milestones)
    assert {each.name for each in found.milestones} == {"injected", "onset", "detected", "mended", "service", "backlog", "customer"}


def test_a_generator_that_faltered_long_after_the_recovery_spoils_only_what_it_touches(drill: Any) -> None:
    drill.told(outage(until=185))
    drill.tainted = set(range(400, 420))
    found = drill.recovery()
    assert (found.clocks["service"].status, found.stability) == ("recovered", "recovered")
    assert found.loss is None


def test_those_whom_the_step_before_held_back_are_remarked(drill: Any) -> None:
    for at in (*range(120), *range(180, 480)):
        drill.second(at, 100)
    service = drill.recovery().clocks["service"]
    assert (service.status, service.seconds) == ("recovered", 0.0)
    assert "0 came to pay, where about 6,000 usually do" in service.why


def test_whole_visits_are_counted_by_the_moment_they_came(drill: Any) -> None:
    drill.spec = {"service": ServiceSpec(step="visit")}
    place = int(bucket(np.array([0.2]))[0])
    for at in range(480):
        outcome = Outcome.MISSED if 120 <= at < 183 else Outcome.OK
        drill.cells.append((at, 2, outcome, Distribution.STRETCH, place, 100))
    found = drill.recovery()
    assert (found.baseline, found.baseline_n, found.clocks["service"].seconds) == (1.0, 12_000, 3.0)
    assert found.amplification is None


def test_of_whole_visits_the_tries_are_those_of_all_their_steps(drill: Any) -> None:
    drill.spec = {"service": ServiceSpec(step="visit")}
    drill.told(outage(), tries=lambda at: 4 if at >= 120 else 1)
    place = int(bucket(np.array([0.2]))[0])
    drill.cells += [(at, 2, Outcome.OK, Distribution.STRETCH, place, 100) for at in range(480)]
    found = drill.recovery().amplification
    assert found is not None
    assert (found.before, found.during) == (1.0, pytest.approx((4 * 100 + 50) / 150))


def test_harm_that_the_generator_may_have_made_is_not_told(drill: Any) -> None:
    drill.told(outage())
    drill.tainted = {120, 121}
    found = drill.recovery()
    assert (found.masking, found.clocks["service"].since_onset) == (None, None)
    assert found.clocks["service"].status == "recovered"
    assert "onset" not in [each.name for each in found.milestones]


@pytest.mark.parametrize(
    ("time", "hold", "status"), [("wall", None, "recovered"), ("scenario", None, "recovered"), ("wall", 300, "unknown")]
)
def test_a_backlog_has_to_hold_as_long_as_the_service_where_nothing_else_is_said(drill: Any, time: Any, hold: Any, status: str) -> None:
    """It is empty for ten wall seconds, which are a hundred of the scenario, and full again for as long, before it stays empty."""
    drill.spec = {"backlog": ClockSpec(probe="open", time=time, hold=None if hold is None else Duration(hold))}
    drill.told(outage())
    drill.probe("open", {float(at): 500.0 * (120 <= at < 200 or 210 <= at < 220) for at in range(480)})
    backlog = drill.recovery().clocks["backlog"]
    assert (backlog.status, backlog.relapses) == (status, 0)
    if status == "recovered":
        assert backlog.seconds == pytest.approx({"wall": 40.0, "scenario": 400.0}[time])


def test_what_a_ledger_lags_by_where_time_goes_faster_is_no_relapse(drill: Any) -> None:
    drill.spec = {"ledger": ClockSpec(probe="open", time="scenario")}
    drill.stretches = (Stretch(Moment.read("21:35"), Moment.read("21:40"), Speed.read("60")),)
    drill.told(outage())
    drill.probe("open", {float(at): 5.0 * (120 <= at < 190 or at in {195, 205, 212}) for at in range(215)})
    ledger = drill.recovery().clocks["ledger"]
    assert (ledger.status, ledger.relapses) == ("recovered", 2)
