"""Labels, and the list of what was run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.cli.main import parser
from rushproof.journal import read_manifest

Called = Callable[..., Any]


@pytest.fixture
def runs(recorded: Path, tmp_path: Path) -> Path:
    """Three runs of two builds, one of them never judged; their folders are not in the order of time."""
    folder = tmp_path / "runs"
    for name, start, labels in (("c", 100.0, {"build": "1"}), ("a", 200.0, {"build": "2", "by": "ci"}), ("b", 300.0, {"build": "2"})):
        shutil.copytree(recorded, folder / name)
        manifest = json.loads((folder / name / "run.json").read_text())
        (folder / name / "run.json").write_text(json.dumps({**manifest, "run": f"run-{name}", "start": start, "labels": labels}))
    (folder / "b" / "verdict.json").unlink()
    (folder / "notes").mkdir()
    return folder


def test_runs_are_listed_the_newest_last_with_what_they_came_to(rushproof: Called, runs: Path) -> None:
    said = rushproof("runs", str(runs))
    assert said.code == 0 and said.err == ""
    head, *rows = [line.split() for line in said.out.splitlines()]
    assert head == ["run", "scenario", "labels", "verdict", "scale", "speed", "step", "p99"]
    assert [row[0] for row in rows] == ["run-c", "run-a", "run-b"]
    told = json.loads((runs / "c" / "verdict.json").read_text())
    assert rows[0][1:7] == ["smoke", "build=1", told["verdict"], "1", "1", "reserve"] and rows[0][-1] in ("ms", "s")
    assert rows[1][2:4] == ["build=2", "by=ci"]
    assert rows[2][-4:] == ["(complete)", "1", "1", "–"]


def test_labels_pick_the_runs_that_have_all_of_them(rushproof: Called, runs: Path) -> None:
    assert "run-c" not in rushproof("runs", str(runs), "--label", "build=2").out
    assert len(rushproof("runs", str(runs), "--label", "build=2", "--label", "by=ci").out.splitlines()) == 2
    said = rushproof("runs", str(runs), "--label", "build=3")
    assert said.code == 0 and said.out == f"{runs}: no run with the label build=3\n"


def test_a_run_that_cannot_be_read_is_told_beside_the_others(rushproof: Called, runs: Path) -> None:
    (runs / "a" / "verdict.json").write_text('{"steps": []}')
    (runs / "b" / "run.json").write_text("{")
    said = rushproof("runs", str(runs))
    assert said.code == 0 and len(said.out.splitlines()) == 2
    assert "a/verdict.json is not a run's verdict" in said.err and "b/run.json is not a run's manifest" in said.err


def test_a_folder_that_is_not_there_is_told(rushproof: Called, tmp_path: Path) -> None:
    said = rushproof("runs", str(tmp_path / "none"))
    assert said.code == 2 and "none is no folder: expected one with run folders in it" in said.err


@pytest.mark.parametrize("wrong", ["build", "=1", "build=", "2nd=1", "a b=1", "build=\x1b[31m", f"build={'x' * 201}"])
def test_a_label_that_is_none_is_told(rushproof: Called, wrong: str) -> None:
    said = rushproof("run", "smoke", "--label", wrong)
    assert said.code == 2 and "expected name=value such as build=2026.11.3" in said.err


def test_a_label_twice_is_told_before_anything_starts(rushproof: Called, tmp_path: Path) -> None:
    said = rushproof("run", "smoke", "--label", "build=1", "--label", "build=2", "--out", str(tmp_path / "run"))
    assert said.code == 2 and "--label build: given 2 times, expected once" in said.err
    assert not (tmp_path / "run").exists()


def test_labels_reach_the_run_as_they_were_given() -> None:
    from rushproof.cli.asked import options_asked, scenario_asked

    words = parser().parse_args(["run", "smoke", "--label", "build=a=b", "--label", "by=ci"])
    assert options_asked(words, *scenario_asked(words)).labels == {"build": "a=b", "by": "ci"}


def test_labels_stand_in_every_report(rushproof: Called, recorded: Path) -> None:
    manifest = json.loads((recorded / "run.json").read_text())
    (recorded / "run.json").write_text(json.dumps({**manifest, "labels": {"build": "zebra-42", "by": "ci"}}))
    assert read_manifest(recorded).labels["build"] == "zebra-42"
    for form in ("text", "json", "junit", "markdown", "html"):
        out = rushproof("report", str(recorded), "--format", form).out
        assert "zebra-42" in out, form
    assert json.loads(rushproof("report", str(recorded), "--format", "json").out)["labels"] == {"build": "zebra-42", "by": "ci"}
