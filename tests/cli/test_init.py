"""What `rushproof init` writes for a backend that runs already: it reads, it fits itself, and it says how to go on."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rushproof.audit.invariant import find
from rushproof.budget_check import check_budget
from rushproof.catalogue import audits
from rushproof.cli.reading import scenario_of
from rushproof.personas import load

Said = Callable[..., Any]


class Yes(BaseHTTPRequestHandler):
    """Says yes to everything."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"code": 0, "data": {"id": "B1"}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:
        """Into nothing."""


@pytest.fixture
def yes() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Yes) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_its_persona_takes_every_step_of_a_backend_that_says_yes(rushproof: Said, yes: str, tmp_path: Path) -> None:
    rushproof("init", str(tmp_path), "--url", yes)
    (tmp_path / "persons.csv").write_text("id,token,shop\nu1,t1,s1\n")
    changes = [word for change in ("ledgers={}", "audit=[]", "crowds.visitors.arrivals.rate=0.1/s") for word in ("--set", change)]
    done = subprocess.run(
        [sys.executable, "-m", "rushproof", "check", str(tmp_path / "my_scenario.yaml"), *changes],
        cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip

    assert "visitors · look: GET /items" in done.stdout and "visitors · book: POST /bookings" in done.stdout, done.stdout + done.stderr
    assert "promised: round i1" in done.stdout


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
