from pathlib import Path
from typing import Any

import pytest

from rushproof.audit import audit, read_invariant
from rushproof.errors import FolderError, ScenarioError
from rushproof.verdict import Finding, Status

CATALOGUE = Path(__file__).parents[2] / "scenarios" / "audit"


def one(evening: Any, name: str, *directories: Path) -> Finding:
    """The finding of one claimed invariant."""
    return audit(evening.written(), (name,), (*directories, CATALOGUE))[0]


def invariant(folder: Path, text: str, name: str = "mine") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.sql").write_text(text)
    return folder


def test_a_violation_is_told_with_its_number_and_the_first_few_masked(evening: Any) -> None:
    evening.honest()
    for person in range(200, 220):
        evening.attempt(person, sequence=1000 + person)

    found = one(evening, "acknowledged_is_kept")

    assert (found.status, found.measured, found.n, len(found.examples)) == (Status.FAIL, 20, 121, 5)
    assert found.sentence.startswith("Broken 20 times in 121: Every acknowledged reservation is in the ledger")
    assert found.examples[0].startswith("sequence 1200, person ")
    assert found.examples[0].endswith("why missing")
    text = " ".join(found.examples)
    for attempt in evening.attempts:
        assert f"{attempt['person']}" not in text
        assert f"{attempt['person']:016x}" not in text
        assert f"{attempt['key']}" not in text


def test_an_invariant_without_its_ledger_is_unknown(evening: Any) -> None:
    evening.honest().rounds = None

    found = one(evening, "nothing_outside_the_window")

    assert found.status is Status.UNKNOWN
    assert found.sentence.endswith("There is no table rounds: no such ledger was fetched.")


def test_an_invariant_that_looked_at_nothing_is_unknown(evening: Any) -> None:
    found = one(evening.entry(1, sequence=1), "acknowledged_is_kept")

    assert (found.status, found.n) == (Status.UNKNOWN, 0)
    assert found.sentence.endswith("acknowledged has no row.")


def test_what_is_not_claimed_is_listed_so_and_not_asked(evening: Any, tmp_path: Path) -> None:
    own = invariant(tmp_path / "own", "-- It is so.\n-- over: attempts\nthis is no SQL")

    found = audit(evening.honest().written(), ("no_gap",), (own, CATALOGUE))

    assert [finding.name for finding in found if finding.status is not Status.NOT_CLAIMED] == ["no_gap"]
    listed = {finding.name: finding for finding in found}
    assert listed["mine"].sentence == "It is so."
    assert "one_a_person_and_round" in listed
    assert "stock_conserved" not in listed, "it reads a table that this run does not have"


def test_the_first_directory_that_has_a_name_wins(evening: Any, tmp_path: Path) -> None:
    own = invariant(tmp_path / "own", "-- Mine.\n-- over: attempts\nSELECT 1", name="no_gap")

    found = one(evening.honest(), "no_gap", own)

    assert (found.status, found.sentence) == (Status.FAIL, "Broken 1 times in 105: Mine.")


@pytest.mark.parametrize(
    "query",
    ["SELECT nosuch FROM attempts", "SELECT FROM WHERE", "SELECT * FROM attempts; SELECT 1", "SELECT 'x'::INT FROM attempts"],
)
def test_a_query_that_does_not_run_is_unknown_with_its_message(evening: Any, tmp_path: Path, query: str) -> None:
    own = invariant(tmp_path / "own", f"-- Mine.\n-- over: attempts\n{query}")

    found = one(evening.honest(), "mine", own)

    assert found.status is Status.UNKNOWN
    assert "Its query does not run: " in found.sentence


def test_a_query_that_says_that_nothing_can_be_said_is_unknown_in_its_own_words(evening: Any, tmp_path: Path) -> None:
    own = invariant(tmp_path / "own", "-- Mine.\n-- over: attempts\nSELECT error('nobody looked') FROM attempts")

    found = one(evening.honest(), "mine", own)

    assert (found.status, found.sentence) == (Status.UNKNOWN, "It is not known whether this is so: Mine. Nobody looked.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1", "expected its sentence"),
        ("", "expected its sentence"),
        ("-- over: attempts\nSELECT 1", "expected its sentence"),
        ("-- Mine.\nSELECT 1", "expected a line that says what it looks at"),
        ("-- Mine.\n-- over: attempts\n-- SELECT 1", "expected a query"),
        ("-- Mine.\n-- over: attempts\n-- needs: ledger\nSELECT 1", "expected columns with their tables"),
    ],
)
def test_a_file_that_is_no_invariant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        read_invariant(invariant(tmp_path, text) / "mine.sql")


def test_a_claim_of_what_is_nowhere_is_refused_with_the_nearest(evening: Any) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'no_gap'"):
        one(evening.honest(), "no_gaps")


def test_a_folder_that_holds_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError):
        audit(tmp_path, (), (CATALOGUE,))


@pytest.mark.parametrize("loss", ["a worker that never ended", "a frame that never came", "a worker that never came"])
def test_attempts_that_may_be_missing_accuse_nobody(evening: Any, loss: str) -> None:
    evening.honest().entry(999, sequence=102)
    if loss == "a worker that never ended":
        evening.frames[-1]["final"] = False
    elif loss == "a frame that never came":
        del evening.frames[2]
    else:
        evening.workers = 2

    found = one(evening, "nothing_unasked")

    assert found.status is Status.UNKNOWN
    assert "1 rows speak against it, but" in found.sentence


def test_a_torn_segment_is_a_gap_and_not_the_end_of_the_audit(evening: Any) -> None:
    folder = evening.honest().entry(999, sequence=102).written()
    (folder / "attempts" / "000001.parquet").write_bytes(b"PAR1 torn")

    kept, unasked = audit(folder, ("acknowledged_is_kept", "nothing_unasked"), (CATALOGUE,))[:2]

    assert (kept.status, unasked.status) == (Status.PASS, Status.UNKNOWN)


def test_a_query_reads_nothing_outside_of_the_folder(evening: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    own = invariant(tmp_path / "own", f"-- Mine.\n-- over: attempts\nSELECT * FROM read_csv('{secret}')")

    assert one(evening.honest(), "mine", own).status is Status.UNKNOWN
