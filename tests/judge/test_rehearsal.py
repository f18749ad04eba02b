"""Findings of a drill: limits on its recovery, and whether it was the drill it is about."""

import math
from typing import Any

import msgspec
import pytest

from rushproof.budget import RECOVERY, Limit
from rushproof.budget_check import check_budget
from rushproof.clocks import Clock, Recovery
from rushproof.drill import ServiceSpec
from rushproof.incident import rehearsal
from rushproof.judge import judge, judged
from rushproof.measures import Measured, Missing
from rushproof.quantity import Bound, Duration, Unit
from rushproof.recovery_measures import MEASURES
from rushproof.scenario import GeneratorSpec
from rushproof.verdict import Status
from tests.render.drills import DOUBTFUL, MENDED, SPEC, became


def bounded(measure: str, at_most: str = "", at_least: str = "", **more: Any) -> Limit:
    sides = {"at_most": at_most, "at_least": at_least}
    return Limit(measure=f"recovery.{measure}", **{side: Bound.read(text) for side, text in sides.items() if text}, **more)


def with_clock(name: str, **fields: Any) -> Recovery:
    clock = msgspec.structs.replace(MENDED.clocks[name], **fields)
    return msgspec.structs.replace(MENDED, clocks={**MENDED.clocks, name: clock})


def found(limit: Limit, recovery: Recovery | Missing, new_history: Any) -> Any:
    history = new_history().sample(times=100)
    return judged(limit, history.summary(limit), _clean(history), recovery)


def _clean(history: Any) -> Any:
    from rushproof.health import taint

    return taint(history.summary())


def test_every_measure_of_a_recovery_is_computed() -> None:
    assert set(MEASURES) == set(RECOVERY)


@pytest.mark.parametrize(
    ("bound", "status"),
    [("3s", Status.PASS), ("2s", Status.UNKNOWN), ("1s", Status.UNKNOWN), ("800ms", Status.FAIL)],
)
def test_a_clock_is_judged_by_its_bracket(bound: str, status: Status, new_history: Any) -> None:
    finding = found(bounded("service", bound), MENDED, new_history)

    assert (finding.status, finding.measured, finding.low, finding.high, finding.n) == (status, 1.0, 0.9, 3.0, 9_120)
    assert "From the last mend until the service was well it took, in wall time, 1 s, between 900 ms and 3 s" in finding.sentence
    assert finding.sentence.endswith("so this cannot be told.") is (status is Status.UNKNOWN)


@pytest.mark.parametrize(("bound", "status"), [("1h", Status.FAIL), ("3h", Status.UNKNOWN)])
def test_a_clock_that_never_stopped_fails_what_it_ran_past(bound: str, status: Status, new_history: Any) -> None:
    finding = found(bounded("customer", bound), MENDED, new_history)

    assert (finding.status, finding.measured, finding.low) == (status, math.inf, 7260.0)
    assert "longer than the 7260 s that were looked at" in finding.sentence
    assert "149 were still open" in finding.sentence


@pytest.mark.parametrize("status", ["unknown", "not observed"])
def test_a_clock_that_nobody_could_read_is_unknown(status: str, new_history: Any) -> None:
    recovery = with_clock("ledger", status=status, seconds=None, why="the ledger was not fetched")

    finding = found(bounded("ledger", "1h"), recovery, new_history)

    assert finding.status is Status.UNKNOWN
    assert finding.sentence == "There is nothing to judge: the ledger was not fetched."


def test_a_clock_that_the_recovery_does_not_have_was_not_observed(new_history: Any) -> None:
    finding = found(bounded("customer", "1h"), DOUBTFUL, new_history)

    assert finding.sentence == "There is nothing to judge: the customer clock was not observed."


@pytest.mark.parametrize(
    ("limit", "status", "measured"),
    [
        (bounded("detection", "60s"), Status.PASS, 3.8),
        (bounded("loss", "11s"), Status.UNKNOWN, 11.2),
        (bounded("loss", "10s"), Status.FAIL, 11.2),
        (bounded("requests", "10000"), Status.PASS, 7412.0),
        (bounded("resilience", at_least="70%"), Status.PASS, 0.768),
        (bounded("depth", "50%"), Status.FAIL, 0.991),
        (bounded("goodput", at_least="0.9%", step="pay"), Status.PASS, 0.012),
        (bounded("goodput", at_least="1.1%", step="pay"), Status.UNKNOWN, 0.012),
        (bounded("isolation", at_least="99%"), Status.PASS, 0.9998),
        (bounded("isolation", at_least="99%", step="pay"), Status.FAIL, 0.012019),
        (bounded("relapses", "0"), Status.FAIL, 1),
        (bounded("amplification", "3"), Status.FAIL, 3.42),
    ],
    ids=lambda value: value.name if isinstance(value, Limit) else "",
)
def test_what_was_lost_is_judged(limit: Limit, status: Status, measured: float, new_history: Any) -> None:
    finding = found(limit, MENDED, new_history)

    assert (finding.status, finding.measured) == (status, pytest.approx(measured, rel=1e-4))
    assert finding.unit is RECOVERY[limit.measure]


def test_a_few_who_did_not_feel_it_prove_no_isolation(new_history: Any) -> None:
    reserve = msgspec.structs.replace(MENDED.goodput[1], during=1.0, isolation=1.0, n=300)
    few = msgspec.structs.replace(MENDED, goodput=(*MENDED.goodput, msgspec.structs.replace(reserve, step="query")))

    finding = found(bounded("isolation", at_least="99%"), few, new_history)

    assert (finding.status, finding.measured, finding.low) == (Status.UNKNOWN, pytest.approx(0.9998), pytest.approx(0.9883, abs=1e-4))
    assert "the lowest is reserve" in finding.sentence
    assert found(bounded("isolation", at_least="98%"), few, new_history).status is Status.PASS


@pytest.mark.parametrize("measure", sorted(RECOVERY))
def test_of_a_doubtful_drill_nothing_is_claimed(measure: str, new_history: Any) -> None:
    one = bounded(measure.removeprefix("recovery."), {Unit.SECONDS: "1s", Unit.SHARE: "1%"}.get(RECOVERY[measure], "1"), step="pay")

    assert isinstance(MEASURES[measure](DOUBTFUL, one), Missing)
    assert found(one, DOUBTFUL, new_history).status is Status.UNKNOWN


@pytest.mark.parametrize("measure", sorted(RECOVERY))
def test_a_mended_drill_has_a_figure_for_every_measure(measure: str) -> None:
    one = bounded(measure.removeprefix("recovery."), "1", step="pay")

    assert isinstance(MEASURES[measure](MENDED, one), Measured)


def test_a_recovery_that_was_not_computed_says_why(new_history: Any) -> None:
    finding = found(bounded("service", "60s"), Missing("it could not be computed"), new_history)

    assert finding.status is Status.UNKNOWN
    assert finding.sentence == "There is nothing to judge: it could not be computed."


def test_a_starved_generator_makes_a_recovery_unknown(new_history: Any) -> None:
    history = new_history().sample(times=100).second(28, busy=0.99).second(29, turn=0.4)
    limit = bounded("service", "60s")
    summary = history.summary(limit)

    finding = judged(limit, summary, _clean(history), MENDED)

    assert finding.status is Status.UNKNOWN
    assert "It is not judged, because the generator cannot vouch for 2 of" in finding.sentence


def test_a_generator_that_was_starved_later_may_have_made_the_relapses(new_history: Any) -> None:
    history = new_history().sample(times=100).second(50, busy=0.99).second(51, turn=0.4)
    history.scenario["drill"] = msgspec.structs.replace(SPEC, service=ServiceSpec(step="pay", hold=Duration(5)))
    summary = history.summary()

    status = {measure: judged(bounded(measure, "60"), summary, _clean(history), MENDED).status for measure in ("depth", "relapses")}

    assert status == {"depth": Status.PASS, "relapses": Status.UNKNOWN}


def test_a_bound_of_a_recovery_does_not_widen_what_the_generator_may_lag(new_history: Any) -> None:
    from rushproof.health import lag_limit

    assert lag_limit(GeneratorSpec(), (bounded("service", "60s"),)) == float(GeneratorSpec().lag)


def told(recovery: Recovery | Missing, *budget: Limit) -> dict[str, Any]:
    return {finding.name: finding for finding in rehearsal(recovery, SPEC, budget)}


def test_a_drill_as_it_should_be_passes() -> None:
    assert {finding.status for finding in told(MENDED).values()} == {Status.PASS}
    assert "the service came back" in told(MENDED)
    assert "the service came back" not in told(MENDED, bounded("service", "60s"))


def test_a_doubtful_drill_is_unknown_for_every_reason_it_has() -> None:
    findings = told(DOUBTFUL)

    assert {finding.status for finding in findings.values()} == {Status.UNKNOWN}
    assert findings["every fault was mended"].sentence.startswith("It was not confirmed that gateway was mended: DELETE /faults/down")
    assert "differ" in findings["the baseline was steady"].sentence
    assert "20 to 50" in findings["the drill was the incident it is about"].sentence
    assert "4,188 affected ≠ 1 paid + 4,000 open" in findings["those affected add up at every moment"].sentence


def test_a_drill_of_which_nothing_was_switched_on_is_unknown() -> None:
    nothing = told(msgspec.structs.replace(MENDED, faults=()))["every fault was mended"]
    unsure = msgspec.structs.replace(MENDED.faults[0], injected=(15.0, None))

    assert (nothing.status, nothing.sentence[:8]) == (Status.UNKNOWN, "No fault")
    assert "was on" in told(msgspec.structs.replace(MENDED, faults=(unsure,)))["every fault was mended"].sentence


def test_a_fault_that_never_began_is_told() -> None:
    two = msgspec.structs.replace(SPEC, faults={**SPEC.faults, "bank": SPEC.faults["gateway"]})
    (finding,) = (one for one in rehearsal(MENDED, two, ()) if one.name == "every fault was mended")

    assert (finding.status, finding.sentence) == (Status.UNKNOWN, "Of the drill's faults, bank never began.")


def test_a_service_that_stays_down_fails_without_any_limit() -> None:
    down = Clock(status="not recovered", time="wall", low=200.0, why="it was bad to the end")
    recovery = msgspec.structs.replace(MENDED, clocks={"service": down}, stability="metastable")

    finding = told(recovery)["the service came back"]

    assert finding.status is Status.FAIL
    assert finding.sentence == "After the last mend the service did not come back. It was bad to the end. It is called metastable."


def test_people_whom_nobody_counted_are_unknown() -> None:
    finding = told(msgspec.structs.replace(MENDED, people=()))["those affected add up at every moment"]

    assert finding.status is Status.UNKNOWN


def test_one_moment_at_which_people_do_not_add_up_is_enough() -> None:
    people = (*MENDED.people, became(33001.0, "09:10:01", 4188, paid=4188, open=1))

    assert told(msgspec.structs.replace(MENDED, people=people))["those affected add up at every moment"].status is Status.UNKNOWN


def test_the_report_of_a_run_with_a_drill_holds_its_recovery(new_history: Any) -> None:
    history = new_history().sample(times=100)
    history.scenario["drill"] = SPEC
    manifest, _ = history.told()

    with_it, without = judge(manifest, history.summary(), (), MENDED), judge(manifest, history.summary())

    assert with_it.recovery == MENDED
    assert without.recovery is None
    assert without.verdict is Status.UNKNOWN
    assert any(finding.name == "the recovery could be computed" for finding in without.findings)


STEPS = {"winners": ("pay", "reserve")}


@pytest.mark.parametrize(
    ("limit", "path", "problem"),
    [
        (bounded("detection", "60s"), (), ""),
        (bounded("isolation", at_least="99%", step="reserve"), (), ""),
        (bounded("service", "60s", step="pay"), ("budget", "0", "step"), "recovery.service has none"),
        (bounded("service", "60s", window="rush"), ("budget", "0", "window"), "recovery.service has none"),
        (bounded("service", "60%"), ("budget", "0", "at_most"), "bounded by a duration"),
        (bounded("goodput", at_least="1%"), ("budget", "0", "step"), "needs one"),
        (bounded("goodput", at_least="1%", step="pray"), ("budget", "0", "step"), "did you mean 'pay'"),
        (bounded("serve", "60s"), ("budget", "0", "measure"), "no measure 'recovery.serve'"),
        (bounded("service", "60s", of="wait"), ("budget", "0", "of"), "only a percentile"),
        (bounded("service"), ("budget", "0"), "exactly one"),
    ],
    ids=str,
)
def test_a_limit_on_a_recovery_that_cannot_be_meant_is_told(limit: Limit, path: tuple[str, ...], problem: str) -> None:
    wrong = check_budget((limit,), STEPS, ("rush",), SPEC)

    assert [where for where, _ in wrong] == ([path] if path else [])
    assert all(problem in said for _, said in wrong)


@pytest.mark.parametrize(
    ("limit", "problem"),
    [
        (bounded("backlog", "60s"), "drill.backlog"),
        (bounded("customer", "60s"), "drill.customer"),
        (bounded("detection", "5s"), "drill.alarm"),
        (bounded("isolation", at_least="9%"), "apart"),
    ],
)  # fmt: skip
def test_a_limit_on_what_the_drill_does_not_look_at_is_told(limit: Limit, problem: str) -> None:
    bare = msgspec.structs.replace(SPEC, backlog=None, ledger=None, customer=None, alarm=None, apart=(), people=None)

    assert problem in check_budget((limit,), STEPS, (), bare)[0][1]
    assert "the scenario has none" in check_budget((limit,), STEPS, ())[0][1]


def test_a_limit_on_a_recovery_is_left_to_the_run_by_the_plan() -> None:
    from rushproof.steadied import left_out

    assert left_out((bounded("service", "60s"),)) == ("recovery.service ≤ 60s",)
