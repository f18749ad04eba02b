"""`rushproof metastable` and `--drill` as the shell calls them: what they refuse, before anything starts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.cli import metastable
from rushproof.cli.main import parser

NO_PAUSES = {
    "title": "x",
    "description": "x",
    "method": [{"type": "action", "name": "Stop", "provider": {"type": "process", "path": "true"}}],
}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], ["the following arguments are required: SCENARIO"]),
        (["smoke"], ["drill: this scenario breaks nothing"]),
        (["smoke", "--rate", "fast"], ["--rate: expected a rate such as 500/s"]),
        (["smoke", "--for", "0s"], ["--for: expected more than 0"]),
        (["smoke", "--grid", "--loads", "50%,x"], ["--loads: expected a share"]),
        (["smoke", "--drill", "nowhere.json"], ["nowhere.json", "cannot be read"]),
        (["smoke", "--drill", "plain.json"], ["drill.experiment", "method: Stop: it ends when it begins"]),
    ],
)
def test_what_cannot_be_asked_is_exit_2_and_one_message(
    words: list[str], told: list[str], rushproof: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.json").write_text(json.dumps(NO_PAUSES))
    said = rushproof("metastable", *words)
    assert said.code == 2, said
    for word in told:
        assert word in said.err
    assert not list(tmp_path.rglob("hold-*"))


def test_the_command_to_run_it_again_accepts_what_was_accepted() -> None:
    options = parser().parse_args(["metastable", "smoke", "--accept-unguarded"])
    assert options.accept_unguarded
    assert " ".join(metastable._wish(options).again) == "rushproof metastable smoke --accept-unguarded"


def test_a_plan_knows_the_experiment_that_its_run_goes_through(
    rushproof: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (action,) = NO_PAUSES["method"]
    experiment = {**NO_PAUSES, "method": [{**action, "pauses": {"after": 2}}]}
    (tmp_path / "stop.json").write_text(json.dumps(experiment))
    said = rushproof("plan", "smoke", "--drill", "stop.json", "--set", "drill.begins=open + 1s")
    assert said.code == 0, said
    assert "stop (chaostoolkit)" in said.out
