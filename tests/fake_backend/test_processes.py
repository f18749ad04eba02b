"""Several real processes on one port: alike whichever is asked, started again when one dies, drained together, gone with their parent."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DEADLINE = 60.0


class Servers:
    """`python -m fake_backend` with the options, and the processes it looks after."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fake_backend", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.port = int(line.rsplit(":", 1)[1])

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """On a connection of its own, so that any of the processes may get it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, json.loads(text) if "json" in (answer.getheader("Content-Type") or "") else text
        finally:
            connection.close()

    def reserve(self, person: str) -> tuple[int, Any]:
        body = {"person": person, "round": "2022-04-01.r1", "shop": "s1"}
        return self.ask("POST", "/reservations", body, {"Idempotency-Key": f"key-{person}"})

    def rows(self) -> dict[str, int]:
        lines = self.ask("GET", "/ledger/reservations.csv?limit=200000")[1].splitlines()[1:]
        return {line.split(",")[1]: int(line.split(",")[0]) for line in lines}

    def answering(self) -> set[str]:
        """The processes that answer, told apart by when they began."""
        asked = (self.ask("GET", "/metrics")[1] for _ in range(12))
        return {line for text in asked for line in text.splitlines() if line.startswith("process_start_time_seconds ")}

    def started(self, word: str) -> list[int]:
        """The processes under this one whose command line holds the word."""
        files = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [child for file in files for child in file.read_text().split()]
        return sorted(int(child) for child in children if word in Path(f"/proc/{child}/cmdline").read_text().replace("\0", " "))

    def serving(self) -> list[int]:
        return [pid for pid in self.started("-m fake_backend --port") if pid != self.process.pid]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Servers]]:
    running: list[Servers] = []

    def started(*options: str) -> Servers:
        running.append(Servers(*options))
        return running[-1]

    yield started
    for each in running:
        if each.process.poll() is None:
            each.end()


def _until(holds: Callable[[], Any], within: float = DEADLINE) -> Any:
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if found := holds():
                return found
        except (OSError, http.client.HTTPException, ValueError):
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_whichever_process_is_asked_says_the_same_and_one_that_dies_is_started_again(start, postgres) -> None:
    servers = start("--database", postgres, "--cache", "embedded-valkey", "--processes", "2")
    assert len(servers.serving()) == 2
    promised = {f"p{number}": servers.reserve(f"p{number}")[1]["sequence"] for number in range(30)}
    assert servers.ask("PUT", "/clock", {"now": "2022-04-01T09:30:00", "speed": 1})[0] == 200
    assert all(servers.ask("GET", "/clock")[1]["now"].startswith("2022-04-01T09:3") for _ in range(12))
    assert servers.ask("PUT", "/switches/slow_sync", {"ttl": 600, "delay": 0.001})[0] == 200
    health = [servers.ask("GET", "/health")[1] for _ in range(12)]
    assert all((each["switches"], each["reservations"]) == (["slow_sync"], 30) for each in health)
    counted = 'fake_backend_reservations_total{code="accepted"} 30.0'
    assert all(counted in servers.ask("GET", "/metrics")[1] for _ in range(8))

    died, other = servers.serving()
    os.kill(died, signal.SIGKILL)
    _until(lambda: died not in servers.serving() and len(servers.answering()) == 2)
    assert all(servers.ask("GET", "/health")[1]["switches"] == ["slow_sync"] for _ in range(8))
    os.kill(other, signal.SIGKILL)
    _until(lambda: other not in servers.serving() and len(servers.answering()) == 2)
    assert servers.rows() == promised
    assert all(servers.reserve(person)[1]["sequence"] == number for person, number in promised.items())
    _until(lambda: counted in servers.ask("GET", "/metrics")[1])  # what the dead counted is not forgotten
    assert all(servers.ask("GET", "/health")[1]["switches"] == ["slow_sync"] for _ in range(8))

    servers.ask("PUT", "/switches/slow_sync", {"ttl": 60, "delay": 0.7})
    answers: list[tuple[int, Any]] = []
    waiting = threading.Thread(target=lambda: answers.append(servers.reserve("late")))
    waiting.start()
    _until(lambda: servers.ask("GET", "/health")[1]["waiting"])
    assert servers.end() == 0
    waiting.join(DEADLINE)
    assert [status for status, _ in answers] == [201]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own: PostgreSQL runs as another user where this is root, and pytest lets nobody else in."""
    with tempfile.TemporaryDirectory(prefix="kept-") as name:
        yield Path(name)


def test_killed_with_its_own_postgres_it_leaves_no_process_and_its_rows_are_there_the_next_time(start, folder) -> None:
    kept = f"embedded-postgres:{folder / 'kept'}"
    servers = start("--database", kept)
    promised = {f"p{number}": servers.reserve(f"p{number}")[1]["sequence"] for number in range(5)}
    (guard,) = servers.started("fake_backend.guard")
    postgres = int((folder / "kept" / "postmaster.pid").read_text().split()[0])
    assert servers.end(signal.SIGKILL) == -signal.SIGKILL
    _until(lambda: not _alive(guard) and not _alive(postgres))
    again = start("--database", kept)
    assert again.rows() == promised
    assert again.end() == 0
    assert not (folder / "kept" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--processes", "2"), "several need --database postgres://"),
        (("--processes", "2", "--database", "ledger.db"), "several need --database postgres://"),
        (("--processes", "2", "--database", "postgres:///x"), "several need --cache"),
        (("--processes", "0"), "expected 1 to 64"),
        (("--database", "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2"), "PostgreSQL cannot be used: "),
        (("--cache", "http://127.0.0.1"), "--cache: expected embedded-valkey or a URL"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(tmp_path, options: tuple[str, ...], said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "fake_backend", "--port", "0", *options],
        capture_output=True, text=True, timeout=DEADLINE, check=False, cwd=Path.cwd(),
    )  # fmt: skip
    assert ended.returncode == 2 and ended.stdout == ""
    assert said in ended.stderr and "Traceback" not in ended.stderr
