"""From a rung's report to its verdict, and from all rungs to the sentence."""

import msgspec
import pytest

from rushproof import climb
from rushproof.capacity import Rung
from rushproof.probe import ProbeSpec
from rushproof.search import Search, Told
from rushproof.trial import Ruled
from rushproof.verdict import Status

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN


def made(rate=100.0, status=PASS, **more):
    facts = {
        "number": 1,
        "folder": "rung-01",
        "rate": rate,
        "status": status,
        "sure": True,
        "why": "every line was kept",
        "seconds": 10.0,
        "served": rate,
        "p50": 0.01,
        "p99": 0.05,
        "concurrency": rate * 0.01,
        "busy": 0.4,
        "tainted": 0,
    }
    return Rung(**{**facts, **more})


def told(*pairs):
    return Search(first=100.0, told=tuple(Told(rate, status) for rate, status in pairs))


@pytest.mark.parametrize(
    ("pairs", "forecast", "given", "status", "words"),
    [
        ([(3150, PASS), (3280, FAIL)], 2000, True, PASS, ["3,150/s held the budget, 3,280/s did not", "2,000/s", "57 % headroom"]),
        ([(1500, PASS), (1560, FAIL)], 2000, True, FAIL, ["1,500/s held", "25 % short of it"]),
        ([(1500, PASS), (1560, FAIL)], 2000, False, PASS, ["25 % short of it"]),
        ([(1500, FAIL), (500, FAIL)], 2000, True, FAIL, ["Not even 500/s held the budget"]),
        ([(1500, FAIL), (500, FAIL)], 2000, False, UNKNOWN, ["Not even 500/s"]),
        (
            [(1500, PASS), (4500, UNKNOWN), (4500, UNKNOWN)],
            1000,
            True,
            UNKNOWN,
            ["At least 1,500/s", "the generator, not the target, was the limit"],
        ),
        ([(1500, PASS)], 1000, True, UNKNOWN, ["At least 1,500/s: every rung held"]),
        ([(1500, UNKNOWN), (1500, UNKNOWN)], 1000, True, UNKNOWN, ["There is no limit to tell"]),
    ],
)
def test_a_search_is_told_in_a_sentence(pairs, forecast, given, status, words):
    found = climb.bracket(told(*pairs), (), forecast, given)
    assert found.status is status
    for word in words:
        assert word in found.sentence


def test_a_broken_promise_is_at_the_top_and_no_capacity():
    rungs = (made(100.0), made(300.0, FAIL, broken=("acknowledged_is_kept",)))
    found = climb.bracket(told((100, PASS), (300, FAIL)), rungs, 50.0, False)
    assert found.status is FAIL
    assert found.sentence.startswith("acknowledged_is_kept failed at 300/s: capacity with broken promises is no capacity.")


def test_the_probe_that_was_full_at_the_lowest_rate_gave_first():
    probes = {"pool": ProbeSpec("pool", full=0.95), "threads": ProbeSpec("threads", full=200.0), "seen": ProbeSpec("seen")}
    rungs = [
        made(900.0, FAIL, probes={"pool": 1.0, "threads": 220.0}),
        made(600.0, FAIL, probes={"pool": 0.96, "threads": 150.0, "seen": 9e9}),
        made(300.0, probes={"pool": 0.5}),
    ]
    first = climb.exhausted(rungs, probes)
    assert (first.probe, first.rate, first.value) == ("pool", 600.0, 0.96)
    assert climb.gave(rungs, first, probes) == "First to give: pool, which reached 0.96 (full at 0.95) at 600/s."


def test_without_metrics_the_line_that_broke_first_is_named():
    rungs = [made(900.0, FAIL, limit="share reserve error ≤ 1%"), made(600.0, FAIL, limit="p99 reserve ≤ 500ms"), made(300.0)]
    assert climb.exhausted(rungs, {}) is None
    said = climb.gave(rungs, None, {})
    assert "`p99 reserve ≤ 500ms`, at 600/s" in said
    assert "the target gave no metrics" in said


def test_the_law_is_not_fitted_to_rungs_that_the_generator_does_not_vouch_for():
    rungs = [made(rate) for rate in (100.0, 200.0, 400.0)] + [made(800.0, UNKNOWN)]
    law, why = climb.law(rungs)
    assert law is None
    assert "3 usable rungs" in why


@pytest.fixture
def passing(judged):
    return judged()


def ruling(report, ruled=None):
    return climb.rung(1, "rung-01", 100.0, report, ruled, None, {})


def test_what_was_kept_beyond_doubt_passes_surely(passing):
    found = ruling(passing, Ruled(PASS, "every line was kept beyond doubt after 6 s"))
    assert (found.status, found.sure) == (PASS, True)


def test_what_the_test_could_not_decide_counts_by_its_figure_and_is_marked(passing):
    found = ruling(passing)
    assert (found.status, found.sure) == (PASS, False)


def test_a_line_that_the_judge_finds_broken_fails_whatever_was_ruled(judged):
    found = ruling(judged(p99=FAIL), Ruled(PASS, "kept"))
    assert (found.status, found.sure, found.limit) == (FAIL, False, "p99 reserve ok ≤ 500ms")


def test_a_drift_fails_though_the_judge_saw_nothing_late(passing):
    assert ruling(passing, Ruled(FAIL, "the response of reserve grew")).status is FAIL


def test_a_broken_promise_fails_a_rung(judged):
    found = ruling(judged(kept=FAIL), Ruled(PASS, "kept"))
    assert (found.status, found.broken) == (FAIL, ("acknowledged_is_kept",))


def test_what_the_generator_cannot_vouch_for_is_unknown_and_never_a_limit(judged):
    assert ruling(judged(health=UNKNOWN), Ruled(FAIL, "the response of reserve grew")).status is UNKNOWN
    assert ruling(judged(health=UNKNOWN), Ruled(PASS, "kept")).status is UNKNOWN


def test_an_invariant_without_evidence_leaves_the_rung_alone_and_is_listed(judged):
    found = ruling(judged(kept=UNKNOWN), Ruled(PASS, "kept"))
    assert (found.status, found.unproven) == (PASS, ("acknowledged_is_kept",))


@pytest.mark.parametrize("ending", ["stopped", "target lost"])
def test_a_rung_that_ended_the_target_or_its_owners_patience_did_not_hold(judged, ending):
    report = judged(health=UNKNOWN)
    manifest = msgspec.structs.replace(report.manifest, ending=type(report.manifest.ending)(ending), why="share reserve error above 20%")
    found = ruling(msgspec.structs.replace(report, manifest=manifest))
    assert (found.status, found.sure, found.why) == (FAIL, True, "share reserve error above 20%")


def test_an_open_interval_is_decided_by_its_figure(judged):
    assert ruling(judged(p99=UNKNOWN, measured=0.7)).status is FAIL
    assert ruling(judged(p99=UNKNOWN, measured=0.3)).status is PASS
    assert ruling(judged(p99=UNKNOWN, measured=None)).status is UNKNOWN
