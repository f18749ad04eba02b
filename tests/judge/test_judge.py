from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.judge import judge
from rushproof.manifest import Ending
from rushproof.measures import MEASURES
from rushproof.quantity import Bound, Speed
from rushproof.report import Report
from rushproof.sample import Outcome
from rushproof.timetable import Moment, Stretch, Timetable, Window
from rushproof.verdict import Finding, Kind, Status

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
GRAVITY = {PASS: 0, UNKNOWN: 1, FAIL: 2}
LOST = Finding(name="kept", kind=Kind.INVARIANT, status=FAIL, sentence="One is missing.", n=9)


def judged(history: Any, *budget: Any, invariants: tuple[Finding, ...] = ()) -> Report:
    """The report of a history under a budget."""
    summary = history.summary(*budget)
    return judge(summary.manifest, summary, invariants)


def first(history: Any, *budget: Any) -> Finding:
    """The finding of the first limit."""
    return judged(history, *budget).findings[0]


def health(report: Report, name: str) -> Finding:
    """The health finding of a name."""
    return next(finding for finding in report.findings if finding.name == name)


def test_a_limit_that_is_kept_passes(history: Any, limit: Any) -> None:
    history.visit(times=100).sample(took=0.1, times=100)

    report = judged(history, limit("p99", "500ms", step="reserve"))

    assert report.verdict is PASS
    found = report.findings[0]
    assert (found.status, found.bound, found.n) == (PASS, 0.5, 100)
    assert found.sentence == "The p99 response of reserve samples was 99.8 ms; at most 500 ms was allowed (n = 100)."


def test_a_limit_that_is_broken_fails_the_run(history: Any, limit: Any) -> None:
    history.visit(times=100).sample(took=0.9, times=100)
    assert judged(history, limit("p99", "500ms", step="reserve")).verdict is FAIL


@pytest.mark.parametrize(
    ("age", "status"),
    [(4.0, FAIL), (0.2, UNKNOWN)],
    ids=["older than the bound already", "younger, so it might have been in time"],
)
def test_an_interval_fails_only_where_all_of_it_is_beyond(history: Any, limit: Any, age: float, status: Status) -> None:
    history.sample(took=0.1, times=90).sample(Outcome.UNFINISHED, took=age, times=10)

    found = first(history, limit("p95", "1s", step="reserve"))

    assert found.status is status
    assert "somewhere from" in found.sentence
    assert "no end" in found.sentence


def test_nobody_passes_by_failing_fast(history: Any, limit: Any) -> None:
    history.sample(took=0.1, times=1).sample(Outcome.ERROR, took=0.001, times=99)
    fast = limit("p99", "500ms", step="reserve", outcome="ok")

    alone = first(history, fast)
    assert alone.status is UNKNOWN
    assert "needs a good_share or acknowledged limit" in alone.sentence
    assert judged(history, fast, limit("good_share", "99%", step="reserve", within="500ms")).verdict is FAIL


def test_bounds_on_rates_are_scaled_and_both_factors_told(history: Any, limit: Any) -> None:
    history.manifest = {"people": 0.01, "speed": 10.0, "elapsed": 6.0}
    history.seconds = {at: {} for at in range(6)}
    history.sample(at=0.5, times=250)

    found = first(history, limit("throughput", "2000/s", step="reserve", window="rush"))

    assert (found.status, found.measured, found.bound) == (PASS, 250.0, 200.0)
    assert "at least 200.0/s was asked for; that is 2000/s × scale 0.01 × speed 10" in found.sentence


def test_no_data_is_unknown(history: Any, limit: Any) -> None:
    found = first(history, limit("p99", "500ms", step="reserve"))

    assert found.status is UNKNOWN
    assert found.sentence == "There is nothing to judge: no reserve sample was due in the whole run."


def test_people_0_is_unknown(history: Any, limit: Any) -> None:
    report = judged(history, limit("share", "0.1%", step="reserve", outcome="error"))

    assert report.verdict is UNKNOWN
    assert health(report, "every visit was begun").sentence == "Nothing was offered, so there is nothing to judge."


def test_a_budget_of_nothing_judges_nothing(history: Any) -> None:
    report = judged(history.visit().sample())

    assert report.verdict is UNKNOWN
    assert health(report, "something is judged").status is UNKNOWN


def test_a_measure_that_breaks_costs_its_own_finding_and_never_passes(history: Any, limit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr("rushproof.judge.MEASURES", {**MEASURES, "p99": broken})
    history.visit(times=9).sample(times=9)

    report = judged(history, limit("p99", "1s", step="reserve"), limit("p50", "1s", step="reserve"))

    assert [finding.status for finding in report.findings[:2]] == [UNKNOWN, PASS]
    assert "ZeroDivisionError: float division by zero" in report.findings[0].sentence


@pytest.mark.parametrize(
    ("measure", "bound", "more"),
    [("p99", "1ms", {}), ("p99", "9s", {}), ("throughput", "900/s", {}), ("good_share", "99%", {"within": "1ms"})],
)
def test_a_starved_generator_neither_fails_nor_passes_what_it_timed(history: Any, limit: Any, measure: str, bound: str, more: Any) -> None:
    history.sample(took=0.1, times=50).second(5, busy=0.99)

    found = first(history, limit(measure, bound, step="reserve", window="rush", **more))

    assert found.status is UNKNOWN
    assert "is not judged, because the generator cannot vouch for 1 of 10 wall seconds (busy 1)" in found.sentence
    assert found.measured is not None


def test_a_starved_generator_does_not_excuse_what_was_lost(history: Any, limit: Any) -> None:
    history.visit(times=50).sample(took=0.1, times=40).sample(Outcome.ERROR, times=10).second(5, busy=0.99)

    report = judged(history, limit("acknowledged", "99%", step="reserve"), invariants=(LOST,))

    assert [finding.status for finding in report.findings[:2]] == [FAIL, FAIL]
    assert health(report, "the generator kept its schedule").status is UNKNOWN
    assert report.verdict is FAIL


@pytest.mark.parametrize(("starved", "status"), [(False, FAIL), (True, UNKNOWN)])
def test_what_a_starved_generator_left_open_proves_nothing(history: Any, limit: Any, starved: bool, status: Any) -> None:
    history.visit(times=50).sample(took=0.1, times=40).sample(Outcome.UNFINISHED, times=10)
    if starved:
        history.second(5, busy=0.99)

    report = judged(history, limit("acknowledged", "99%", step="reserve"))

    assert report.findings[0].status is status
    assert report.verdict is status


def test_taint_outside_of_a_window_leaves_its_limits_alone(history: Any, limit: Any) -> None:
    history.sample(took=0.1, times=50).second(40, busy=0.99)

    assert first(history, limit("p99", "1s", step="reserve", window="rush")).status is PASS


@pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.COMPLETE])
def test_a_run_that_did_not_come_to_its_end_cannot_pass(history: Any, limit: Any, ending: Ending) -> None:
    history.manifest = {"ending": ending, "why": "the reason"}
    history.visit(times=9).sample(times=9)

    report = judged(history, limit("p99", "1s", step="reserve"))

    assert report.verdict is UNKNOWN
    assert health(report, "the run is complete").sentence.endswith(": the reason.")


@pytest.mark.parametrize("ending", [Ending.INTERRUPTED, Ending.WORKER_LOST])
def test_a_limit_that_had_failed_before_the_end_stays_failed(history: Any, limit: Any, ending: Ending) -> None:
    history.manifest = {"ending": ending}
    assert judged(history.visit().sample(took=3.0), limit("p99", "1s", step="reserve")).verdict is FAIL


def test_visits_missed_or_lost_make_the_run_unknown(history: Any, limit: Any) -> None:
    history.visit(times=9).sample(times=9)
    history.manifest = {"offered": {"reservers": 10}}

    report = judged(history, limit("p99", "1s", step="reserve"))

    assert report.verdict is UNKNOWN
    assert health(report, "every visit was begun").sentence == "Of 10 visits offered 0 were missed and 1 lost."


@pytest.mark.parametrize(("unmapped", "status"), [(2, PASS), (3, UNKNOWN)])
def test_answers_that_no_rule_knows_are_borne_up_to_a_thousandth(history: Any, limit: Any, unmapped: int, status: Status) -> None:
    history.visit(times=2000).sample(times=2000)
    history.recorded = {"unmapped": unmapped}

    report = judged(history, limit("p99", "1s", step="reserve"))

    assert (report.verdict, health(report, "answers are understood").status) == (status, status)


def test_a_gap_in_the_journal_makes_the_run_unknown(history: Any, limit: Any) -> None:
    history.visit().sample()
    history.recorded = {"gaps": ("of worker 0 the frames 3 to 4 never came",)}

    report = judged(history, limit("p99", "1s", step="reserve"))

    assert report.verdict is UNKNOWN
    assert "of worker 0 the frames 3 to 4 never came" in health(report, "the journal is whole").sentence


def test_at_another_speed_latency_and_shed_are_marked_compressed(history: Any, limit: Any) -> None:
    history.manifest = {"speed": 5.0, "elapsed": 12.0}
    history.sample(times=9)
    shed = limit("share", "1%", step="reserve", outcome="shed")
    marks = (True, True, False, False)

    budget = (limit("p99", "1s"), shed, limit("share", "1%", outcome="error"), limit("throughput", "1/s"))

    assert tuple(finding.compressed for finding in judged(history, *budget).findings[:4]) == marks
    history.manifest = {}
    assert not any(finding.compressed for finding in judged(history, *budget).findings)


def test_a_closed_loop_is_said_to_be_one(history: Any, limit: Any) -> None:
    history.recorded = {"closed": frozenset({"reservers"})}
    history.sample(times=9)

    report = judged(history, limit("p99", "1s", step="reserve"))

    assert report.verdict is PASS
    assert "reservers came in a closed loop, so this is service time" in report.findings[0].sentence


def test_the_report_adds_up(history: Any, limit: Any) -> None:
    history.visit(times=7).visit(Outcome.UNFINISHED).sample(times=6, step=0).sample(times=5).sample(Outcome.SHED, last=False, times=2)

    report = judged(history, limit("p99", "1s", step="reserve"))

    assert [(step.step, sum(step.counts.values())) for step in report.steps] == [("browse", 6), ("reserve", 7), ("visit", 8)]
    assert report.steps[1].intents == {"ok": 5}
    assert report.steps[1].distributions["response"]["ok"].n == 5
    counts = report.counts
    assert counts.offered == counts.finished + counts.unfinished + counts.missed + counts.lost == 8


told = st.lists(st.tuples(st.sampled_from(Outcome), st.floats(0.001, 5), st.booleans()), min_size=1, max_size=30)
limits = st.sampled_from(
    [
        ("p50", "1s", {}), ("p90", "1s", {}), ("p99", "1s", {"outcome": "ok"}), ("max", "3s", {}), ("share", "30%", {"outcome": "error"}),
        ("good_share", "60%", {"within": "1s"}), ("acknowledged", "60%", {}), ("count", "3", {"outcome": "doubt"}),
        ("throughput", "0.2/s", {}),
    ]
)  # fmt: skip


def _guarded(limit: Any, line: Any) -> tuple[Any, ...]:
    measure, bound, more = line
    guard = limit("acknowledged", "1%", step="reserve")
    return (limit(measure, bound, step="reserve", **more), guard)


def _status(history: Any, samples: Any, budget: Any) -> Status:
    for outcome, took, last in samples:
        history.sample(outcome, took, last=last)
    return first(history, *budget).status


@given(told, limits, st.floats(1.0, 50.0))
def test_loosening_a_limit_never_turns_a_pass_into_a_fail(new_history: Any, limit: Any, samples: Any, line: Any, factor: float) -> None:
    strict, guard = _guarded(limit, line)
    loose = _loosened(strict, factor)

    before, after = (_status(new_history(), samples, (one, guard)) for one in (strict, loose))

    assert GRAVITY[after] <= GRAVITY[before]


@given(told, limits, st.sampled_from([Outcome.ERROR, Outcome.DOUBT]))
def test_a_bad_sample_never_improves_a_verdict(new_history: Any, limit: Any, samples: Any, line: Any, outcome: Outcome) -> None:
    if line[2].get("outcome") == "error":
        outcome = Outcome.ERROR  # a doubt is no error, and makes their share smaller
    budget = _guarded(limit, line)

    before = _status(new_history(), samples, budget)
    after = _status(new_history(), [*samples, (outcome, 0.001, True)], budget)

    unmeasured = before is UNKNOWN and line[0] in ("share", "count")  # of nothing they are unknown, of one error they are a figure
    assert unmeasured or GRAVITY[after] >= GRAVITY[before]


@given(told, limits)
def test_a_sample_left_open_never_makes_a_pass(new_history: Any, limit: Any, samples: Any, line: Any) -> None:
    if line[0] == "share":
        return  # what is open is no error
    budget = _guarded(limit, line)

    before = _status(new_history(), samples, budget)
    after = _status(new_history(), [*samples, (Outcome.UNFINISHED, 0.5, True)], budget)

    assert before in (PASS, UNKNOWN) or after is not PASS


def _loosened(strict: Any, factor: float) -> Any:
    if strict.at_most is not None:
        value = min(strict.at_most.value * factor, 1.0) if str(strict.at_most).endswith("%") else strict.at_most.value * factor
        bound = Bound(str(strict.at_most))
        bound.value, bound.unit = value, strict.at_most.unit
        return msgspec.structs.replace(strict, at_most=bound)
    bound = Bound(str(strict.at_least))
    bound.value, bound.unit = strict.at_least.value / factor, strict.at_least.unit
    return msgspec.structs.replace(strict, at_least=bound)


def test_a_visit_that_its_persona_broke_off_makes_the_run_unknown(history: Any, limit: Any) -> None:
    history.visit(times=100).visit(Outcome.ERROR).sample(took=0.1, times=100)

    report = judged(history, limit("p99", "500ms", step="reserve"))

    assert report.verdict is UNKNOWN
    assert health(report, "no visit broke off").sentence.startswith("1 of 101 visits ended in an exception")


def test_what_workers_told_stands_in_the_report_each_once_with_its_count(history: Any, limit: Any) -> None:
    history.manifest["notes"] = ("before the start",)
    history.recorded["notes"] = ("a token could not be refreshed (2 times)", "the persons ran out", "a token could not be refreshed")
    report = judged(history.sample(), limit("p99", "1s"))
    assert report.manifest.notes == ("before the start", "a token could not be refreshed (3 times)", "the persons ran out")


def stretched(history: Any) -> Any:
    """Half a minute at speed 30, a jump over the day, and a minute at speed 2: a wall second and half a minute of it."""
    first, last = Moment.read("09:00"), Moment.read("18:01")
    jump = Stretch(Moment.read("09:00:30"), Moment.read("18:00"), Speed.read("jump"))
    late = Stretch(Moment.read("18:00"), last, Speed.read("2"))
    window = {"early": Window(first, Moment.read("09:00:30")), "late": Window(Moment.read("18:00"), last), "day": Window(first, last)}
    history.scenario = {"timetable": Timetable(first=first, last=last, stretches=(jump, late)), "windows": window}
    history.manifest = {"speed": 30.0, "people": 0.5, "last": 18 * 3600 + 60.0, "elapsed": 31.0}
    return history.sample(at=0.5, times=30).sample(at=10.5, times=60)


def test_a_rate_is_judged_by_the_speed_of_its_windows_stretch(history: Any, limit: Any) -> None:
    early, late = limit("throughput", "2/s", window="early"), limit("throughput", "2/s", window="late")

    first, second, *_ = judged(stretched(history), early, late).findings

    assert (first.bound, first.measured, first.status) == (2 * 0.5 * 30, 30.0, PASS)
    assert (second.bound, second.measured, second.status) == (2 * 0.5 * 2, 2.0, PASS)
    assert "that is 2/s × scale 0.5 × speed 2" in second.sentence


def test_a_rate_over_several_speeds_has_no_bound(history: Any, limit: Any) -> None:
    found, counted, *_ = judged(stretched(history), limit("throughput", "2/s", window="day"), limit("count", "900", window="day")).findings

    assert (found.status, found.bound) == (UNKNOWN, None)
    assert "over stretches of several speeds" in found.sentence
    assert (counted.status, counted.measured) == (PASS, 90)


def test_a_percentile_is_compressed_where_its_stretch_is_not_at_speed_one(history: Any, limit: Any) -> None:
    history = stretched(history)
    one = msgspec.structs.replace(history.scenario["timetable"].stretches[1], speed=Speed.read("1"))
    jump = history.scenario["timetable"].stretches[0]
    history.scenario["timetable"] = msgspec.structs.replace(history.scenario["timetable"], stretches=(jump, one))

    early, late, *_ = judged(history, limit("p99", "1s", window="early"), limit("p99", "1s", window="late")).findings

    assert (early.compressed, late.compressed) == (True, False)
