"""Everybody is told once, however often the backend and the providers are killed meanwhile."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROUND = "2022-04-01.r1"
PEOPLE, PAGE = 12_000, 400


def start(module: str, *more: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-m", module, "--speed", "60", *more], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().removeprefix("listening on ").strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


def quiet(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/quiet", timeout=10) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def prepare(file: Path) -> None:
    """A backend's file in which so many have entered and are to be told."""
    process, _ = start("fake_backend", "--port", "0", "--database", str(file))
    process.terminate()
    process.wait(20)
    process.stdout.close()  # type: ignore[union-attr]
    letters = []
    for number, first in enumerate(range(1, PEOPLE + 1, PAGE), 1):
        told = {"round": ROUND, "first": first, "last": first + PAGE - 1, "people": PAGE, "won": str(first), "listed": ""}
        letters.append((number, "notices.tell_all", f"results:{ROUND}:{first}", json.dumps(told)))
    with sqlite3.connect(file) as database:
        people = ((n, f"p{n}", ROUND, "s1", f"k{n}") for n in range(1, PEOPLE + 1))
        database.executemany("INSERT INTO reservations (sequence, person, round, shop, key, at) VALUES (?, ?, ?, ?, ?, 0)", people)
        database.executemany("INSERT INTO outbox (number, kind, key, body, due, tries) VALUES (?, ?, ?, ?, 0, 0)", letters)
        database.execute("INSERT INTO last_letter VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET number = excluded.number", (len(letters),))
    database.close()


def test_everybody_is_told_once_though_both_are_killed_again_and_again(tmp_path: Path) -> None:
    chance, there, settings = random.Random(4), tmp_path / "backend.db", ("--set", "in_app_a_second=500")
    prepare(there)
    providers, address = start("fake_backend.providers", "--port", "0", "--database", str(tmp_path / "providers.db"))
    port = address.rsplit(":", 1)[1]
    backend, url = start("fake_backend", "--port", "0", "--database", str(there), "--providers", address, *settings)
    try:
        for turn in range(4):
            time.sleep(chance.uniform(0.02, 0.15))
            if turn % 2:
                kill(providers)
                providers, _ = start("fake_backend.providers", "--port", port, "--database", str(tmp_path / "providers.db"))
            else:
                kill(backend)
                backend, url = start("fake_backend", "--port", "0", "--database", str(there), "--providers", address, *settings)
        ends = time.monotonic() + 40
        while not quiet(url):
            assert time.monotonic() < ends
            time.sleep(0.05)
    finally:
        kill(backend)
        kill(providers)
    with sqlite3.connect(tmp_path / "providers.db") as log:
        assert log.execute("SELECT count(*), count(DISTINCT key) FROM arrived").fetchone() == (PEOPLE, PEOPLE)
        assert dict(log.execute("SELECT what, count(*) FROM arrived GROUP BY what")) == {
            "won": PEOPLE // PAGE,
            "lost": PEOPLE - PEOPLE // PAGE,
        }
    with sqlite3.connect(there) as books:
        assert books.execute("SELECT sum(amount), count(*) FROM daybook WHERE kind = 'told_all'").fetchone() == (PEOPLE, PEOPLE // PAGE)
    log.close()
    books.close()
