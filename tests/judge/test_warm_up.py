"""The first seconds are recorded and shown, and no finding looks at them."""

from typing import Any

import pytest

from rushproof.judge import judge
from rushproof.manifest import Ending
from rushproof.measures import MEASURES, Missing
from rushproof.quantity import Duration
from rushproof.report import Report
from rushproof.sample import Outcome
from rushproof.timetable import Moment, Window
from rushproof.verdict import Finding, Status

WARM_UP = 5.0


@pytest.fixture
def warming(new_history: Any) -> Any:
    """A minute of which the first five seconds warm up, with a rush that begins in them and a dawn that ends in them."""

    def made() -> Any:
        history = new_history()
        windows = {
            "rush": Window(Moment.read("open"), Moment.read("open + 10s")),
            "dawn": Window(Moment.read("open + 1s"), Moment.read("open + 4s")),
        }
        history.scenario |= {"warm_up": Duration(WARM_UP), "windows": windows}
        return history

    return made


@pytest.fixture
def budget(limit: Any) -> tuple[Any, ...]:
    """A limit of every kind of measure."""
    return (
        limit("p99", "500ms", step="reserve"),
        limit("p99", "500ms", step="reserve", window="rush"),
        limit("share", "1%", step="reserve", outcome="error"),
        limit("good_share", "99%", step="reserve", within="500ms"),
        limit("acknowledged", "99%", step="reserve"),
        limit("finished", "99%"),
        limit("finished", "99%", window="rush"),
        limit("throughput", "1/s", step="reserve"),
        limit("count", "10", step="reserve", outcome="error"),
    )


def judged(history: Any, budget: tuple[Any, ...]) -> Report:
    summary = history.summary(*budget)
    return judge(summary.manifest, summary)


def told(report: Report) -> list[tuple[str, Status, float | None, str]]:
    return [(finding.name, finding.status, finding.measured, finding.sentence) for finding in report.findings]


def bad(history: Any, at: float) -> Any:
    """Everything that findings look at, going wrong at one time."""
    history.sample(Outcome.ERROR, at=at, times=20).sample(took=2.0, at=at, times=20)
    history.visit(Outcome.ERROR, at=at, times=5).visit(Outcome.MISSED, at=at, times=5).second(int(at), missed=5, lag_p99=0.5)
    return history


def test_whatever_goes_wrong_in_the_warm_up_changes_no_finding(warming: Any, budget: tuple[Any, ...]) -> None:
    def well() -> Any:
        return warming().visit(at=20.0, times=100).sample(took=0.1, at=20.0, times=100).visit(at=7.0, times=9).sample(at=7.0, times=9)

    assert told(judged(bad(well(), at=2.0), budget)) == told(judged(well(), budget))
    assert {finding.status for finding in judged(bad(well(), at=2.0), budget).findings} >= {Status.PASS}
    assert told(judged(bad(well(), at=6.0), budget)) != told(judged(well(), budget))


def test_the_warm_up_stays_in_the_counts_the_steps_and_the_timeline(warming: Any, budget: tuple[Any, ...]) -> None:
    report = judged(bad(warming().visit(at=20.0, times=10).sample(at=20.0, times=10), at=2.0), budget)
    assert (report.counts.offered, report.counts.missed) == (20, 5)
    assert sum(next(step for step in report.steps if step.step == "reserve").counts.values()) == 50
    assert report.timeline.due[2] == 40 and report.timeline.tainted[2]
    assert report.generator.tainted_seconds == 1


def test_a_window_that_begins_in_the_warm_up_is_looked_at_from_its_end(warming: Any, limit: Any) -> None:
    history = warming().sample(took=9.0, at=4.9, times=10).sample(took=0.1, at=5.0, times=3)
    found = MEASURES["p99"](history.summary(), limit("p99", "1s", step="reserve", window="rush"))
    assert not isinstance(found, Missing) and found.n == 3


def test_a_window_within_the_warm_up_has_nothing_to_judge_and_says_why(warming: Any, limit: Any) -> None:
    history = warming().sample(took=0.1, at=2.0, times=10).visit(at=2.0)
    finding: Finding = judged(history, (limit("p99", "1s", step="reserve", window="dawn"),)).findings[0]
    assert finding.status is Status.UNKNOWN
    assert "the window dawn lies within the warm-up of 5 s, which is recorded and not judged" in finding.sentence


def test_a_run_that_ended_within_its_warm_up_has_nothing_to_judge(warming: Any, limit: Any) -> None:
    history = warming().sample(took=0.1, at=2.0, times=10).visit(at=2.0)
    history.manifest |= {"elapsed": 4.0, "ending": Ending.STOPPED, "why": "errors"}
    for line in (limit("p99", "1s", step="reserve"), limit("throughput", "1/s", step="reserve"), limit("finished", "99%")):
        finding = judged(history, (line,)).findings[0]
        assert finding.status is Status.UNKNOWN and "the run ended within the warm-up of 5 s" in finding.sentence


def test_rates_are_of_the_time_after_the_warm_up(warming: Any, limit: Any) -> None:
    history = warming().sample(took=0.1, at=2.0, times=500).sample(took=0.1, at=20.0, times=110)
    found = MEASURES["throughput"](history.summary(), limit("throughput", "1/s", step="reserve"))
    assert not isinstance(found, Missing) and found.value == pytest.approx(2.0)


def test_visits_that_were_lost_count_whenever_they_came(warming: Any, limit: Any) -> None:
    history = warming().visit(at=20.0, times=90)
    history.manifest |= {"offered": {"reservers": 100}}
    finding = judged(history, (limit("finished", "99%"),)).findings[0]
    assert (finding.measured, finding.n, finding.status) == (0.9, 100, Status.FAIL)


def test_a_warm_up_ends_with_the_journal_bucket_it_ends_in(warming: Any, limit: Any) -> None:
    history = warming().sample(took=9.0, at=5.3, times=10).sample(took=0.1, at=6.0, times=3)
    history.scenario["warm_up"] = Duration(5.2)
    found = MEASURES["p99"](history.summary(), limit("p99", "1s", step="reserve"))
    assert not isinstance(found, Missing) and found.n == 3
