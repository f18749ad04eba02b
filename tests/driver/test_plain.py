"""`locust -f` with a persona, as Locust users know it: the user count is the arrival rate, and Locust's own table tells the truth."""

import csv
import json
import os
import re
import signal
import socket
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

DEADLINE = 60.0


def locust(file: Path, url: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(file), "--host", url, *options]


def headless(users: int, seconds: float, *options: str) -> tuple[str, ...]:
    return ("--headless", "-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--csv", "out", *options)


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """Locust's own table, by name."""
    with (folder / "out_stats.csv").open() as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def test_forty_users_of_two_workers_are_forty_arrivals_a_second(start: Any, site: Any, passer: Path, tmp_path: Path) -> None:
    process = start(locust(passer, site.url, *headless(40, 6, "--processes", "2")))

    assert process.wait() == 0, process.said()
    row = rows(tmp_path)["look"]
    assert int(row["Request Count"]) == site.asked  # complete, though Locust waits half a second only for last reports
    assert int(row["Failure Count"]) == 0
    # how long the start takes of Locust's six seconds is the machine's; the last two of what was run are forty a second
    last = site.times[-1] - 2.0
    assert site.times[0] < last, "less than two seconds were run"
    assert 64 <= sum(at > last for at in site.times) <= 96
    assert site.asked <= 6 * 40 + 4


def test_the_table_is_the_truth_and_what_was_refused_is_no_failure(start: Any, site: Any, passer: Path, tmp_path: Path) -> None:
    site.statuses = (200, 409, 429)
    process = start(locust(passer, site.url, *headless(50, 2)))

    assert process.wait() == 1  # as Locust ends where something failed
    row, failed = rows(tmp_path)["look"], site.asked // 3
    assert 70 <= site.asked <= 105
    assert 30 <= float(row["Requests/s"]) <= 55
    assert (int(row["Request Count"]), int(row["Failure Count"])) == (site.asked, failed)
    assert 0 < float(row["Min Response Time"]) <= float(row["Average Response Time"]) <= float(row["Max Response Time"])
    assert row["Request Count"] == rows(tmp_path)["Aggregated"]["Request Count"]
    assert re.search(rf"{failed}\s+step look: shed: asked to come later", process.said())


def test_without_a_host_nothing_is_sent_and_locust_says_so(start: Any, passer: Path) -> None:
    process = start([*locust(passer, "x", *headless(1, 2))[:5], *headless(1, 2)])

    process.wait()
    assert "say where the load goes: --host" in process.said()


def test_a_host_elsewhere_is_refused(start: Any, passer: Path) -> None:
    process = start(locust(passer, "http://192.0.2.1", *headless(1, 2), "--own-host", "192.0.2.1"))

    assert process.wait() == 2
    assert "192.0.2.1 is 192.0.2.1, which is not this machine" in process.said()
    assert "targets.yaml" in process.said()  # where it would have to stand as well


def test_when_the_engine_dies_locust_ends_and_cannot_tell(start: Any, site: Any, passer: Path) -> None:
    process = start(locust(passer, site.url, *headless(50, 60)))
    until = time.monotonic() + DEADLINE
    while not site.asked:
        assert time.monotonic() < until, process.said()
        time.sleep(0.02)
    os.kill(process.children()[0], signal.SIGKILL)

    assert process.wait() == 3
    assert "the engine of Passer ended with code -9" in process.said()


def listening(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Screen:
    """Locust's web UI, as its buttons use it."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **form: object) -> Any:
        data = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(f"{self._url}{path}", data, timeout=DEADLINE) as answer:
            return json.loads(answer.read() or b"null")

    def served(self) -> int:
        """Requests in the table."""
        return next((row["num_requests"] for row in self.ask("/stats/requests")["stats"] if row["name"] == "look"), 0)


def test_the_web_page_starts_steers_and_stops_one_run_after_another(start: Any, site: Any, passer: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    process = start(locust(passer, site.url, "--web-host", "127.0.0.1", "--web-port", str(port), "--stop-timeout", "20"))
    screen, until = Screen(port), time.monotonic() + DEADLINE
    while not listening(port):
        assert time.monotonic() < until, process.said()
        time.sleep(0.05)
    for users in (20, 40):
        before = site.asked
        screen.ask("/swarm", user_count=users, spawn_rate=users)
        time.sleep(1.2)  # real time: the rate is what is looked at
        screen.ask("/swarm", user_count=users * 2, spawn_rate=users * 2)
        time.sleep(1.0)
        screen.ask("/stop", now=1)
        asked = site.asked - before

        assert screen.served() == asked  # of this run alone, and complete
        assert 1.6 * users <= asked <= 3.6 * users
        assert process.children() == []
