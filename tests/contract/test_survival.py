"""What the tool is for, on real processes: a backend that dies loses nothing it promised, and a starved generator blames nobody."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

LONGEST = 90
"""seconds after which a run hangs"""


@contextmanager
def backend(database: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "fake_backend", "--port", str(port), "--database", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            listening = re.search(r"http://\S+", process.stdout.readline())
            assert listening
            yield process, listening[0]
        finally:
            process.kill()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `rushproof run smoke` in an empty folder; it is ended by its id if the test does not see it end."""
    started = []

    def run(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "rushproof", "run", "smoke", "--out", "run", "--set", "budget=[]", *words]
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True))
        return started[-1]

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait(LONGEST)


def verdict(folder: Path) -> Any:
    return json.loads((folder / "run" / "verdict.json").read_text())


def reservations(url: str) -> int:
    with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
        return int(json.load(answer)["reservations"])


def until(held: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not held():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_backend_killed_in_the_middle_of_a_run_has_kept_every_promise(tmp_path: Path, running: Any) -> None:
    database = tmp_path / "reservations.sqlite"
    with backend(database) as (first, url):
        run = running("--target", url, "--set", "windows={}")
        until(lambda: reservations(url) > 300)
        first.kill()
        first.wait(10)
        with backend(database, int(url.rpartition(":")[2])):
            assert run.wait(LONGEST) == 0

    found = verdict(tmp_path)
    claimed = [finding for finding in found["findings"] if finding["status"] != "not claimed"]
    promised = {finding["name"]: finding for finding in claimed if finding["kind"] == "invariant"}
    assert {finding["status"] for finding in promised.values()} == {"pass"}
    assert promised["acknowledged_is_kept"]["n"] > 1000
    hurt = found["steps"]["reserve"]["counts"]
    assert hurt.get("doubt", 0) + hurt.get("error", 0) > 0, "the kill was felt, and people came back"


def engine_of(process: subprocess.Popen[str]) -> int | None:
    """The engine among a process's descendants."""
    parents, engines = {}, []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if b"rushproof.engine" in (entry / "cmdline").read_bytes():
                engines.append(pid)
    for engine in engines:
        ancestor = engine
        while ancestor in parents:
            ancestor = parents[ancestor]
            if ancestor == process.pid:
                return engine
    return None


def test_a_generator_held_to_a_tenth_of_its_core_cannot_tell_and_says_why(tmp_path: Path, running: Any) -> None:
    limit = "budget=[{measure: p99, step: browse, at_most: 2s}]"
    run = running("--set", limit, "--set", "generator={lag: 60ms, turn: 60ms, busy: 100%, unsent: 100%}")
    until(lambda: engine_of(run) is not None and (tmp_path / "run" / "run.json").exists())
    engine = engine_of(run)
    assert engine is not None
    while run.poll() is None:
        for number, seconds in ((signal.SIGSTOP, 0.09), (signal.SIGCONT, 0.01)):
            with suppress(ProcessLookupError):
                os.kill(engine, number)
            time.sleep(seconds)

    assert run.returncode == 3
    found = verdict(tmp_path)
    assert found["verdict"] == "unknown"
    timed = next(finding for finding in found["findings"] if finding["kind"] == "limit")
    assert timed["status"] == "unknown"
    assert "the generator cannot vouch for" in timed["sentence"]
    assert "turn" in timed["sentence"]


def test_nobody_came_so_nothing_is_known(tmp_path: Path, running: Any) -> None:
    nobody = "crowds.reservers.arrivals={shape: steady, from: open, for: 1s}"
    changes = ("windows={}", nobody, "crowds.reservers.people=0", "timetable.to=open + 1s")
    assert running(*(word for change in changes for word in ("--set", change))).wait(LONGEST) == 3
    assert verdict(tmp_path)["counts"]["offered"] == 0
