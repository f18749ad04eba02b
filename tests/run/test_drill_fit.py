"""What a drill goes by has to be there in the run that is asked for, as far as that can be known before it."""

from pathlib import Path
from typing import Literal

import pytest

from rushproof.document import Document
from rushproof.errors import ScenarioError
from rushproof.run.drill_fit import check_words
from rushproof.run.inspection import Inspected
from tests.test_drill_check import drill

DOCUMENT = Document("mine.yaml", {}, {})


def told(service: str, kind: Literal["crowd", "user"], tmp_path: Path) -> str:
    try:
        check_words(drill(service=service), DOCUMENT, [tmp_path], {"people": Inspected(persona="it", kind=kind, steps={"pay": None})})
    except ScenarioError as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("kind", ["crowd", "user"])
def test_a_crowd_that_is_not_there_is_told_whoever_the_others_are(kind: Literal["crowd", "user"], tmp_path: Path) -> None:
    assert "drill.service.crowd: no crowd 'peopel'; did you mean 'people'?" in told("{step: pay, crowd: peopel}", kind, tmp_path)


def test_the_steps_of_an_ordinary_user_are_known_only_when_it_ran(tmp_path: Path) -> None:
    assert "drill.service.step: no crowd has a step 'pya'" in told("{step: pya}", "crowd", tmp_path)
    assert told("{step: pya}", "user", tmp_path) == ""


def test_a_query_is_one_that_counts_and_no_invariant(tmp_path: Path) -> None:
    (tmp_path / "nothing_open.sql").write_text("-- Nothing is open.\n-- over: ledger\nSELECT 1 FROM ledger\n")
    (tmp_path / "how_much_open.sql").write_text("-- How much is open.\n-- rows: at, open\nSELECT 1 AS at, 1 AS open\n")
    found = {"people": Inspected(persona="it", kind="crowd", steps={"pay": None})}
    with pytest.raises(ScenarioError, match=r"drill\.backlog\.query: no query 'nothing_open'; known: how_much_open"):
        check_words(drill(more=", backlog: {query: nothing_open}"), DOCUMENT, [tmp_path], found)

    check_words(drill(more=", backlog: {query: how_much_open}"), DOCUMENT, [tmp_path], found)
