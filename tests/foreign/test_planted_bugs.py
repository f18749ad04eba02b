"""The judge is judged on somebody else's backend: each bug of theirs is found by the invariant that names it, and honesty passes."""

import json

import pytest
from page import say, settle

FOUND_BY = {"OVERSELL": "never_oversold", "LOST_AFTER_200": "acknowledged_is_kept", "DOUBLE_ENTRY": "one_a_person_and_round"}
SEATS = {"OVERSELL": 30}
"""of each store: few enough to be sold out in the first second"""
SHORT = "--set timetable.to='open + 3s' --set crowds.bookers.arrivals.for=3s"


def judged(start, folder, bug: str) -> tuple[int, dict[str, dict]]:
    """The exit code of a run against the service with this bug, and its invariants' findings by name."""
    with start(bug=bug, seats=SEATS.get(bug, 100_000)) as company:
        settle(company, folder, users=400)
        said = say(company, folder, f"rushproof run seats/my_scenario.yaml --out run {SHORT}")
    assert (folder / "run" / "verdict.json").is_file(), said.text
    findings = json.loads((folder / "run" / "verdict.json").read_text())["findings"]
    return said.code, {one["name"]: one for one in findings if one["kind"] == "invariant"}


@pytest.mark.parametrize("bug", FOUND_BY)
def test_a_bug_of_theirs_is_exit_1_and_named(bug, start, tmp_path):
    code, found = judged(start, tmp_path, bug)
    broken = {name for name, finding in found.items() if finding["status"] == "fail"}
    assert code == 1
    assert FOUND_BY[bug] in broken
    assert not broken & set(FOUND_BY.values()) - {FOUND_BY[bug]}, "one bug is not blamed on another invariant's account"
    assert found[FOUND_BY[bug]]["measured"] > 0


def test_honesty_is_exit_0_and_every_invariant_looked_at_something(start, tmp_path):
    code, found = judged(start, tmp_path, "")
    assert code == 0
    claimed = {name: finding for name, finding in found.items() if finding["status"] != "not claimed"}
    assert {finding["status"] for finding in claimed.values()} == {"pass"}
    assert set(FOUND_BY.values()) <= set(claimed)
    assert all(finding["n"] for finding in claimed.values())
