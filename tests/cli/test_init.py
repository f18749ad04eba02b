"""What `rushproof init` writes for a backend that runs already: it reads, it fits itself, and it says how to go on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.audit.invariant import find
from rushproof.budget_check import check_budget
from rushproof.catalogue import audits
from rushproof.cli.reading import scenario_of
from rushproof.personas import load

Said = Callable[..., Any]


def test_a_starter_for_a_running_backend_reads_and_fits_its_persona(rushproof: Said, tmp_path: Path) -> None:
    assert rushproof("init", str(tmp_path / "rush"), "--url", "https://127.0.0.1:8443/").code == 0
    file, beside = scenario_of(str(tmp_path / "rush" / "my_scenario.yaml"), [])
    scenario, persona = file.scenario, load(str(tmp_path / "rush" / "my_visitor.py"))
    assert (scenario.target.url, scenario.target.command) == ("https://127.0.0.1:8443", None)
    assert set(scenario.crowds["visitors"].steps) == set(persona.steps)
    assert check_budget(scenario.budget, {"visitors": persona.steps}, scenario.windows) == []
    claimed = find(scenario.audit, audits(beside))
    assert {one.over for one in claimed} <= {"acknowledged", *scenario.ledgers}


def test_its_secrets_stand_in_the_environment(rushproof: Said, tmp_path: Path) -> None:
    rushproof("init", str(tmp_path), "--url", "https://127.0.0.1:8443")
    assert "dsn: ${env:RUSH_DSN}" in (tmp_path / "my_scenario.yaml").read_text()


@pytest.mark.parametrize(("url", "trusted"), [("https://localhost", "ca.pem"), ("http://localhost", None)])
def test_an_authority_is_asked_for_where_there_is_tls(url: str, trusted: str | None, rushproof: Said, tmp_path: Path) -> None:
    rushproof("init", str(tmp_path), "--url", url)
    scenario = scenario_of(str(tmp_path / "my_scenario.yaml"), [])[0].scenario
    assert scenario.target.transport.ca == trusted


def test_it_says_what_a_host_beyond_this_machine_needs(rushproof: Said, tmp_path: Path) -> None:
    near = rushproof("init", str(tmp_path / "near"), "--url", "http://127.0.0.1:8080").out
    far = rushproof("init", str(tmp_path / "far"), "--url", "https://staging.example.com").out
    assert f"rushproof check {tmp_path / 'near' / 'my_scenario.yaml'}" in near
    assert "--own-host" not in near
    assert "--own-host staging.example.com" in far
    assert "staging.example.com: {owner: YOU" in far


@pytest.mark.parametrize(
    "url",
    ["staging.example.com", "ftp://staging.example.com", "https://", "https://me:canary-4711@staging.example.com", "me:canary-4711@host"],
)
def test_a_url_that_is_none_or_holds_a_password_is_refused(url: str, rushproof: Said, tmp_path: Path) -> None:
    found = rushproof("init", str(tmp_path / "rush"), "--url", url)
    assert found.code == 2
    assert "--url: expected" in found.err
    assert "4711" not in found.err
    assert not (tmp_path / "rush").exists()


def test_nothing_is_overwritten(rushproof: Said, tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "never_oversold.sql").write_text("mine")
    found = rushproof("init", str(tmp_path), "--url", "https://localhost")
    assert found.code == 2
    assert "nothing is overwritten" in found.err
    assert [file.name for file in tmp_path.iterdir()] == ["audit"]
