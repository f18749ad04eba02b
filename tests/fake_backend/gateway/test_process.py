"""The real process: killed, started again, over TLS, and where it cannot be started."""

import http.client
import http.server
import json
import os
import select
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from fake_backend.gateway.__main__ import main
from fake_backend.signature import signed

DEADLINE = 60.0
NINE = 1_648_803_600.0
"""2022-04-01 09:00, where the clock begins"""


class Process:
    """One `python -m fake_backend.gateway` on a free port."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "fake_backend.gateway", "--port", "0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        line = self.process.stdout.readline() if ready else ""
        assert line.startswith("listening on http"), line
        self.scheme, self.port = line.split()[-1].split(":")[0], int(line.rsplit(":", 1)[1])

    def ask(self, method: str, path: str, body: Any = None, tls: ssl.SSLContext | None = None) -> tuple[int, Any]:
        kind = http.client.HTTPConnection if tls is None else http.client.HTTPSConnection
        connection = kind("localhost", self.port, timeout=DEADLINE, **({} if tls is None else {"context": tls}))
        content = b"" if body is None else json.dumps(body).encode()
        headers = signed("Merchant", "reference", content, NINE) | {"Idempotency-Key": "k"}
        try:
            connection.request(method, path, content or None, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith(b"{") else text.decode()
        finally:
            connection.close()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            self.process.communicate()


class Shop:
    """An endpoint for notices."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200
        shop = self

        class Take(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                shop.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(shop.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Take)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/notices"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(DEADLINE)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    processes: list[Process] = []

    def started(*arguments: str) -> Process:
        processes.append(Process("--database", str(tmp_path / "gateway.db"), *arguments))
        return processes[-1]

    yield started
    for process in processes:
        process.end(signal.SIGKILL)


def _until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _pay(process: Process, shop: Shop, order: str) -> tuple[int, Any]:
    body = {"merchant_order": order, "amount": 100, "bank": "riverside", "channel": "app", "notify_url": shop.url, "payer": "p1"}
    return process.ask("POST", "/payments", body)


def _rows(process: Process, name: str) -> list[list[str]]:
    return [line.split(",") for line in process.ask("GET", f"/ledger/{name}.csv")[1].splitlines()[1:]]


def test_killed_between_a_payment_and_its_notice_it_goes_on_after_the_start(start, shop) -> None:
    shop.status = 500
    process = start()
    promised = [order for order in (f"o{number}.1" for number in range(20)) if _pay(process, shop, order)[0] == 201]
    process.end(signal.SIGKILL)
    process = start()
    assert [row[2] for row in _rows(process, "payments")] == promised
    process.ask("PUT", "/clock", {"now": "2022-04-01T09:01:00"})
    _until(lambda: len(_rows(process, "notices")) >= 20)
    process.end(signal.SIGKILL)
    shop.status, shop.heard = 200, []
    process = start()
    process.ask("PUT", "/clock", {"now": "2022-04-01T09:02:00"})
    _until(lambda: process.ask("GET", "/quiet")[0] == 200)
    assert {heard["merchant_order"] for heard in shop.heard} == set(promised)  # the schedule goes on
    assert process.end() == 0


@pytest.mark.parametrize("kill_after", [0.1, 0.3])
def test_killed_at_any_point_it_keeps_what_it_answered_and_ends_the_day(start, shop, kill_after: float) -> None:
    promised: set[str] = set()
    process = start("--speed", "60")
    timer = threading.Timer(kill_after, process.process.kill)
    timer.start()
    number = 0
    while process.process.poll() is None and number < 2000:
        number += 1
        try:
            body = {
                "merchant_order": f"o{number}.1", "amount": 100, "bank": "harbour", "channel": "scan", "notify_url": shop.url, "payer": "p"
            }  # fmt: skip
            if process.ask("POST", "/payments", body)[0] == 201:
                promised.add(f"o{number}.1")
        except (OSError, http.client.HTTPException, ValueError):
            break
    timer.join()
    process = start("--speed", "60")
    process.ask("PUT", "/clock", {"now": "2022-04-01T10:00:00", "speed": 60})
    _until(lambda: process.ask("GET", "/quiet")[0] == 200)
    rows = _rows(process, "payments")
    assert promised <= {row[2] for row in rows}
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert {row[7] for row in rows} <= {"succeeded", "failed"}
    assert {heard["merchant_order"] for heard in shop.heard} == {row[2] for row in rows}


def test_g21_over_tls_it_may_refuse_the_handshake_or_show_an_expired_certificate(start, tmp_path) -> None:
    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    process = start("--certificate", str(tmp_path / "cert.pem"))
    assert process.scheme == "https"
    assert process.ask("GET", "/health", tls=trusting)[1]["faults"] == []
    keep = http.client.HTTPSConnection("localhost", process.port, timeout=DEADLINE, context=trusting)
    for how, problem in (("refused", "EOF|alert"), ("expired", "certificate")):
        keep.request("PUT", "/faults/broken_tls", json.dumps({"ttl": 60, "how": how}))
        assert keep.getresponse().read()
        with pytest.raises(ssl.SSLError, match=problem):
            process.ask("GET", "/health", tls=trusting)
    keep.request("DELETE", "/faults/broken_tls")
    assert keep.getresponse().read()
    keep.close()
    assert process.ask("GET", "/health", tls=trusting)[0] == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "--port"), (["--speed", "0"], "--speed"), (["--notify-schedule", "never"], "--notify-schedule"),
        (["--key", "x"], "--certificate"), (["--merchant-key", os.devnull], "--merchant-key"),
        (["--database", "/proc/x/y"], "not writable"),
        (["--certificate", os.devnull], "--certificate"),
    ],
)  # fmt: skip
def test_what_cannot_be_started_says_why_in_one_line(arguments: list[str], said: str, capsys) -> None:
    try:
        code: object = main(["--port", "0", *arguments])
    except SystemExit as ended:  # argparse's way
        code = ended.code
    assert code == 2
    told = capsys.readouterr().err
    assert said in told.splitlines()[-1]
    assert "Traceback" not in told


def test_a_port_that_is_taken_is_told(start) -> None:
    process = start()
    done = subprocess.run(
        [sys.executable, "-m", "fake_backend.gateway", "--port", str(process.port)],
        capture_output=True, text=True, timeout=DEADLINE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot listen" in done.stderr
