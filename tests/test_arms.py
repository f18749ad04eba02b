"""Arms: overlays of one scenario, each read as a whole scenario; what is wrong in one is told under its name."""

import pytest

from rushproof.document import read_document
from rushproof.errors import InputError, ScenarioError
from rushproof.scenario_file import read_scenario, with_traces

TEXT = """\
about: A shop
target: {url: "http://127.0.0.1:{port}", command: "shop --port {port}", clock: /clock}
timetable: {from: "09:00", to: "10:00"}
crowds:
  people: {persona: a, people: 100, arrivals: {shape: steady, from: "09:00", for: 10min}, settings: {think: 4s, shop: s1}}
ledgers:
  ledger: {export: /ledger.csv}
  rounds: {export: /rounds.csv, person: null, key: null}
budget:
  - {measure: p99, at_most: 1s}
  - {measure: share, outcome: error, at_most: 1%}
arms:
  plain: {}
  postgres:
    target: {command: "shop --port {port} --database postgres"}
    crowds: {people: {settings: {shop: s2}}}
    ledgers: {rounds: null}
    budget: [{measure: p99, at_most: 2s}]
"""


def read(arm="", *changes, text=TEXT):
    return read_scenario(text, "shop.yaml", "shop", [(change.partition("=")[0], change.partition("=")[2]) for change in changes], arm)


def test_an_arm_is_the_scenario_with_its_overlay_merged_key_by_key():
    base, arm = read().scenario, read("postgres").scenario

    assert arm.target.command == "shop --port {port} --database postgres"
    assert (arm.target.url, arm.target.clock) == (base.target.url, "/clock")
    assert arm.crowds["people"].settings == {"think": "4s", "shop": "s2"}
    assert set(arm.ledgers) == {"ledger"}, "null takes away"
    assert len(arm.budget) == 1, "a list is replaced"
    assert set(base.arms) == {"plain", "postgres"}
    assert not arm.arms


def test_an_empty_overlay_is_the_scenario_itself():
    base, arm = read(), read("plain")

    assert arm.document.tree == {key: value for key, value in base.document.tree.items() if key != "arms"}
    assert arm.scenario.budget == base.scenario.budget


def test_what_the_command_line_changes_is_changed_in_every_arm():
    assert read("postgres", "crowds.people.people=7").scenario.crowds["people"].people == 7
    assert read("postgres", "arms.postgres.target.ready=/up").scenario.target.ready == "/up"


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("{port} --database postgres", "{prt}", "arms.postgres.target.command", "unknown blank {prt}; did you mean 'port'? (line 15)"),
        ("shop: s2", "shop: [", "shop.yaml", "not YAML"),
        ("at_most: 2s}]", "at_mots: 2s}]", "arms.postgres.budget.0.at_mots", "unknown key; did you mean 'at_most'?"),
        ("{rounds: null}", "{rounds: null, ledger: null}\n    audit: 5", "arms.postgres.audit", "expected a list, found '5'"),
        ("{rounds: null}", "{rounds: null}\n    arms: {deep: {}}", "arms.postgres.arms", "an arm has no arms of its own"),
        ("  plain: {}", "  Plain: {}", "arms.Plain", "expected a name of small letters"),
        ("  plain: {}", "  plain: 7", "arms.plain", "expected keys and values, found '7'"),
        ("  plain: {}", "  plain: {timetable: null}", "arms.plain", "'timetable' is missing"),
        ("  plain: {}", "  plain: {expect: fial}", "arms.plain.expect", "expected one of pass, fail, found 'fial'; did you mean 'fail'?"),
        ("  plain: {}", "  plain: {expect: unknown}", "arms.plain.expect", "expected one of pass, fail, found 'unknown'"),
        ("  plain: {}", "  plain: {expect: [fail]}", "arms.plain.expect", "expected one of pass, fail, found a list"),
        ("about: A shop", "about: A shop\nexpect: fail", "shop.yaml: expect", "only an arm says what is expected of it"),
    ],
)
def test_every_arm_is_looked_at_and_what_is_wrong_is_told_under_its_name(old, new, place, words):
    with pytest.raises(ScenarioError) as refused:
        read(text=TEXT.replace(old, new))

    assert place in str(refused.value)
    assert words in str(refused.value)


def test_an_arm_may_say_what_is_expected_of_it():
    text = TEXT.replace("  postgres:\n", "  postgres:\n    expect: fail\n")

    assert read("postgres", text=text).scenario.expect == "fail"
    assert read("plain", text=text).scenario.expect is None
    assert read("postgres", "arms.postgres.expect=pass", text=text).scenario.expect == "pass"


def test_an_arm_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(InputError, match=r"no arm 'postgre' in shop\.yaml; did you mean 'postgres'\?"):
        read("postgre")
    with pytest.raises(InputError, match=r"no arm 'postgres' in shop\.yaml, which has no arms"):
        read("postgres", text=TEXT[: TEXT.index("arms:")])


def test_the_traces_of_an_arm_are_its_own():
    text = TEXT.replace(
        "crowds: {people: {settings: {shop: s2}}}", "crowds: {people: {people: null, arrivals: {shape: trace, file: day.csv}}}"
    )
    text = text.replace("shape: trace, file", 'shape: trace, from: "09:00", for: null, file')
    arm = with_traces(read("postgres", text=text), {"day.csv": "at,rate\n0,2\n60,0\n"})

    assert arm.scenario.people("people") == 120


def test_an_overlay_changes_neither_the_base_nor_what_it_was_read_from():
    document = read_document(TEXT, "shop.yaml")
    before = repr(document.tree)
    document.armed("postgres").tree["crowds"]["people"]["settings"]["shop"] = "x"

    assert repr(document.tree) == before
