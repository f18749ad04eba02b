"""Go, no-go, or cannot tell: what each is said for, and that nothing unknown is ever a go."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.launch import Decision, Evidence, launch
from rushproof.quantity import Rate
from rushproof.verdict import Status, exit_code

GO, NO_GO, CANNOT_TELL = Decision.GO, Decision.NO_GO, Decision.CANNOT_TELL


@pytest.fixture
def run(judged):
    return Evidence("morning", judged())


def test_a_limit_over_the_forecast_and_held_promises_are_a_go(run, capacity):
    found = launch([run, Evidence("limit", None, capacity())])
    assert found.decision is GO
    assert found.sentence == (
        "Go: 2,000/s visits are forecast, 3,150/s held the budget, 57 % headroom; the one invariant held on 2,970 acknowledgements."
    )
    assert exit_code(found.decision.status) == 0


def test_the_order_of_the_folders_does_not_matter(run, capacity):
    limit = Evidence("limit", None, capacity())
    assert launch([run, limit]) == launch([limit, run])


def test_a_failed_finding_is_a_no_go_whatever_the_limit(judged, capacity):
    found = launch([Evidence("morning", judged(kept=Status.FAIL)), Evidence("limit", None, capacity())])
    assert found.decision is NO_GO
    assert found.sentence.startswith("No-go: acknowledged_is_kept failed. 2,000/s visits are forecast")
    assert exit_code(found.decision.status) == 1


def test_a_limit_below_the_forecast_is_a_no_go(run, capacity):
    found = launch([run, Evidence("limit", None, capacity(limit=1500.0, beyond=1560.0))])
    assert found.decision is NO_GO
    assert found.sentence == "No-go: the limit is below the forecast. 2,000/s visits are forecast, 1,500/s held the budget, 25 % short."


def test_a_broken_promise_at_any_rung_is_a_no_go(run, capacity, rung):
    broken = capacity(rungs=(rung(300.0, broken=("one_a_person_and_round",)), rung(3150.0)))
    found = launch([run, Evidence("limit", None, broken)])
    assert found.decision is NO_GO
    assert "one_a_person_and_round failed" in found.sentence


def test_what_is_unknown_is_never_a_go(judged, capacity):
    found = launch([Evidence("morning", judged(p99=Status.UNKNOWN)), Evidence("limit", None, capacity())])
    assert found.decision is CANNOT_TELL
    assert found.sentence.startswith("Cannot tell: p99 reserve ok ≤ 500ms could not be judged.")
    assert exit_code(found.decision.status) == 3


def test_without_a_capacity_a_run_below_the_forecast_cannot_tell(judged):
    found = launch([Evidence("morning", judged(forecast=Rate(2000)))])
    assert found.decision is CANNOT_TELL
    assert "the forecast was not reached" in found.sentence
    assert "100/s came" in found.sentence


def test_without_a_capacity_a_run_at_the_forecast_is_enough(judged):
    found = launch([Evidence("morning", judged(forecast=Rate(100)))])
    assert found.decision is GO
    assert found.sentence == "Go: 100/s visits are forecast, 100/s came; the one invariant held on 990 acknowledgements."


def test_a_generator_that_came_to_its_end_above_the_forecast_is_enough(run, capacity):
    found = launch([run, Evidence("limit", None, capacity(found=False, beyond=None, blind=4000.0))])
    assert found.decision is GO
    assert "at least 3,150/s held the budget" in found.sentence


def test_a_generator_that_came_to_its_end_below_the_forecast_cannot_tell(run, capacity):
    found = launch([run, Evidence("limit", None, capacity(found=False, limit=1500.0, beyond=None, blind=1800.0))])
    assert found.decision is CANNOT_TELL
    assert "the limit was not found" in found.sentence


def test_a_given_forecast_goes_before_a_timetables(judged, capacity):
    found = launch([Evidence("morning", judged(forecast=Rate(2500))), Evidence("limit", None, capacity(given=False, forecast=9000.0))])
    assert (found.forecast, found.given) == (2500.0, True)


def test_an_invariant_that_a_rung_could_not_tell_and_a_run_did_is_told(run, capacity, rung):
    unproven = capacity(rungs=(rung(3150.0, unproven=("acknowledged_is_kept",)),))
    assert launch([run, Evidence("limit", None, unproven)]).decision is GO
    alone = launch([Evidence("limit", None, unproven)])
    assert alone.decision is CANNOT_TELL


STATUSES = st.sampled_from([Status.PASS, Status.FAIL, Status.UNKNOWN])


@given(p99=STATUSES, kept=STATUSES, health=STATUSES, limit=st.floats(1.0, 9000.0), found=st.booleans())
def test_a_go_has_nothing_against_it_and_nothing_untold(p99, kept, health, limit, found):
    report, capacity = PLAIN["judged"](p99=p99, kept=kept, health=health), PLAIN["capacity"]
    one = msgspec.structs.replace(capacity, limit=limit, beyond=limit * 1.04 if found else None, found=found)
    decided = launch([Evidence("morning", report), Evidence("limit", None, one)])
    if Status.FAIL in (p99, kept, health) or (found and limit < 2000):
        assert decided.decision is NO_GO
    elif Status.UNKNOWN in (p99, kept, health) or limit < 2000:
        assert decided.decision is CANNOT_TELL
    else:
        assert decided.decision is GO
        assert not decided.against and not decided.untold


PLAIN = {}


@pytest.fixture(autouse=True)
def _plain(judged, capacity):
    """For the property, which takes no fixtures of a test."""
    PLAIN.update(judged=judged, capacity=capacity())
