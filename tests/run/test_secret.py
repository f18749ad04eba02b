"""Secrets are put in where they are used and stay out of everything that is written."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import InputError
from rushproof.run.secret import resolved
from rushproof.run.story import run

CANARY = "canary-4c1f"


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", CANARY)
    (tmp_path / "key.txt").write_text("hidden\n")
    given = {"token": "Bearer ${env:TOKEN}", "keys": ["${file:key.txt}", 3], "plain": "${not:one}"}
    assert resolved(given, tmp_path) == {"token": f"Bearer {CANARY}", "keys": ["hidden", 3], "plain": "${not:one}"}


@pytest.mark.parametrize(
    ("text", "words"), [("${env:RUSHPROOF_ABSENT}", "the environment has no RUSHPROOF_ABSENT"), ("${file:absent}", "cannot be read")]
)
def test_a_secret_that_is_not_there_is_told_by_its_name(text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUSHPROOF_ABSENT", raising=False)
    with pytest.raises(InputError, match=words):
        resolved(text, tmp_path)


def test_no_artefact_holds_a_secret(
    scenario: Callable[..., Any], options: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", CANARY)
    told = scenario("crowds.people.settings={token: '${env:TOKEN}'}")
    asyncio.run(asyncio.wait_for(run(told, options(), tmp_path / "run", lambda _: None), 30.0))
    files = [file for file in (tmp_path / "run").rglob("*") if file.is_file()]
    assert "${env:TOKEN}" in (tmp_path / "run" / "run.json").read_text()
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []
