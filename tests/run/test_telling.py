"""Messages about a drill, in the shape of each service, received here by a server that stands for all of them."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from rushproof.errors import InputError
from rushproof.injection import Injection
from rushproof.run.story import run
from rushproof.run.telling import Telling
from tests.render.conftest import drilled

SERVICES = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "dingtalk": "dingtalk://ABCDEFabcdef1234567890",
    "wecom": "wecombot://ABCDEFab-1234-5678",
    "feishu": "feishu://ABCDEFab-1234-5678",
}


class Received:
    """What came in, by service."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[Any]] = {}
        self.status, self.slow = 200, 0.0
        self.url = ""

    def texts(self, service: str) -> str:
        return json.dumps(self.bodies.get(service, []), ensure_ascii=False)


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """A server on the loopback, to which the addresses of all four services lead."""
    came = Received()

    class Hooks(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(came.slow)
            came.bodies.setdefault(self.path.split("/")[1].split("?")[0], []).append(body)
            self.send_response(came.status)
            self.end_headers()
            self.wfile.write(b"ok" if self.path.startswith("/slack") else b'{"errcode": 0, "errmsg": "ok", "code": 0, "StatusCode": 0}')

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hooks) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        came.url = f"http://127.0.0.1:{server.server_port}"
        for place, name, way in (
            ("slack.NotifySlack", "webhook_url", "/slack"),
            ("dingtalk.NotifyDingTalk", "notify_url", "/dingtalk?token={token}"),
            ("wecombot.NotifyWeComBot", "notify_url", "/wecom?key={key}"),
            ("feishu.NotifyFeishu", "notify_url", "/feishu/{token}/"),
        ):
            monkeypatch.setattr(f"apprise.plugins.{place}.{name}", came.url + way)
            monkeypatch.setattr(f"apprise.plugins.{place}.request_rate_per_sec", 0)
        yield came
        server.shutdown()


def told(urls: list[str], *says: Callable[[Telling], None]) -> Telling:
    async def go() -> Telling:
        telling = Telling(urls, "payment_outage (a)", lambda wall: f"18:05:{wall:02.0f}")
        for say in says:
            say(telling)
            await telling.done()
        return telling

    return asyncio.run(asyncio.wait_for(go(), 60.0))


def test_each_service_gets_what_it_understands(received: Received) -> None:
    begun = Injection(fault="outage", what="inject", due=3.0, asked=3.0, confirmed=3.012)
    telling = told(list(SERVICES.values()), lambda one: one.heard(begun))
    assert telling.notes == ()
    assert received.bodies["dingtalk"][0]["msgtype"] == "text" and received.bodies["wecom"][0]["msgtype"] == "text"
    assert received.bodies["feishu"][0]["msg_type"] == "text" and "attachments" in received.bodies["slack"][0]
    for service in SERVICES:
        assert "Drill payment_outage (a): outage has begun" in received.texts(service), service
        assert "confirmed 12 ms after its time" in received.texts(service), service


def test_start_abort_mend_and_end_are_told_in_their_order(received: Received) -> None:
    mended = Injection(fault="outage", what="mend", due=9.0, asked=9.0, confirmed=9.1)
    stuck = Injection(fault="slow", what="mend", due=9.0, asked=9.0, problem="it answers 500")
    told([SERVICES["feishu"]], Telling.aborted, lambda one: one.heard(mended), lambda one: one.heard(stuck))
    texts = [json.dumps(body) for body in received.bodies["feishu"]]
    assert ["aborted" in texts[0], "outage is mended" in texts[1], "slow could not be MENDED" in texts[2]] == [True] * 3


def test_the_end_tells_each_clock_as_the_report_does(received: Received) -> None:
    told([SERVICES["feishu"]], lambda one: one.ended(drilled()))
    text = received.texts("feishu")
    assert "ledger: 28 min 23 s of scenario time (28 min 10 s … 28 min 30 s)" in text
    assert "customer: not within 2 h 1 min of scenario time" in text


def test_what_gathers_while_a_message_is_on_its_way_goes_together(received: Received) -> None:
    def many(one: Telling) -> None:
        for nth in range(20):
            one.say(f"fault {nth} has begun", f"line {nth}")

    told([SERVICES["wecom"]], many)
    assert len(received.bodies["wecom"]) <= 2 and "line 19" in received.texts("wecom")


def test_a_service_that_takes_nothing_is_a_note_and_keeps_nobody(received: Received) -> None:
    received.status = 500
    telling = told([SERVICES["feishu"]], Telling.aborted)
    assert telling.notes == ("a message about the drill did not reach every webhook of `drill.tell`",)


def test_a_service_that_does_not_answer_in_time_is_a_note_too(received: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rushproof.run.telling.WITHIN", 0.2)
    received.slow = 1.0
    telling = told([SERVICES["feishu"]], Telling.aborted)
    assert telling.notes == ("a message about the drill did not reach every webhook of `drill.tell`",)


def test_an_address_that_is_none_is_told_without_its_secret() -> None:
    with pytest.raises(InputError, match=r"drill\.tell\.1: .*slack://…$"):
        Telling(["json://127.0.0.1/", "slack://token"], "x", str)


def test_a_drill_tells_those_that_its_scenario_names_and_nobody_else(
    scenario: Callable[..., Any], options: Callable[..., Any], tmp_path: Path, received: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", SERVICES["feishu"])
    drill = "drill={service: {step: reserve}, faults: {slow: {inject: switch, path: /faults/slow, at: open + 200ms, for: 500ms}}"
    length = ("timetable.to=open + 1s", "target.clock=null")
    asyncio.run(asyncio.wait_for(run(scenario(drill + "}", *length), options(), tmp_path / "quiet", lambda _: None), 60.0))
    assert received.bodies == {}
    told = scenario(drill + ', tell: ["${env:HOOK}"]}', *length)
    asyncio.run(asyncio.wait_for(run(told, options(), tmp_path / "run", lambda _: None), 60.0))
    said = received.texts("feishu")
    assert "slow has begun" in said and "slow is mended" in said and "over: " in said
    assert list(received.bodies) == ["feishu"]
    assert not any(b"ABCDEFab-1234" in path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
