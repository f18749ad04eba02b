from typing import Any

import pytest

from rushproof.budget import Limit
from rushproof.budget_check import check_budget
from rushproof.quantity import Bound

STEPS = {"reservers": ("browse", "reserve"), "payers": ("pay",)}
WINDOWS = ("rush", "tail")


def problems(*budget: Limit) -> list[tuple[str, str]]:
    return [(".".join(path), problem) for path, problem in check_budget(budget, STEPS, WINDOWS)]


def line(measure: str, **more: Any) -> Limit:
    return Limit(
        measure=measure, **{name: Bound.read(value) if name in ("at_most", "at_least", "within") else value for name, value in more.items()}
    )


def test_the_budget_of_the_design_can_be_meant() -> None:
    assert not problems(
        line("p99", step="reserve", outcome="ok", window="rush", at_most="500ms"),
        line("share", step="reserve", outcome="error", at_most="0.1%"),
        line("acknowledged", step="reserve", at_least="99.9%"),
        line("throughput", step="reserve", window="rush", at_least="2000/s"),
        line("good_share", step="pay", crowd="payers", within="1s", at_least="99%"),
        line("p95", step="visit", of="stretch", at_most="30s"),
        line("p99", step="pay", of="intent", at_most="30s"),
        line("finished", at_least="99%"),
        line("count", step="pay", outcome="doubt", at_most="0"),
    )


@pytest.mark.parametrize(
    ("limit", "path", "said"),
    [
        (line("p98", at_most="1s"), "measure", "no measure 'p98'; did you mean 'p9"),
        (line("recovery", at_most="1s"), "measure", "no measure 'recovery'"),
        (line("p99", step="reservee", at_most="1s"), "step", "no step 'reservee' in any crowd; did you mean 'reserve'?"),
        (line("p99", step="pay", crowd="reservers", at_most="1s"), "step", "no step 'pay' in the crowd reservers"),
        (line("p99", crowd="reserver", at_most="1s"), "crowd", "no crowd 'reserver' in the scenario; did you mean 'reservers'?"),
        (line("p99", window="rusch", at_most="1s"), "window", "no window 'rusch' in the scenario; did you mean 'rush'?"),
        (line("share", outcome="eror", at_most="1%"), "outcome", "no outcome 'eror'; did you mean 'error'?"),
        (line("share", at_most="1%"), "outcome", "'share' needs one"),
        (line("acknowledged", outcome="ok", at_least="1%"), "outcome", "speaks of its own outcome"),
        (line("p99", of="respons", at_most="1s"), "of", "no distribution 'respons'; did you mean 'response'?"),
        (line("share", outcome="ok", of="service", at_least="1%"), "of", "only a percentile is of something"),
        (line("p99", step="visit", at_most="1s"), "of", "of the step 'visit' is of 'stretch'"),
        (line("p99", step="reserve", of="stretch", at_most="1s"), "of", "of the step 'visit' is of 'stretch'"),
        (line("good_share", at_least="1%"), "within", "'good_share' needs it"),
        (line("good_share", within="5%", at_least="1%"), "within", "expected a duration such as 500ms or 10s, found '5%'"),
        (line("p99", within="1s", at_most="1s"), "within", "only good_share has it"),
        (line("p99", at_most="500"), "at_most", "a p99 is bounded by a duration such as 500ms or 10s, found '500'"),
        (line("acknowledged", at_least="1s"), "at_least", "bounded by a share such as 99.9%, found '1s'"),
        (line("throughput", at_least="2000"), "at_least", "bounded by a rate such as 2000/s, found '2000'"),
        (line("count", at_most="1%"), "at_most", "bounded by a whole number such as 100, found '1%'"),
        (line("finished", step="reserve", at_least="1%"), "step", "finished is of visits"),
        (line("acknowledged", step="visit", at_least="1%"), "step", "for visits there is 'finished'"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_at_its_place(limit: Limit, path: str, said: str) -> None:
    [(place, problem)] = problems(line("finished", at_least="1%"), limit)
    assert place == f"budget.1.{path}"
    assert said in problem


@pytest.mark.parametrize(("bounds", "said"), [({}, "neither"), ({"at_most": "1s", "at_least": "1s"}, "both")])
def test_a_limit_has_exactly_one_bound(bounds: Any, said: str) -> None:
    assert problems(line("p99", **bounds)) == [("budget.0", f"expected exactly one of 'at_most' and 'at_least', found {said}")]


OK_P99 = line("p99", step="reserve", outcome="ok", window="rush", at_most="500ms")


@pytest.mark.parametrize(
    "guard",
    [
        line("good_share", step="reserve", within="500ms", at_least="99%"),
        line("good_share", step="reserve", window="rush", within="500ms", at_least="99%"),
        line("acknowledged", step="reserve", at_least="99%"),
    ],
)
def test_a_percentile_of_one_outcome_may_stand_beside_its_guard(guard: Limit) -> None:
    assert not problems(OK_P99, guard)


@pytest.mark.parametrize(
    "other",
    [
        line("good_share", step="browse", within="500ms", at_least="99%"),
        line("good_share", step="reserve", window="tail", within="500ms", at_least="99%"),
        line("acknowledged", step="reserve", crowd="reservers", at_least="99%"),
        line("acknowledged", step="reserve", at_most="99%"),
        line("acknowledged", step="reserve", at_least="0%"),
        line("share", step="reserve", outcome="error", at_most="1%"),
    ],
    ids=["another step", "another window", "one crowd only", "the wrong side", "no bound at all", "an error share"],
)
def test_a_percentile_of_one_outcome_without_its_guard_is_refused(other: Limit) -> None:
    [(path, problem)] = problems(OK_P99, other)
    assert path == "budget.0.outcome"
    assert "would pass a target that fails fast; expected a good_share or acknowledged limit (at_least) for the step reserve" in problem
