"""The judge is judged on somebody else's backend: each bug of theirs is found by the invariant that names it.

That honesty passes is the tutorial's to show.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from page import say, settle

FOUND_BY = {"OVERSELL": "never_oversold", "LOST_AFTER_200": "acknowledged_is_kept", "DOUBLE_ENTRY": "one_a_person_and_round"}
SEATS = {"OVERSELL": 20}
"""of each store: few enough to be sold out in the first second"""
SHORT = "--set timetable.to='open + 3s' --set crowds.bookers.arrivals.for=3s"

Judged = dict[str, tuple[int, dict[str, dict]]]


@pytest.fixture(scope="module")
def judged(start, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """By bug: the exit code of a run against the service that has it, and its invariants' findings by name.  They run at once."""

    def one(bug: str, folder: Path) -> tuple[int, dict[str, dict]]:
        with start(bug=bug, seats=SEATS.get(bug, 100_000)) as company:
            settle(company, folder, users=400)
            said = say(company, folder, f"rushproof run seats/my_scenario.yaml --out run {SHORT}")
        assert (folder / "run" / "verdict.json").is_file(), said.text
        findings = json.loads((folder / "run" / "verdict.json").read_text())["findings"]
        return said.code, {finding["name"]: finding for finding in findings if finding["kind"] == "invariant"}

    with ThreadPoolExecutor(len(FOUND_BY)) as at_once:
        return dict(zip(FOUND_BY, at_once.map(one, FOUND_BY, [tmp_path_factory.mktemp(bug) for bug in FOUND_BY]), strict=True))


@pytest.mark.parametrize("bug", FOUND_BY)
def test_a_bug_of_theirs_is_exit_1_and_named(bug: str, judged: Judged) -> None:
    code, found = judged[bug]
    broken = {name for name, finding in found.items() if finding["status"] == "fail"}
    assert code == 1
    assert FOUND_BY[bug] in broken
    assert not broken & set(FOUND_BY.values()) - {FOUND_BY[bug]}, "one bug is not blamed on another invariant's account"
    assert found[FOUND_BY[bug]]["measured"] > 0
