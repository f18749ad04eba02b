"""The invariants of the rush, each against the defect it is there for: found by it and by no other.  Those of the day: `test_day`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.audit import audit
from rushproof.verdict import Finding, Status

CATALOGUE = Path(__file__).parents[2] / "scenarios" / "audit"
NAMES = (
    "acknowledged_is_kept", "acknowledged_once", "no_gap", "nothing_outside_the_window", "nothing_unasked", "one_a_person_and_round",
)  # fmt: skip


def asked(evening: Any) -> dict[str, Finding]:
    """Every invariant's finding about the evening."""
    return {finding.name: finding for finding in audit(evening.written(), NAMES, (CATALOGUE,)) if finding.name in NAMES}


def test_an_honest_target_comes_out_clean(evening: Any) -> None:
    found = asked(evening.honest())

    assert {name: finding.status for name, finding in found.items()} == dict.fromkeys(NAMES, Status.PASS)
    assert {name: finding.n for name, finding in found.items()} == {
        "acknowledged_is_kept": 101, "acknowledged_once": 101, "no_gap": 101, "nothing_outside_the_window": 101, "nothing_unasked": 101,
        "one_a_person_and_round": 101,
    }  # fmt: skip


def _lose(evening: Any) -> None:
    """The last acknowledged one never reached the ledger."""
    evening.attempt(200, sequence=102)


def _change_the_content(evening: Any) -> None:
    """One is kept for another shop than was promised; the person asked for that shop too, in a try that was left in doubt."""
    evening.attempt(200, sequence=102).attempt(200, outcome="doubt", content=77).entry(200, sequence=102, content=77)


def _change_the_person(evening: Any) -> None:
    """Two persons' reservations were swapped, and both had asked for both."""
    for person, other in ((201, 202), (202, 201)):
        evening.attempt(person, key=4000 + person, sequence=person - 99)
        evening.attempt(other, key=4000 + person, outcome="doubt")
        evening.entry(other, key=4000 + person, sequence=person - 99)


def _store_twice(evening: Any) -> None:
    evening.entry(50, sequence=102)


def _store_unasked(evening: Any) -> None:
    evening.entry(999, sequence=102)


def _store_under_a_key_of_nobody(evening: Any) -> None:
    """The person asked, and an entry was made, but not by that request."""
    evening.attempt(200, outcome="doubt").entry(200, sequence=102, key=5555)


def _store_with_a_content_of_nobody(evening: Any) -> None:
    evening.attempt(200, outcome="doubt").entry(200, sequence=102, content=77)


def _store_in_a_round_nobody_asked_for(evening: Any) -> None:
    evening.rounds.append({"sequence": 2, "round": "other", "open": 1000.0, "close": 1060.0})
    evening.attempt(200, outcome="doubt").entry(200, sequence=102, round="other")


def _accept_late(evening: Any) -> None:
    evening.attempt(200, sequence=102).entry(200, sequence=102, at=1060.0)


def _accept_early(evening: Any) -> None:
    evening.attempt(200, sequence=102).entry(200, sequence=102, at=999.9)


def _take_a_round_that_is_not_on_offer(evening: Any) -> None:
    evening.attempt(200, sequence=102, round="nosuch").entry(200, sequence=102, round="nosuch")


def _leave_a_gap(evening: Any) -> None:
    evening.attempt(200, sequence=103).entry(200, sequence=103)


def _answer_a_retry_with_another_entry(evening: Any) -> None:
    """The same key is told two numbers; both are in the ledger, for two rounds' worth of one person."""
    for sequence, round_ in ((102, "a"), (103, "b")):
        evening.rounds.append({"sequence": sequence, "round": round_, "open": 1000.0, "close": 1060.0})
        evening.attempt(200, sequence=sequence, round=round_).entry(200, sequence=sequence, round=round_)


DEFECTS = [
    (_lose, "acknowledged_is_kept"),
    (_change_the_content, "acknowledged_is_kept"),
    (_change_the_person, "acknowledged_is_kept"),
    (_store_twice, "one_a_person_and_round"),
    (_store_unasked, "nothing_unasked"),
    (_store_under_a_key_of_nobody, "nothing_unasked"),
    (_store_with_a_content_of_nobody, "nothing_unasked"),
    (_store_in_a_round_nobody_asked_for, "nothing_unasked"),
    (_accept_late, "nothing_outside_the_window"),
    (_accept_early, "nothing_outside_the_window"),
    (_take_a_round_that_is_not_on_offer, "nothing_outside_the_window"),
    (_leave_a_gap, "no_gap"),
    (_answer_a_retry_with_another_entry, "acknowledged_once"),
]


@pytest.mark.parametrize(("plant", "name"), DEFECTS, ids=[plant.__name__.strip("_") for plant, _ in DEFECTS])
def test_each_defect_is_found_by_the_invariant_that_names_it_alone(evening: Any, plant: Callable[[Any], None], name: str) -> None:
    plant(evening.honest())

    found = asked(evening)

    assert [each for each in NAMES if found[each].status is Status.FAIL] == [name]
    assert all(finding.status in (Status.PASS, Status.FAIL) for finding in found.values())


def test_every_invariant_of_the_rush_has_a_defect() -> None:
    assert {name for _, name in DEFECTS} == set(NAMES)


def test_an_acknowledgement_without_a_sequence_is_looked_up_by_its_key(evening: Any) -> None:
    assert asked(evening.honest().attempt(50, sequence=None))["acknowledged_is_kept"].status is Status.PASS
    assert asked(evening.attempt(50, sequence=None, key=5555))["acknowledged_is_kept"].status is Status.FAIL


def test_an_entry_without_a_key_was_asked_for_by_nobody(evening: Any) -> None:
    evening.honest().entry(200, sequence=102)
    evening.ledger[-1]["key"] = None
    assert asked(evening)["nothing_unasked"].status is Status.FAIL


def _foreign(evening: Any) -> Any:
    """A target that makes the keys itself and numbers nothing: a key is known of what it acknowledged, and of nothing else."""
    evening.honest()
    for attempt in evening.attempts:
        attempt["sequence"] = None
        attempt["key"] = attempt["key"] if attempt["outcome"] == "ok" else 0
    for entry in evening.ledger:
        entry["sequence"] = None
    return evening


def test_where_only_keys_are_known_an_honest_target_comes_out_clean_and_what_needs_a_sequence_is_unknown(evening: Any) -> None:
    found = asked(_foreign(evening))

    assert {name for name in NAMES if found[name].status is Status.PASS} == set(NAMES) - {"no_gap"}
    assert found["no_gap"].status is Status.UNKNOWN
    assert found["no_gap"].sentence.endswith("ledger tells no sequence: its source has no such column.")


def _lose_by_key(evening: Any) -> None:
    evening.attempt(200)


def _change_by_key(evening: Any) -> None:
    evening.attempt(200).entry(200, sequence=None, content=77)


def _swap_by_key(evening: Any) -> None:
    evening.attempt(200).entry(201, sequence=None, key=1200).attempt(201, key=0, outcome="doubt")


def _enter_for_nobody(evening: Any) -> None:
    evening.entry(999, sequence=None)


def _enter_what_the_one_in_doubt_did_not_ask_for(evening: Any) -> None:
    evening.entry(102, sequence=None, content=77)


BY_KEY = [
    (_lose_by_key, {"acknowledged_is_kept"}),
    (_change_by_key, {"acknowledged_is_kept", "nothing_unasked"}),
    (_swap_by_key, {"acknowledged_is_kept"}),
    (_enter_for_nobody, {"nothing_unasked"}),
    (_enter_what_the_one_in_doubt_did_not_ask_for, {"nothing_unasked"}),
]


@pytest.mark.parametrize(("plant", "names"), BY_KEY, ids=[plant.__name__.strip("_") for plant, _ in BY_KEY])
def test_where_only_keys_are_known_the_same_defects_are_found(evening: Any, plant: Callable[[Any], None], names: set[str]) -> None:
    plant(_foreign(evening))

    found = asked(evening)

    assert {name for name in NAMES if found[name].status is Status.FAIL} == names


def test_an_attempt_whose_key_nobody_knows_asked_for_one_entry_of_its_person_round_and_content(evening: Any) -> None:
    found = asked(_foreign(evening).entry(102, sequence=None, key=4711))

    assert found["nothing_unasked"].status is Status.PASS


@pytest.mark.parametrize("column", ["round", "content"])
def test_what_a_ledger_does_not_tell_is_not_compared(evening: Any, column: str) -> None:
    evening.honest()
    for entry in evening.ledger:
        entry[column] = None

    found = asked(evening)

    assert [found[name].status for name in ("acknowledged_is_kept", "nothing_unasked")] == [Status.PASS, Status.PASS]


@pytest.mark.parametrize("table", ["sequence", "key"])
def test_a_ledger_with_one_of_sequence_and_key_will_do(evening: Any, table: str) -> None:
    evening.honest()
    for entry in evening.ledger:
        entry["key" if table == "sequence" else "sequence"] = None

    found = asked(evening)
    assert [found[name].status for name in ("acknowledged_is_kept", "nothing_unasked")] == [Status.PASS, Status.PASS]

    _lose(evening)
    evening.entry(999, sequence=110 if table == "sequence" else None, key=None if table == "sequence" else 1999)
    evening.ledger[-1]["key"] = None if table == "sequence" else evening.ledger[-1]["key"]
    found = asked(evening)
    assert [found[name].status for name in ("acknowledged_is_kept", "nothing_unasked")] == [Status.FAIL, Status.FAIL]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("round", "one_a_person_and_round"),
        ("at", "nothing_outside_the_window"),
        ("sequence", "no_gap"),
        ("round", "nothing_outside_the_window"),
    ],
)
def test_without_the_column_it_needs_an_invariant_is_unknown(evening: Any, column: str, name: str) -> None:
    evening.honest()
    for entry in evening.ledger:
        entry[column] = None

    found = asked(evening)[name]

    assert found.status is Status.UNKNOWN
    assert f"ledger tells no {column}" in found.sentence


def test_an_empty_ledger_keeps_nothing_and_proves_nothing(evening: Any) -> None:
    evening.honest().ledger = []

    found = asked(evening)

    assert found["acknowledged_is_kept"].status is Status.FAIL
    assert {found[name].status for name in NAMES if found[name].status is not Status.FAIL} == {Status.PASS, Status.UNKNOWN}
    assert [name for name in NAMES if found[name].status is Status.PASS] == ["acknowledged_once"]
