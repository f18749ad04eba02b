"""`rushproof capacity` and `rushproof report --go-no-go` as the shell calls them: what they refuse, and a page from a real run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], ["the following arguments are required: SCENARIO"]),
        (["smok"], ["did you mean 'smoke'?"]),
        (["smoke", "--first", "fast"], ["--first: expected a rate such as 500/s", "'fast'"]),
        (["smoke", "--first", "0/s"], ["--first: expected more than 0"]),
        (["smoke", "--forecast", "2000"], ["--forecast: expected a rate"]),
        (["smoke", "--within", "0%"], ["--within: expected more than 0"]),
        (["smoke", "--within", "5x"], ["--within: expected a share"]),
        (["smoke", "--least", "30s"], ["--least 30s --most 20s"]),
        (["smoke", "--most", "soon"], ["--most: expected a duration"]),
        (["smoke", "--rungs", "0"], ["--rungs: expected a number from 1 to 100"]),
        (["smoke", "--set", "budget=[{measure: throughput, step: reserve, at_least: 5/s}]"], ["expected a limit on a latency or a share"]),
        (
            ["smoke", "--set", "crowds.reservers={persona: plain_browser, users: 5}"],
            ["the crowd reservers is of an ordinary Locust user, which has no rate"],
        ),
        (["smoke", "--target", "http://192.0.2.1"], ["192.0.2.1", "not this machine", "--own-host"]),
        (["smoke", "--speed", "2"], ["unrecognized arguments: --speed 2"]),
    ],
)
def test_what_cannot_be_asked_is_exit_2_and_one_message(
    words: list[str], told: list[str], rushproof: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = rushproof("capacity", *words)
    assert said.code == 2, said
    for word in told:
        assert word in said.err
    assert not list(tmp_path.rglob("rung-*"))


def test_a_passing_run_at_its_forecast_is_a_go(recorded: Path, rushproof: Callable[..., Any]) -> None:
    said = rushproof("report", "--go-no-go", str(recorded))
    assert said.code == 0, said
    assert said.out.startswith("# ✅ Go: 200/s visits are forecast")
    assert "all 6 invariants held" in said.out


def test_the_page_is_written_by_the_ending_of_the_file(recorded: Path, rushproof: Callable[..., Any], tmp_path: Path) -> None:
    for name, begins in (("page.md", "# ✅ Go"), ("page.html", "<!doctype html>")):
        assert rushproof("report", "--go-no-go", str(recorded), "--out", str(tmp_path / name)).code == 0
        assert (tmp_path / name).read_text().startswith(begins)
    said = rushproof("report", "--go-no-go", str(recorded), "--out", str(tmp_path / "page"))
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == ["launch.html", "launch.md"]
    assert said.out.startswith("Go: ")


def test_a_forecast_that_nothing_reached_is_exit_3(recorded: Path, rushproof: Callable[..., Any]) -> None:
    manifest = json.loads((recorded / "run.json").read_text())
    manifest["scenario"]["forecast"] = 5000.0
    (recorded / "run.json").write_text(json.dumps(manifest))
    said = rushproof("report", "--go-no-go", str(recorded))
    assert said.code == 3
    assert said.out.startswith("# ❔ Cannot tell: the forecast was not reached")


def test_a_budget_that_did_not_hold_is_exit_1(recorded: Path, rushproof: Callable[..., Any]) -> None:
    manifest = json.loads((recorded / "run.json").read_text())
    manifest["scenario"]["budget"] = [{"measure": "p99", "step": "reserve", "at_most": "1us"}]
    (recorded / "run.json").write_text(json.dumps(manifest))
    said = rushproof("report", "--go-no-go", str(recorded))
    assert said.code == 1
    assert said.out.startswith("# ❌ No-go: p99 reserve ≤ 1us failed.")


def test_a_folder_that_holds_neither_is_exit_2(rushproof: Callable[..., Any], tmp_path: Path) -> None:
    said = rushproof("report", "--go-no-go", str(tmp_path))
    assert said.code == 2
    assert "holds no run" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "junit"], "the page for a launch is markdown or html"),
        (["--out", "page.pdf"], "expected a file that ends in .md or .html"),
    ],
)
def test_a_form_that_the_page_does_not_have_is_exit_2(words: list[str], told: str, recorded: Path, rushproof: Callable[..., Any]) -> None:
    said = rushproof("report", "--go-no-go", str(recorded), *words)
    assert said.code == 2
    assert told in said.err


def test_without_the_flag_a_report_is_of_one_run(recorded: Path, rushproof: Callable[..., Any], tmp_path: Path) -> None:
    other = shutil.copytree(recorded, tmp_path / "other")
    said = rushproof("report", str(recorded), str(other))
    assert said.code == 2
    assert "one report is of one run, found 2" in said.err
