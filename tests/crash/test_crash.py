"""Processes are killed at any instant of a day, and started again: the day ends, and no invariant is broken.

A dozen kills in the suite; `make crash` kills a hundred times and more.  Where a kill falls is drawn from its day's seed, over the whole
day, over the backend and the gateway; every second day each commit takes 20 ms longer, so that most kills fall into one.  The audit folds
the ledgers at every sequence, so that what it says of the end of the day it says of the moment after each kill.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml

from rushproof import catalogue

HERE = Path(__file__).parent
LONGEST = 240
"""wall seconds after which a day hangs"""
LASTS = 42.0
"""wall seconds in which kills fall"""
A_DAY = 3
"""kills in one day"""
TOO_FEW = ("something_happened",)
"""asks for more people than a short day has"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "day" in metafunc.fixturenames:
        days = range(-(-metafunc.config.getoption("--crashes") // A_DAY))
        metafunc.parametrize("day", days, ids=[f"{('sqlite', 'postgres')[day % 2]}-{day}" for day in days])


@pytest.fixture
def database(day: int, request: pytest.FixtureRequest) -> str:
    """Every other day is kept in PostgreSQL."""
    return str(request.getfixturevalue("postgres")) if day % 2 else "{folder}/backend.sqlite"


@pytest.mark.timeout(LONGEST + 60)
def test_a_day_whose_processes_are_killed_ends_with_every_promise_kept(day: int, database: str, tmp_path: Path) -> None:
    chance = random.Random(day)
    kills = sorted((chance.uniform(0.3, LASTS), chance.choice(["backend", "backend", "gateway"])) for _ in range(A_DAY))
    with lived(tmp_path, database) as process:
        begun = started(tmp_path)
        if chance.random() < 0.5:
            slow(tmp_path, begun + 0.1)
        fell = [victim for after, victim in kills if killed(tmp_path, victim, begun + after)]
        process.wait(LONGEST)
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_text())
    promised = {each["name"]: each for each in verdict["findings"] if each["kind"] == "invariant"}

    assert len(fell) == A_DAY
    assert {name: each["sentence"] for name, each in promised.items() if each["status"] not in ("pass", "not claimed")} == {}
    assert all(each["n"] for each in promised.values() if each["status"] == "pass")


@contextmanager
def lived(folder: Path, database: str) -> Iterator[subprocess.Popen[bytes]]:
    """A day in an empty folder, with a standby for each process that will be killed."""
    standby = f"{sys.executable} {HERE / 'standby.py'}"
    day = yaml.safe_load((HERE / "day.yaml").read_text().replace("STANDBY", standby).replace("DATABASE", database))
    whole = yaml.safe_load((catalogue.folder(catalogue.SCENARIOS) / "reservation_day.yaml").read_text())
    invariants = [each for each in whole["audit"] if each not in TOO_FEW]
    (folder / "day.yaml").write_text(yaml.safe_dump({**day, "ledgers": whole["ledgers"], "audit": invariants}))
    command = [sys.executable, "-m", "rushproof", "run", "./day.yaml", "--out", "run"]
    with (folder / "said").open("wb") as said, subprocess.Popen(command, cwd=folder, stdout=said, stderr=said) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def started(folder: Path) -> float:
    """The unix time at which the load begins: once it is known, it stands in run.json, ahead of its being written."""
    deadline, file = time.monotonic() + LONGEST, folder / "run" / "run.json"
    while True:
        with suppress(OSError, ValueError):
            begins = float(json.loads(file.read_text())["start"])
            if begins > file.stat().st_mtime:
                return begins
        assert time.monotonic() < deadline, (folder / "said").read_text()
        time.sleep(0.05)


def killed(folder: Path, victim: str, at: float) -> bool:
    """Whether the process was alive at that time, and is killed."""
    time.sleep(max(at - time.time(), 0.0))
    with suppress(ProcessLookupError):
        os.kill(int((folder / "run" / "target" / f"{victim}.pid").read_text()), signal.SIGKILL)
        return True
    return False


def slow(folder: Path, at: float) -> None:
    """Makes each commit of the backend take 20 ms longer, until the process is killed."""
    time.sleep(max(at - time.time(), 0.0))
    told = re.search(r"http://\S+", (folder / "run" / "target.log").read_text())
    assert told
    body = json.dumps({"ttl": 600, "delay": 0.02}).encode()
    request = urllib.request.Request(f"{told[0]}/switches/slow_sync", body, {"Content-Type": "application/json"}, method="PUT")
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200
