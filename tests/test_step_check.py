"""What a scenario may say of a persona's steps, and of the headers of every request."""

import pytest

from rushproof.document import Document
from rushproof.errors import ScenarioError
from rushproof.run.inspection import Inspected, check_crowds, overlaid
from rushproof.scenario_file import read_scenario

TEXT = """\
about: People come
target:
  url: http://127.0.0.1:8080
  transport:
    headers: {X-App: "7", X-Person: "id {id}"}
timetable: {from: "09:00", to: "09:10"}
crowds:
  buyers:
    persona: buyer
    arrivals: {shape: steady, from: "09:00", for: 10s, rate: 5/s}
    steps:
      book:
        promises: {kind: booking, key: data.id}
        outcomes:
          - {outcome: ok, status: 2xx, body: {code: 0}}
          - {outcome: refused, headers: {X-Why: [late, full]}, body: {data.code: [SOLD_OUT, 7]}}
        timeout: 2s
"""


def read(old="", new=""):
    assert old in TEXT
    return read_scenario(TEXT.replace(old, new, 1) if old else TEXT, "shop.yaml", "shop")


def test_rules_are_read_as_they_are_written():
    rules = read().scenario.crowds["buyers"].steps["book"].outcomes
    assert [rule.outcome for rule in rules] == ["ok", "refused"]
    assert rules[0].status.known == frozenset(range(200, 300))
    assert rules[0].body == {"code": "0"}
    assert rules[1].body == {"data.code": ["SOLD_OUT", "7"]}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("status: 2xx", "status: 2x", r"steps\.book\.outcomes\.0\.status: expected HTTP statuses .* found '2x' \(line 15\)"),
        ("outcome: ok", "outcome: okay", r"outcomes\.0\.outcome: expected one of ok, refused.* \(line 15\)"),
        ("{code: 0}", "{code: {a: 1}}", r"outcomes\.0\.body\.code: expected a text, or a list of texts"),
        ("{code: 0}", "{code: []}", r"outcomes\.0\.body\.code: expected at least one text"),
        ("{code: 0}", "{data..code: 0}", r"outcomes\.0\.body\.data\.\.code: expected a field such as code"),
        ("X-Why:", "X Why:", r"outcomes\.1\.headers\.X Why: expected the name of a header"),
        ("key: data.id", "key: data.", r"promises\.key: expected a field such as data\.id, found 'data\.' \(line 13\)"),
        ("timeout: 2s", "timeout: 0", r"book\.timeout: expected more than 0"),
        ("timeout: 2s", "time: 2s", r"book\.time: unknown key; did you mean 'timeout'"),
        ('X-App: "7"', 'X-App: "7\\r\\nX-Evil: 1"', r"headers\.X-App: expected one line"),
        ('X-App: "7"', '"X-App: ": "7"', "expected the name of a header"),
        ('X-App: "7"', 'Content-Length: "7"', r"headers\.Content-Length: the engine writes this header itself"),
        ("{id}", "{ids}", r"unknown blank \{ids\}; did you mean 'id'"),
        ("{id}", "{token}", r"nobody has a \{token\}: name its column in persons\.token, or give persons\.signer"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(old, new, said):
    with pytest.raises(ScenarioError, match=said) as told:
        read(old, new)
    assert "X-Evil" not in str(told.value), "and never with a header's value"


def test_a_step_without_a_rule_is_told():
    text = TEXT[: TEXT.index("        outcomes:")] + "        outcomes: []\n"
    with pytest.raises(ScenarioError, match=r"book\.outcomes: expected at least one rule"):
        read_scenario(text, "shop.yaml", "shop")


def test_a_token_may_stand_in_a_header_where_persons_have_one():
    for persons in ("{file: p.csv, token: jwt}", "{signer: './tokens.py:sign'}"):
        text = TEXT.replace("{id}", "{token}") + f"persons: {persons}\n"
        assert read_scenario(text, "shop.yaml", "shop").scenario.persons is not None


def checked(steps, kind="crowd", old="", new=""):
    file = read(old, new)
    assert isinstance(file.document, Document)
    found = {"buyers": Inspected(persona="buyer.py", kind=kind, steps=steps)}
    check_crowds(file.scenario, file.document, found)
    return overlaid(file.scenario, found)["buyers"].steps


def test_a_step_that_the_persona_has_not_is_told_with_the_nearest_that_it_has():
    with pytest.raises(ScenarioError, match=r"crowds\.buyers\.steps\.book: the persona has no such step; did you mean 'books'.*line 12"):
        checked({"books": "booking", "look": None})


def test_what_the_scenario_makes_a_step_promise_is_known_to_what_is_checked_after_it():
    assert checked({"book": None, "look": None}) == {"book": "booking", "look": None}
    assert checked({"book": "order"}, old="kind: booking, ") == {"book": "order"}


def test_a_promise_needs_a_kind_where_the_persona_has_none():
    with pytest.raises(ScenarioError, match=r"book\.promises: 'kind' is missing"):
        checked({"book": None}, old="kind: booking, ")


def test_an_ordinary_locust_users_steps_are_said_in_its_file():
    with pytest.raises(ScenarioError, match="catch_response"):
        checked({}, "user", '    arrivals: {shape: steady, from: "09:00", for: 10s, rate: 5/s}', "    users: 3")
