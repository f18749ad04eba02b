"""`rushproof run smoke`, for real: Locust, the engine, the reference backend, the audit, the reports."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def verdict(smoke: tuple[Any, Path]) -> Any:
    return json.loads((smoke[1] / "verdict.json").read_text())


def test_it_passes_and_says_where_the_page_is(smoke: tuple[Any, Path]) -> None:
    said, _ = smoke
    assert said.code == 0, said.err + said.out
    assert said.out.startswith("Pass")
    assert said.out.rstrip().endswith("run/report.html")


def test_the_folder_holds_every_form_of_the_report(smoke: tuple[Any, Path]) -> None:
    folder = smoke[1]
    for name in ("run.json", "verdict.json", "junit.xml", "report.md", "report.html", "report.txt", "target.log", "driver.log"):
        assert (folder / name).stat().st_size or name == "target.log", name
    assert not list(folder.glob(".*.csv")), "the raw ledgers do not stay"
    assert (folder / "salt").stat().st_mode & 0o077 == 0


def test_visits_and_samples_add_up(verdict: Any) -> None:
    counts = verdict["counts"]
    assert counts["offered"] == 1000
    assert counts["offered"] == counts["finished"] + counts["unfinished"] + counts["missed"] + counts["lost"]
    reserved = verdict["steps"]["reserve"]["counts"]
    assert sum(reserved.values()) >= reserved["ok"] > 1000


def test_both_sides_were_compared(verdict: Any) -> None:
    invariants = {finding["name"]: finding for finding in verdict["findings"] if finding["kind"] == "invariant"}
    assert {name for name, finding in invariants.items() if finding["status"] != "pass"} == {"acknowledged_is_visible"}, "nobody looked"
    assert invariants["acknowledged_is_visible"]["status"] == "not claimed"
    assert invariants["acknowledged_is_kept"]["n"] == verdict["steps"]["reserve"]["counts"]["ok"]
    assert invariants["nothing_unasked"]["n"] >= invariants["acknowledged_is_kept"]["n"]


def test_it_costs_little_beyond_the_scenario(smoke: tuple[Any, Path]) -> None:
    run = json.loads((smoke[1] / "run.json").read_text())
    assert run["elapsed"] == pytest.approx(5.0)
    # the drain is some thinking and a last report; three seconds are what it may take at the most
    assert run["drained"] < 5.0 + 3.5


def test_no_person_is_named_in_the_journal(smoke: tuple[Any, Path]) -> None:
    folder = smoke[1]
    for file in folder.rglob("*"):
        if file.is_file() and "target" not in file.relative_to(folder).parts:
            assert b"p0000" not in file.read_bytes(), file
