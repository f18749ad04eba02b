"""`rushproof dashboards push` against a server that answers as Grafana does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from rushproof import catalogue
from rushproof.cli.main import main


class Grafana(BaseHTTPRequestHandler):
    """Holds folders and dashboards; `mood` makes it answer otherwise."""

    mood: tuple[int, bytes] | None = None
    base = ""
    folders: list[dict[str, str]]
    pushed: list[dict[str, Any]]

    def do_GET(self) -> None:
        self._answer(self.folders if self.path == f"{self.base}/api/folders" else None)

    def do_POST(self) -> None:
        wish = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == f"{self.base}/api/folders":
            self.folders.append({"uid": "new", "title": wish["title"]})
            self._answer(self.folders[-1])
        elif self.path == f"{self.base}/api/dashboards/db":
            self.pushed.append(wish)
            self._answer({"url": f"{self.base}/d/{wish['dashboard']['uid']}/x", "status": "success"})
        else:
            self._answer(None)

    def _answer(self, value: object) -> None:
        status, body = self.mood or (200, json.dumps(value).encode())
        if self.headers["Authorization"] != "Bearer right":
            status, body = 401, b'{"message": "Invalid API key"}'
        elif value is None:
            status, body = 404, b'{"message": "Not found"}'
        self.send_response(status)
        if status == 301:
            self.send_header("Location", "https://elsewhere.invalid/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Grafana]]:
    """A handler class of its own for each test, served on a free port; `base` is a path under which it lives."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "GRAFANA_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    handler = type("Mine", (Grafana,), {"folders": [{"uid": "old", "title": "Rush"}], "pushed": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        handler.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler
        server.shutdown()
        thread.join(10)


def push(grafana: Any, *words: str, token: str = "right") -> int:
    return main(["dashboards", "push", "--url", grafana.url + grafana.base, "--token", token, *words])


def test_every_dashboard_of_the_catalogue_arrives_whole(grafana: type[Grafana], capsys: pytest.CaptureFixture[str]) -> None:
    assert push(grafana) == 0

    files = [json.loads(entry.path.read_text(encoding="utf-8")) for entry in catalogue.entries(catalogue.DASHBOARDS, ".json")]
    assert files
    assert [wish["dashboard"] for wish in grafana.pushed] == [{**file, "id": None} for file in files]
    assert all(wish["overwrite"] and "folderUid" not in wish for wish in grafana.pushed)
    assert f"the-rush: {grafana.url}/d/rushproof-the-rush/x" in capsys.readouterr().out  # type: ignore[attr-defined]


def test_a_folder_that_is_there_is_used(grafana: type[Grafana]) -> None:
    assert push(grafana, "--folder", "Rush") == 0

    assert {wish["folderUid"] for wish in grafana.pushed} == {"old"}
    assert len(grafana.folders) == 1


def test_a_folder_that_is_not_there_is_made(grafana: type[Grafana]) -> None:
    assert push(grafana, "--folder", "Drill") == 0

    assert {wish["folderUid"] for wish in grafana.pushed} == {"new"}
    assert grafana.folders[-1]["title"] == "Drill"


def test_a_grafana_under_a_path_is_found_there(grafana: type[Grafana]) -> None:
    grafana.base = "/grafana"

    assert push(grafana, "--folder", "Rush") == 0
    assert grafana.pushed


def test_the_token_may_come_from_the_environment(grafana: type[Grafana], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN", "right")

    assert main(["dashboards", "push", "--url", grafana.url]) == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ((403, b'{"message": "Access denied"}'), "refused (403): the token may not do this; its service account needs the role Editor"),
        ((412, b'{"message": "exists"}'), "refused (412): it holds a dashboard of that name"),
        ((500, b'{"message": "database is locked"}'), "refused (500): Server Error 500: database is locked"),
        ((400, b'{"message": "bad dashboard"}'), "refused (400): Bad Input"),
        ((200, b"<html>a login page</html>"), "answers, but not as Grafana does"),
        ((200, b"{}"), "answers, but not as Grafana does"),
        ((200, b"[]"), "answers, but not as Grafana does"),
        ((301, b""), "sends elsewhere"),
    ],
)
def test_what_grafana_does_not_take_is_said_and_ends_with_2(
    grafana: type[Grafana], capsys: pytest.CaptureFixture[str], mood: tuple[int, bytes], said: str
) -> None:
    grafana.mood = mood

    assert push(grafana) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert "right" not in error


def test_a_wrong_token_is_said(grafana: type[Grafana], capsys: pytest.CaptureFixture[str]) -> None:
    assert push(grafana, token="wrong") == 2
    assert "refused (401): it does not know the token" in capsys.readouterr().err


def test_a_wrong_path_is_said(grafana: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboards", "push", "--url", f"{grafana.url}/elsewhere", "--token", "right"]) == 2
    assert "there is no Grafana API at this address" in capsys.readouterr().err


def test_no_token_at_all_is_said_before_anything_is_sent(grafana: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboards", "push", "--url", grafana.url]) == 2
    assert "GRAFANA_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["grafana", "ftp://grafana", "http://", "http://me:secret@grafana", "http://[::1", "http://grafana:99999"])
def test_an_address_that_is_none_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboards", "push", "--url", url, "--token", "right"]) == 2
    error = capsys.readouterr().err
    assert "--url: expected an address" in error
    assert "secret" not in error


def test_nobody_there_is_said(capsys: pytest.CaptureFixture[str], grafana: Any) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        port = closed.server_port

    assert main(["dashboards", "push", "--url", f"http://127.0.0.1:{port}", "--token", "right"]) == 2
    assert "cannot be reached: [Errno 111] Connection refused" in capsys.readouterr().err
