"""`python -m fake_backend.providers`: says where it listens, survives `kill -9` with all it answered for, ends when told to."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

COMMAND = [sys.executable, "-m", "fake_backend.providers", "--port", "0"]


@contextmanager
def started(*more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen([*COMMAND, *more], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield process, line.removeprefix("listening on ").strip()
        finally:
            process.kill()


def asked(method: str, url: str, body: object = None) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=10) as answer:
        return answer.status, answer.read().decode()


def sms(number: int) -> dict[str, str]:
    return {"key": f"sms:won:o{number}:p{number}", "person": f"p{number}", "what": "won", "order": f"o{number}"}


def test_what_was_answered_for_is_there_after_a_kill(tmp_path: Path):
    file = ("--database", str(tmp_path / "providers.db"))
    with started(*file) as (process, url):
        for number in range(5):
            assert asked("POST", f"{url}/sms", sms(number))[0] == 202
        asked("PUT", f"{url}/clock", {"now": "2022-04-03T12:00:00", "speed": 10})
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with started(*file) as (process, url):
        assert len(asked("GET", f"{url}/ledger/notices.csv")[1].splitlines()) == 6
        assert asked("POST", f"{url}/sms", sms(0)) == (202, '{"on_the_way":0}')
        assert len(asked("GET", f"{url}/ledger/notices.csv")[1].splitlines()) == 6
        assert json.loads(asked("GET", f"{url}/clock")[1])["now"] > "2022-04-03T12:00:00"
        document = json.loads(asked("GET", f"{url}/openapi.json")[1])
        process.terminate()
        assert process.wait(10) == 0
    paths = set(document["paths"])
    assert {
        "/sms",
        "/in-app",
        "/inbox",
        "/ledger/notices.csv",
        "/verifications",
        "/shipments",
        "/faults/{name}",
        "/clock",
        "/quiet",
    } <= paths
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "loss=1"], "expected NAME=VALUE"),
        (["--set", "notice_loss=2"], "notice_loss"),
        (["--port", "70000"], "--port"),
        (["--speed", "0"], "--speed"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused_in_a_line(arguments, sentence):
    found = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert found.returncode == 2
    assert re.search(sentence, found.stderr.splitlines()[-1])
