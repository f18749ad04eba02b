import pytest

from rushproof.arrivals import Steady
from rushproof.frame import Exchange
from rushproof.mask import masked_body
from rushproof.obstacle import obstacles, paths
from rushproof.persons import PersonsSpec
from rushproof.plan import PromiseSpec, StepSpec
from rushproof.quantity import Duration
from rushproof.rule import Rule
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.timetable import Moment, Timetable

OPEN = Moment.read("09:00")
RULED = StepSpec(outcomes=(Rule(outcome="ok", body={"code": "0"}),), promises=PromiseSpec(key="data.id"))


def scenario(persons=None, **steps):
    crowd = CrowdSpec(persona="./buyer.py", arrivals=Steady(first=OPEN, length=Duration(1)), steps=steps)
    timetable = Timetable(first=OPEN, last=Moment.read("09:01"))
    target = TargetSpec(url="http://127.0.0.1:1")
    return Scenario(name="shop", about="A shop.", target=target, timetable=timetable, crowds={"buyers": crowd}, persons=persons)


def exchange(step="buy", outcome="ok", status=200, why="", body=b"", promised="", sent=()):
    received = ("content-type: application/json", masked_body(body, ("code",))) if body else ()
    return Exchange(
        crowd="buyers", step=step, request=f"POST /{step}", sent=sent, status=status, received=received, outcome=outcome, why=why,
        took=0.1, protocol="HTTP/1.1", promised=promised,
    )  # fmt: skip


def found(*exchanges, of=None):
    return list(obstacles(of or scenario(), exchanges))


def only(*exchanges, of=None):
    one, *more = found(*exchanges, of=of)
    assert not more
    return one


@pytest.mark.parametrize("outcome", ["ok", "refused", "shed"])
def test_a_proper_answer_is_in_nobodys_way(outcome):
    assert found(exchange(outcome=outcome)) == []


@pytest.mark.parametrize("outcome", ["error", "doubt", "unfinished"])
def test_a_step_that_went_wrong_is_told_with_what_came(outcome):
    one = only(exchange("look"), exchange(outcome=outcome, status=500, why="by default, of 500"))

    assert (one.where, one.came) == ("buyers · buy", f"500 → {outcome} (by default, of 500)")


def test_a_try_that_was_made_good_counts_no_more():
    assert found(exchange(outcome="error", status=500), exchange(outcome="ok")) == []


@pytest.mark.parametrize(
    ("status", "outcome", "body"),
    [(401, "error", b""), (403, "blocked", b""), (200, "error", b'{"code": 40101}'), (200, "refused", b'{"code": "TOKEN_EXPIRED"}')],
)
def test_a_person_who_is_not_let_in_points_at_the_tokens(status, outcome, body):
    persons = PersonsSpec(file="users.csv", token="jwt")
    one = only(exchange(outcome=outcome, status=status, body=body, why="rule 1"), of=scenario(persons))

    assert one.expected == "an answer that lets the person in"
    assert "look at the column jwt of users.csv" in one.advice


def test_who_is_not_let_in_is_told_once():
    one = only(exchange("look", outcome="error", status=401), exchange("buy", outcome="error", status=401))

    assert one.where == "buyers · look"


def test_who_lets_people_in_is_looked_for_where_it_is():
    shut = exchange(outcome="error", status=401)

    assert "look at the signer ./tokens.py:sign" in only(shut, of=scenario(PersonsSpec(signer="./tokens.py:sign"))).advice
    assert "users.csv has no `token`" in only(shut, of=scenario(PersonsSpec(file="users.csv"))).advice
    assert "give `persons:` with tokens" in only(shut).advice


def test_a_later_step_that_is_blocked_is_the_targets_business():
    assert found(exchange("look"), exchange(outcome="blocked", status=403)) == []


def test_no_answer_points_at_the_way():
    one = only(exchange(outcome="doubt", status=0, why="no answer within 2 s"))

    assert one.came == "no answer → doubt (no answer within 2 s)"
    assert one.expected == "an answer"


@pytest.mark.parametrize("why", ["no rule fits", "the step's function does not know it", "by default, of 302"])
def test_an_answer_that_nobody_knows_wants_a_rule(why):
    one = only(exchange("look"), exchange(outcome="doubt", status=200, why=why, body=b'{"code": 77, "name": "Li Lei"}'))

    assert one.expected == "an answer that a rule of the step knows"
    assert "crowds.buyers.steps.buy.outcomes" in one.advice
    assert '{"code": 77, "name": "…"}' in one.came


def test_rules_that_look_at_what_no_answer_holds_are_told_with_the_names_there_are():
    one = only(exchange(body=b'{"kode": 0, "data": {"id": "o-17"}}'), of=scenario(buy=RULED))

    assert one.came == "200, a body with kode, data"
    assert one.expected == "the field code"
    assert "mend `crowds.buyers.steps.buy.outcomes`" in one.advice and "did you mean 'kode'?" in one.advice


def test_one_rule_whose_field_is_there_excuses_the_others():
    rules = (Rule(outcome="ok", body={"code": "0"}), Rule(outcome="refused", body={"error.reason": "SOLD_OUT"}))

    assert found(exchange(body=b'{"code": 0}'), of=scenario(buy=StepSpec(outcomes=rules))) == []


def test_a_promised_key_that_is_not_there_is_told_with_the_names_there_are():
    answer = exchange(body=b'{"code": 0, "data": {"ident": "o-17"}}', promised="content set, no field sequence, no field data.id")
    one = only(answer, of=scenario(buy=RULED))

    assert (one.came, one.expected) == ("200, a body with code, data", "the field data.id")
    assert "did you mean 'data.ident'?" in one.advice
    assert "o-17" not in repr(one)


def test_a_field_of_what_was_sent_is_looked_for_there():
    body = masked_body(b'{"item": "a", "who": "p1"}')
    one = only(exchange(promised="no field shelf was sent, no field sequence", sent=("host: shop", body)))

    assert (one.came, one.expected) == ("it sent a body with item, who", "the field shelf")


@pytest.mark.parametrize("promised", ["sequence 4, round r1", "no field round was sent, no field sequence", ""])
def test_what_a_promise_has_by_default_may_be_absent(promised):
    assert found(exchange(promised=promised)) == []


def test_the_paths_of_a_masked_body_are_those_of_the_body():
    body = b'{"code": 0, "data": {"id": "x", "list": [{"a": 1}, {"a": 2}], "none": null, "deep": {}}, "say": "a, b"}'
    expected = ("code", "data", "data.id", "data.list", "data.list.0", "data.list.0.a", "data.none", "data.deep", "say")

    assert tuple(path for path in paths(masked_body(body, ("code",))) if path != "data.list.1") == expected


def test_the_names_of_a_body_that_was_cut_off_are_still_read():
    assert paths('{"code": 0, "data": {"id": "…", "na…') == ("code", "data", "id")
    assert paths("") == paths("(12 bytes that are no JSON)") == ()
