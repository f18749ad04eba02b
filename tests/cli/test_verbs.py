"""The other verbs, and what all of them share."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof import __version__
from rushproof.cli import main as command
from rushproof.cli.report import FORMATS
from rushproof.journal import read_manifest

Said = Callable[..., Any]


@pytest.mark.parametrize("verb", ["check", "plan", "run", "judge", "report", "scenarios", "init", "dashboards"])
def test_the_help_of_each_verb_shows_an_example(verb: str, rushproof: Said) -> None:
    found = rushproof(verb, "--help")
    assert found.code == 0
    assert f"example:\n  rushproof {verb}" in found.out or f"rushproof {verb}" in found.out.partition("example:")[2]


def test_the_version_is_the_packages(rushproof: Said) -> None:
    assert rushproof("--version").out == f"rushproof {__version__}\n"


def test_the_help_loads_nothing_heavy() -> None:
    script = "import sys, rushproof.cli.main as command; command.parser(); print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True).stdout.split()
    assert {"numpy", "aiohttp", "duckdb", "locust", "yaml", "rich", "asyncio"} & set(loaded) == set()


def test_a_bug_of_ours_is_exit_4_with_its_trace(rushproof: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise ZeroDivisionError("half of nothing")

    monkeypatch.setattr("rushproof.catalogue.folder", lambda kind: broken())
    found = rushproof("scenarios")
    assert found.code == 4
    assert "half of nothing" in found.err
    assert "a bug of ours" in found.err


def test_an_impatient_user_gets_exit_3(rushproof: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(kind: str) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("rushproof.catalogue.folder", interrupted)
    assert rushproof("scenarios").code == 3


def test_the_table_of_verbs_is_the_files_with_add() -> None:
    assert [verb.__name__.rpartition(".")[2] for verb in command.VERBS] == [
        "check",
        "plan",
        "run",
        "capacity",
        "metastable",
        "judge",
        "mark",
        "audit",
        "report",
        "runs",
        "scenarios",
        "init",
        "dashboards",
    ]


def test_scenarios_lists_the_catalogue_and_ones_own(rushproof: Said, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("about: [")
    found = rushproof("scenarios", str(tmp_path))
    for name in ("smoke", "daily_reservation", "nine_sharp", "volume_day", "daily_reserver"):
        assert f"  {name} " in found.out
    assert f"{tmp_path}/mine.yaml  cannot be read" in found.out
    assert found.code == 0


def test_init_writes_what_reads_and_never_overwrites(rushproof: Said, tmp_path: Path) -> None:
    from rushproof.cli.reading import scenario_of

    folder = tmp_path / "rush"
    found = rushproof("init", str(folder))
    assert found.code == 0
    assert f"rushproof run {folder / 'my_scenario.yaml'}" in found.out
    file, beside = scenario_of(str(folder / "my_scenario.yaml"), [])
    assert beside == folder
    (folder / "my_visitor.py").write_text("mine by now")
    again = rushproof("init", str(folder))
    assert again.code == 2
    assert "nothing is overwritten" in again.err
    assert (folder / "my_visitor.py").read_text() == "mine by now"
    assert file.scenario.crowds["visitors"].persona == "./my_visitor.py"


def test_a_run_is_judged_again_without_its_target(recorded: Path, rushproof: Said) -> None:
    (recorded / "verdict.json").unlink()
    found = rushproof("judge", str(recorded))
    assert found.code == 0, found.out
    assert json.loads((recorded / "verdict.json").read_text())["verdict"] == "pass"


def test_a_budget_that_cannot_be_met_is_exit_1(recorded: Path, rushproof: Said, tmp_path: Path) -> None:
    strict = tmp_path / "strict.yaml"
    strict.write_text("budget:\n  - {measure: p50, step: reserve, at_most: 1us}\n")
    found = rushproof("judge", str(recorded), "--budget", str(strict))
    assert found.code == 1
    assert "p50 reserve ≤ 1us" in found.out
    assert len(read_manifest(recorded).scenario.budget) > 1, "what was run stays what was run"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("budget:\n  - {measure: p50, step: reserv, at_most: 1s}\n", "budget.0.step: no step 'reserv'"),
        ("budget:\n  - {measure: p50, at_mst: 1s}\n", "budget.0.at_mst: unknown key"),
    ],
)
def test_a_wrong_budget_is_exit_2(text: str, words: str, recorded: Path, rushproof: Said, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text)
    found = rushproof("judge", str(recorded), "--budget", str(wrong))
    assert found.code == 2
    assert words in found.err


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "hlog"])
def test_a_report_is_rendered_again_the_same(form: str, recorded: Path, rushproof: Said, tmp_path: Path) -> None:
    found = rushproof("report", str(recorded), "--format", form, "--out", str(tmp_path / "again"))
    assert found.code == 0
    assert (tmp_path / "again").read_bytes() == (recorded / FORMATS[form]).read_bytes()


def test_histograms_are_exported_in_the_log_format(recorded: Path, rushproof: Said) -> None:
    found = rushproof("report", str(recorded), "--format", "hlog")
    assert found.code == 0
    assert found.out.startswith("#")


@pytest.mark.parametrize("verb", ["judge", "report"])
def test_a_folder_without_a_run_is_refused(verb: str, tmp_path: Path, rushproof: Said) -> None:
    found = rushproof(verb, str(tmp_path))
    assert found.code == 2
    assert "holds no run" in found.err
