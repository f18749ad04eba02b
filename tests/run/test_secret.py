"""Secrets are put in where they are used and stay out of everything that is written."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import InputError
from rushproof.run import secret
from rushproof.run.secret import masked, resolved
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


DSN = "postgresql://canary-user:p%40ss-c%C3%A4nary@db.example:5432/shop?sslpassword=canary-too&application_name=rushproof"
SAID = [
    (CANARY, f"Bearer {CANARY} was refused", "Bearer … was refused"),
    (CANARY, "nothing of it", "nothing of it"),
    ("abc", "abcdef", "abcdef"),
    (DSN, f"invalid DSN {DSN}", "invalid DSN …"),
    (DSN, 'authentication failed for user "canary-user"', 'authentication failed for user "…"'),
    (DSN, "token p%40ss-c%C3%A4nary, p@ss-cänary", "token …, …"),
    (DSN, "canary-too at db.example:5432, rushproof", "… at db.example:5432, rushproof"),
    ("mysql://root:hunter2@db/x", "Access denied for user 'root'@'db' (hunter2)", "Access denied for user '…'@'db' (…)"),
    ("postgres://postgres@db", "pip install 'rushproof[postgres]' for \"postgres\"", "pip install 'rushproof[postgres]' for \"…\""),
    ("http://127.0.0.1:8080", "GET http://127.0.0.1:8080/health", "GET http://127.0.0.1:8080/health"),
    ("https://hooks.example/T0/canary", "GET https://hooks.example/T0/canary failed", "GET … failed"),
    ("http://[::1", "what is no http://[::1 at all", "what is no … at all"),
]


@pytest.mark.parametrize(("value", "text", "seen"), SAID, ids=[seen for *_, seen in SAID])
def test_a_message_is_masked_of_every_secret_that_was_put_in(
    value: str, text: str, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret, "_hidden", {})
    monkeypatch.setenv("TOKEN", value)
    resolved({"dsn": "${env:TOKEN}"}, tmp_path)

    assert masked(text) == seen


def test_the_parts_of_a_dsn_that_is_put_together_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "_hidden", {})
    monkeypatch.setenv("LEDGER_PASSWORD", "p%40ss-word")
    resolved("mysql://reader-one:${env:LEDGER_PASSWORD}@db/shop", tmp_path)

    assert masked("p%40ss-word, p@ss-word of 'reader-one' at db") == "…, … of '…' at db"


def test_no_artefact_holds_a_secret(
    scenario: Callable[..., Any], options: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", CANARY)
    told = scenario("crowds.people.settings={token: '${env:TOKEN}'}")
    asyncio.run(asyncio.wait_for(run(told, options(), tmp_path / "run", lambda _: None), 30.0))
    files = [file for file in (tmp_path / "run").rglob("*") if file.is_file()]
    assert "${env:TOKEN}" in (tmp_path / "run" / "run.json").read_text()
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []
