"""The real process: killed, stopped, started where it cannot be."""

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

databases = ("sqlite",)

DEADLINE = 60.0


class Server:
    """One `python -m fake_backend` on a free port."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "fake_backend", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self._line()
        assert line.startswith("listening on http://127.0.0.1:"), (line, self.process.stderr.read() if self.process.stderr else "")
        self.port = int(line.rsplit(":", 1)[1])

    def _line(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        return self.process.stdout.readline() if ready else ""

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        try:
            return self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def started(*arguments: str) -> Server:
        servers.append(Server("--database", str(tmp_path / "ledger.db"), *arguments))
        return servers[-1]

    yield started
    for server in servers:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)


def _reserve(connection: http.client.HTTPConnection, person: str) -> tuple[int, dict]:
    body = json.dumps({"person": person, "round": "2022-04-01.r1", "shop": "s1"})
    connection.request("POST", "/reservations", body, {"Idempotency-Key": f"key-{person}"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def _rows(server: Server) -> dict[str, int]:
    connection = server.connection()
    connection.request("GET", "/ledger/reservations.csv?limit=200000")
    lines = connection.getresponse().read().decode().splitlines()[1:]
    connection.close()
    return {line.split(",")[1]: int(line.split(",")[0]) for line in lines}


def _visitors(server: Server, promised: dict[str, int], doubtful: set[str], name: str) -> list[threading.Thread]:
    def visit(visitor: int) -> None:
        connection = server.connection()
        number = 0
        while True:
            number += 1
            person = f"{name}-{visitor}-{number}"
            try:
                status, body = _reserve(connection, person)
            except (OSError, http.client.HTTPException, ValueError):
                doubtful.add(person)
                connection.close()
                return
            if status == 201:
                promised[person] = body["sequence"]

    threads = [threading.Thread(target=visit, args=(visitor,)) for visitor in range(8)]
    for thread in threads:
        thread.start()
    return threads


def test_killed_in_the_middle_of_writing_it_has_everything_it_answered(start) -> None:
    promised: dict[str, int] = {}
    doubtful: set[str] = set()
    for life in range(3):
        server = start()
        already = len(promised)
        threads = _visitors(server, promised, doubtful, f"life{life}")
        until = time.monotonic() + DEADLINE
        while len(promised) < already + 150 and time.monotonic() < until:
            time.sleep(0.005)
        server.end(signal.SIGKILL)
        for thread in threads:
            thread.join(DEADLINE)
    server = start()
    rows = _rows(server)
    assert len(promised) >= 450
    assert {person: rows.get(person) for person in promised} == promised
    assert set(rows) <= set(promised) | doubtful
    assert sorted(rows.values()) == list(range(1, len(rows) + 1))
    connection = server.connection()
    person = next(iter(promised))
    assert _reserve(connection, person) == (201, {**_reserve(connection, person)[1], "sequence": promised[person]})
    connection.close()
    assert server.end() == 0


def test_told_to_stop_it_answers_what_is_under_way_and_ends_with_0(start) -> None:
    server = start()
    connection = server.connection()
    connection.request("PUT", "/switches/slow_sync", json.dumps({"ttl": 60, "delay": 1.0}))
    connection.getresponse().read()
    answers: list[tuple[int, dict]] = []
    waiting = threading.Thread(target=lambda: answers.append(_reserve(connection, "p1")))
    waiting.start()
    watch = server.connection()
    until = time.monotonic() + DEADLINE
    waits = 0
    while not waits and time.monotonic() < until:
        watch.request("GET", "/health")
        waits = json.loads(watch.getresponse().read())["waiting"]
    server.process.send_signal(signal.SIGTERM)
    waiting.join(DEADLINE)
    assert [status for status, _ in answers] == [201]
    for each in (connection, watch):
        each.close()
    assert server.wait() == 0
    assert _rows(start()) == {"p1": 1}


def _refused(*arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "fake_backend", *arguments], capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    return ended.stderr


def test_a_port_that_is_taken_is_one_clear_line(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert _refused("--port", str(port)) == f"fake_backend: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_file_that_cannot_be_used_is_one_clear_line(start, tmp_path) -> None:
    nowhere = tmp_path / "nowhere" / "ledger.db"
    assert _refused("--port", "0", "--database", str(nowhere)) == f"fake_backend: {nowhere}: not writable: No such file or directory\n"
    other = tmp_path / "letter.txt"
    other.write_text("not a database, " * 100)
    assert _refused("--port", "0", "--database", str(other)).count("\n") == 1
    folder = tmp_path / "folder"
    folder.mkdir()
    assert _refused("--port", "0", "--database", str(folder)).count("\n") == 1
    start()
    used = tmp_path / "ledger.db"
    assert _refused("--port", "0", "--database", str(used)) == f"fake_backend: {used}: another server is using this file\n"


@pytest.mark.parametrize(
    "wrong", [("--speed", "0"), ("--speed", "nan"), ("--port", "70000"), ("--most-waiting", "0"), ("--nonsense",), ("--gateway", "here")]
)
def test_a_wrong_option_says_what_was_expected(wrong: tuple[str, ...]) -> None:
    assert "error:" in _refused(*wrong)


def test_without_a_file_it_leaves_nothing_behind(tmp_path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fake_backend", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("listening")
    assert len(list(tmp_path.iterdir())) == 1
    process.terminate()
    assert process.wait(DEADLINE) == 0
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []
