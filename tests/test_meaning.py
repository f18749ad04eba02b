"""What answers come to: rules in order, functions, mappings, and nobody's answers."""

from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.meaning import Meaning, with_spec
from rushproof.plan import PromiseSpec, StepSpec
from rushproof.quantity import decode
from rushproof.rule import Rule, Statuses
from rushproof.sample import OUTCOMES, Outcome, default_outcome
from rushproof.seams import Promise, Step


@dataclass
class Came:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    outcome: Outcome = Outcome.UNFINISHED


def rules(*lines):
    return msgspec.convert(lines, tuple[Rule, ...], strict=False, dec_hook=decode)


def said(outcomes, answer, write=True):
    return Meaning(outcomes).said(answer, write=write, asked_to_wait="retry-after" in answer.headers)


CODES = rules(
    {"outcome": "ok", "status": "200", "body": {"code": "0"}},
    {"outcome": "refused", "status": "200", "body": {"code": ["1001", "SOLD_OUT"]}},
    {"outcome": "shed", "body": {"code": "busy"}},
    {"outcome": "blocked", "status": "2xx", "headers": {"X-Risk": "deny"}},
    {"outcome": "error", "status": "418 5xx"},
)


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [
        (Came(200, b'{"code": 0}'), "ok", "rule 1 (status 200, code: 0)"),
        (Came(200, b'{"code": "0"}'), "ok", "rule 1 (status 200, code: 0)"),
        (Came(200, b'{"code": 1001}'), "refused", "rule 2 (status 200, code: 1001|SOLD_OUT)"),
        (Came(200, b'{"code": "SOLD_OUT", "data": null}'), "refused", "rule 2 (status 200, code: 1001|SOLD_OUT)"),
        (Came(404, b'{"code": "busy"}'), "shed", "rule 3 (code: busy)"),
        (Came(204, b"", {"x-risk": "deny"}), "blocked", "rule 4 (status 2xx, x-risk: deny)"),
        (Came(503, b""), "error", "rule 5 (status 418 5xx)"),
        (Came(409, b""), "refused", "by default, of 409"),
        (Came(200, b'{"code": 9999}'), None, "no rule fits"),
        (Came(200, b"<html>"), None, "no rule fits"),
        (Came(201, b'{"code": 0}'), None, "no rule fits"),
        (Came(302, b""), None, "by default, of 302"),
    ],
)
def test_the_first_rule_that_fits_says_it_and_a_2xx_that_fits_none_is_nobodys(answer, outcome, why):
    found = said(CODES, answer)
    assert found.outcome == (None if outcome is None else OUTCOMES[outcome])
    assert found.why == why


def test_rules_over_statuses_alone_leave_the_default_of_a_2xx():
    assert said(rules({"outcome": "refused", "status": "404"}), Came(201)).outcome is Outcome.OK


def test_a_rule_without_anything_fits_any_answer():
    assert said(rules({"outcome": "blocked"}), Came(500)).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("value", "body"), [("true", b'{"v": true}'), ("null", b'{"v": null}'), ("1.50", b'{"v": 1.50}'), ("数", '{"v": "数"}'.encode())]
)
def test_values_are_compared_as_yaml_writes_them(value, body):
    assert said(rules({"outcome": "refused", "body": {"v": value}}), Came(200, body)).outcome is Outcome.REFUSED
    assert said(rules({"outcome": "refused", "body": {"v": value}}), Came(200, b'{"v": "other"}')).outcome is None


def test_a_personas_rule_may_hold_pythons_own_values():
    rule = Rule("refused", status="2xx", body={"data.ok": False, "data.code": [1, "B"]})
    assert said((rule,), Came(200, b'{"data": {"ok": false, "code": 1}}')).outcome is Outcome.REFUSED
    assert said((rule,), Came(200, b'{"data": {"ok": false, "code": "B"}}')).outcome is Outcome.REFUSED


def test_a_function_says_it_or_does_not_know():
    def outcomes(answer):
        return {200: Outcome.OK, 201: "refused", 202: None, 203: 3, 204: Outcome.MISSED}[answer.status]

    assert said(outcomes, Came(200)).outcome is Outcome.OK
    assert said(outcomes, Came(201)).outcome is Outcome.REFUSED
    assert said(outcomes, Came(202)) == (None, "the step's function does not know it", "")
    assert said(outcomes, Came(203)).problem == "gave a int, not an outcome"
    assert said(outcomes, Came(204)).outcome is None
    assert said(outcomes, Came(500)).problem == "raised KeyError"


def test_a_mapping_comes_before_the_default():
    outcomes = {409: Outcome.OK}
    assert said(outcomes, Came(409)).outcome is Outcome.OK
    assert said(outcomes, Came(422)).outcome is Outcome.REFUSED
    assert said(outcomes, Came(503, headers={"retry-after": "1"})).outcome is Outcome.SHED
    assert said(outcomes, Came(500), write=False).outcome is Outcome.ERROR


STATUSES = st.sampled_from(("2xx", "200", "409 410", "5xx", "4xx", None))
VALUES = st.sampled_from(("0", "1", "A"))
RULES = st.lists(
    st.builds(
        lambda outcome, status, headers, body: Rule(outcome, status and Statuses.read(status), headers, body),
        st.sampled_from(("ok", "refused", "blocked", "shed", "error", "doubt")),
        STATUSES,
        st.dictionaries(st.just("X-Code"), VALUES, max_size=1),
        st.dictionaries(st.sampled_from(("code", "data.code")), st.one_of(VALUES, st.lists(VALUES, min_size=1)), max_size=2),
    ),
    max_size=5,
)
ANSWERS = st.builds(
    lambda status, code, inner, header: Came(
        status,
        msgspec.json.encode({key: value for key, value in (("code", code), ("data", {"code": inner})) if value is not None}),
        {} if header is None else {"x-code": header},
    ),
    st.sampled_from((200, 201, 404, 409, 500, 503)), st.none() | VALUES, st.none() | VALUES, st.none() | VALUES,
)  # fmt: skip


def naive(lines, answer, write):
    """The rules read word by word, with nothing compiled."""
    body = msgspec.json.decode(answer.body)
    fields = {"code": body.get("code"), "data.code": (body.get("data") or {}).get("code")}

    def fits(value, wanted):
        return value is not None and value in (wanted if isinstance(wanted, list) else [wanted])

    for rule in lines:
        if (
            (rule.status is None or answer.status in rule.status.known)
            and all(fits(answer.headers.get(name.lower()), wanted) for name, wanted in rule.headers.items())
            and all(fits(fields[path], wanted) for path, wanted in rule.body.items())
        ):
            return OUTCOMES[rule.outcome]
    if any(rule.body or rule.headers for rule in lines) and 200 <= answer.status < 300:
        return None
    return default_outcome(answer.status, write=write)


@given(RULES, ANSWERS, st.booleans())
def test_compiled_rules_say_what_the_rules_say(lines, answer, write):
    meaning = Meaning(tuple(lines))
    expected = naive(lines, answer, write)
    assert meaning.said(answer, write=write, asked_to_wait=False).outcome == expected
    if answer.status in meaning.known:
        assert meaning.known[answer.status] == expected, "what is known by status alone hangs on nothing else"
    if meaning.by_status(answer.status):
        assert expected == default_outcome(answer.status, write=write)


def test_a_scenarios_words_come_before_the_personas_own():
    own = Step(promises=Promise("reservation", round="r", content=("shop",)), outcomes={409: Outcome.OK, 404: Outcome.SHED})
    spec = StepSpec(
        promises=PromiseSpec(key="data.id"), outcomes=rules({"outcome": "refused", "status": "409", "body": {"code": "1"}}),
        again=("shed", "error"), timeout=2, gap=1,
    )  # fmt: skip
    step = with_spec(own, spec)
    assert step.promises == Promise("reservation", round="r", content=("shop",), key="data.id")
    assert step.again == {Outcome.SHED, Outcome.ERROR}
    assert (step.timeout, step.gap) == (2.0, 1.0)
    assert said(step.outcomes, Came(409, b'{"code": 1}')).outcome is Outcome.REFUSED
    assert said(step.outcomes, Came(409)).outcome is Outcome.OK
    assert said(step.outcomes, Came(404)).outcome is Outcome.SHED
    assert with_spec(own, StepSpec()) == own


def test_a_scenarios_rules_stand_before_a_personas_function_and_rules():
    spec = StepSpec(outcomes=rules({"outcome": "refused", "body": {"code": "1"}}))
    twice = with_spec(with_spec(Step(outcomes=lambda answer: Outcome.BLOCKED), spec), spec)
    assert said(twice.outcomes, Came(200, b'{"code": 1}')).outcome is Outcome.REFUSED
    assert said(twice.outcomes, Came(200, b'{"code": 2}')).outcome is Outcome.BLOCKED
    ruled = with_spec(Step(outcomes=rules({"outcome": "shed", "body": {"code": ["1", "2"]}})), spec)
    assert said(ruled.outcomes, Came(200, b'{"code": 1}')).outcome is Outcome.REFUSED
    assert said(ruled.outcomes, Came(200, b'{"code": 2}')).outcome is Outcome.SHED


def test_a_step_that_promises_nothing_can_be_made_to_promise():
    assert with_spec(Step(), StepSpec(promises=PromiseSpec(kind="booking", key="id"))).promises == Promise("booking", key="id")
