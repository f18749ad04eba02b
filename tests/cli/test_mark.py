"""Notes that people make while a drill runs, or afterwards with the moment they were at."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.injection import Mark
from rushproof.journal import read_actions

Called = Callable[..., Any]


@pytest.fixture
def runs(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs that go on, the newer since ten seconds; one whose harness died long ago; one that is over."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "reports" / "runs"
    now = time.time()
    for name, start, ending in (
        ("older", now - 20, "running"), ("newer", now - 10, "running"), ("died", now - 9999, "running"), ("over", now - 5, "complete"),
    ):  # fmt: skip
        shutil.copytree(recorded, folder / name)
        manifest = json.loads((folder / name / "run.json").read_text())
        (folder / name / "run.json").write_text(json.dumps({**manifest, "run": name, "start": start, "ending": ending}))
    return folder


def test_a_note_goes_to_the_newest_run_that_goes_on(rushproof: Called, runs: Path) -> None:
    said = rushproof("mark", "the duty officer\nanswers")
    assert said.code == 0 and said.out.startswith("reports/runs/newer: 09:00:") and "the duty officer answers" in said.out
    ((only,), nothing) = (read_actions(runs / "newer")[1], read_actions(runs / "older")[1])
    assert only.text == "the duty officer answers" and 10 <= only.at < 70 and nothing == ()


def test_a_note_goes_to_the_run_that_is_named(rushproof: Called, runs: Path) -> None:
    assert rushproof("mark", "reports/runs/older", "here").code == 0
    assert [mark.text for mark in read_actions(runs / "older")[1]] == ["here"]


def test_a_run_that_is_over_is_told_when_it_was(rushproof: Called, runs: Path) -> None:
    said = rushproof("mark", "reports/runs/over", "too late")
    assert said.code == 2 and "the run is over; say when it was with --at MOMENT" in said.err
    assert rushproof("mark", "reports/runs/over", "then", "--at", "09:00:03").code == 0
    assert read_actions(runs / "over")[1] == (Mark(at=3.0, text="then"),)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("reports/runs/older", "  "), "expected a text of 1 to 500 characters"),
        (("reports/runs/older", "x", "--at", "nine"), "--at: no moment 'nine' on the timetable"),
        (("reports/runs/older", "x", "--at", "08:59"), "--at: expected a moment from 09:00:00 on, when the run began, to 09:00:"),
        (("reports/runs/older", "x", "--at", "09:55"), "found 09:55"),
        (("reports/runs/none", "x"), "reports/runs/none"),
    ],
)
def test_what_cannot_be_noted_is_told(rushproof: Called, runs: Path, words: tuple[str, ...], problem: str) -> None:
    said = rushproof("mark", *words)
    assert said.code == 2 and problem in said.err


def test_where_nothing_runs_a_folder_has_to_be_named(rushproof: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = rushproof("mark", "hello")
    assert said.code == 2 and "no run in reports/runs is running; name the folder of the run" in said.err
