"""Promises of several kinds in one run: what is compared with the ledger is of the ledger's kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from rushproof.audit import audit
from rushproof.audit.evidence import Evidence
from rushproof.verdict import Status

CATALOGUE = Path(__file__).parents[2] / "scenarios" / "audit"


def mixed(evening: Any, kind: str | None) -> Path:
    """A hundred reservations that the ledger holds, and twenty payments of which it knows nothing."""
    evening.honest()
    for attempt in evening.attempts:
        attempt["kind"] = "reservation"
    for person in range(1, 21):
        evening.attempt(person, key=50_000 + person, sequence=9_000 + person, kind="payment")
    folder: Path = evening.written()
    run = json.loads((folder / "run.json").read_text())
    ledger = {} if kind is None else {"kind": kind}
    (folder / "run.json").write_text(json.dumps(run | {"scenario": {"name": "day", "ledgers": {"ledger": ledger, "rounds": {}}}}))
    return folder


def test_an_invariant_over_acknowledgements_sees_those_of_the_ledgers_kind(evening: Any) -> None:
    (found, *_) = audit(mixed(evening, "reservation"), ("acknowledged_is_kept",), (CATALOGUE,))

    assert (found.status, found.n) == (Status.PASS, 101)


def test_without_a_kind_everything_that_was_promised_is_looked_for(evening: Any) -> None:
    (found, *_) = audit(mixed(evening, None), ("acknowledged_is_kept",), (CATALOGUE,))

    assert (found.status, found.measured) == (Status.FAIL, 20)


@pytest.mark.parametrize(("kind", "few"), [("reservation", 105), ("payment", 20), ("pickup", 0), ("o'clock", 0), (None, 125)])
def test_the_views_hold_one_kind_and_the_whole_holds_all(evening: Any, kind: str | None, few: int) -> None:
    with Evidence(mixed(evening, kind)) as evidence:
        assert evidence.count("attempts") == few
        assert evidence.count("attempts_of_all") == 125
        assert not evidence.gap("attempts_of_all")


def test_a_folder_that_was_written_before_there_were_kinds_is_read_whole(evening: Any) -> None:
    evening.honest().kinds = False

    with Evidence(evening.written()) as evidence:
        assert evidence.count("attempts") == evidence.count("attempts_of_all") == 105
        assert evidence.untold("attempts", "kind")
    (found, *_) = audit(evening.folder, ("acknowledged_is_kept",), (CATALOGUE,))
    assert found.status is Status.PASS
