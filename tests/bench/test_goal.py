"""Figures beside their bounds."""

import json
from pathlib import Path

import pytest

from bench.goal import Mark, ratio, read, table, write


@pytest.mark.parametrize(
    ("measured", "sign", "met"),
    [
        (8.0, "≥", True),
        (7.9, "≥", False),
        (8.0, "≤", True),
        (8.1, "≤", False),
        (None, "≥", None),  # a peer that is not installed is neither met nor missed
    ],
)
def test_a_goal_is_met_on_its_own_side_of_the_bound(measured: float | None, sign: str, met: bool | None) -> None:
    assert Mark(1, "x", measured, sign, 8.0).met is met  # type: ignore[arg-type]


def test_a_ratio_says_how_many_times_the_peer_is_reached() -> None:
    assert ratio(1, "× k6", 30_000.0, 7_500.0, 4.0).measured == pytest.approx(4.0)


def test_without_a_peer_there_is_no_ratio() -> None:
    assert ratio(1, "× k6", 30_000.0, None, 4.0).measured is None


def test_the_table_shows_each_mark_with_its_sign_and_bound() -> None:
    marks = [
        Mark(1, "× k6", 4.21, "≥", 4.0, "×"),
        Mark(3, "memory", 3.5, "≤", 3.0, "GB", "engine 3.4 GB"),
        Mark(1, "× hey", None, "≥", 1.0),
    ]
    lines = table(marks).splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["✓", "✗", "?"]
    assert lines[1].split()[-5:] == ["4.21", "×", "≥", "4", "×"]
    assert lines[2].endswith("engine 3.4 GB")
    assert "not measured" in lines[3]


def test_a_file_of_figures_names_the_machine_and_reads_back(tmp_path: Path) -> None:
    marks = [Mark(1, "× k6", 4.2, "≥", 4.0, "×"), Mark(1, "× wrk", None, "≥", 0.28, "×", "not installed")]
    file = write("generator", marks, {"probes": []}, tmp_path / "bench")
    assert read(file) == marks
    written = json.loads(file.read_text())
    assert [row["met"] for row in written["marks"]] == [True, None]
    assert {"processor", "cores", "memory", "command"} <= set(written["machine"])
