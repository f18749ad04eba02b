"""What a Prometheus may answer: one number, or a sentence; never a secret, never later than a second."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rushproof.errors import SafetyError, TargetError
from rushproof.journal.readings import Readings, read_readings
from rushproof.plan import Transport
from rushproof.quantity import Bound
from rushproof.run.lookout import Halt
from rushproof.run.probes import Probes, questions
from rushproof.run.prometheus import Number, ask, understood
from rushproof.run.stopping import Stopping, standing
from rushproof.scenario import Scenario
from rushproof.scenario_file import read_scenario
from rushproof.stop_rule import StopRule
from rushproof.targets import Host


def vector(*values: str) -> bytes:
    return json.dumps(
        {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, value]} for value in values]}}
    ).encode()


@pytest.mark.parametrize(
    ("status", "body", "value", "words"),
    [
        (200, vector("0.25"), 0.25, ""),
        (200, vector("+Inf"), float("inf"), ""),
        (200, b'{"status": "success", "data": {"resultType": "scalar", "result": [1.5, "7"]}}', 7.0, ""),
        (200, vector(), None, "the query gives no samples, expected one: add `or vector(0)`"),
        (200, vector("1", "2"), None, "the query gives 2 samples, expected one: aggregate them"),
        (200, b'{"status": "success", "data": {"resultType": "matrix", "result": []}}', None, "gives a matrix, expected a scalar or one"),
        (200, b'{"status": "success", "data": {"resultType": "vector", "result": [{"value": [1, "x"]}]}}', None, "is no number"),
        (200, b'{"status": "success", "data": {"resultType": "vector", "result": [{}]}}', None, "is no number"),
        (200, b'{"status": "success"}', None, "gives a thing without a type"),
        (400, b'{"status": "error", "errorType": "bad_data", "error": "parse error: oh"}', None, "it answered 400: parse error: oh"),
        (502, b"<html>", None, "it answered 502 with no JSON: is it a Prometheus?"),
        (200, b"[]", None, "it answered 200 without a result"),
        (302, b"", None, "it answered 302 with no JSON"),
    ],
)
def test_an_answer_is_one_number_or_a_sentence(status: int, body: bytes, value: float | None, words: str) -> None:
    found = understood(status, body)
    assert found.value == value and words in found.problem and bool(found.problem) is (value is None)


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serving(answer: Answer, then: Callable[[str], Awaitable[None]]) -> None:
    async def go() -> None:
        app = web.Application()
        app.router.add_get("/api/v1/query", answer)
        async with TestServer(app) as server, asyncio.timeout(40):
            await then(str(server.make_url("")).rstrip("/"))

    asyncio.run(go())


def test_an_answer_that_does_not_come_is_waited_for_a_second() -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.Response()

    async def then(url: str) -> None:
        begun = time.monotonic()
        async with aiohttp.ClientSession() as http:
            assert await ask(http, url, "up") == Number(None, "no answer within 1 s")
        assert time.monotonic() - begun < 2

    serving(never, then)


def test_nobody_there_is_a_sentence_and_not_an_error() -> None:
    async def go() -> None:
        async with aiohttp.ClientSession() as http:
            found = await ask(http, "http://127.0.0.1:1", "up")
            assert found.value is None and "Cannot connect" in found.problem

    asyncio.run(go())


TEXT = """
about: Probed
target: {{url: "http://127.0.0.1:1", prometheus: "{url}"}}
timetable: {{from: open, to: open + 10s, moments: {{open: "09:00"}}}}
crowds: {{people: {{persona: daily_reserver, arrivals: {{shape: steady, from: open, for: 10s, rate: 1/s}}}}}}
probes:
  pool: {{query: pool_used, full: 1}}
  queue: {{query: queue_length}}
"""


def scripted(url: str, lines: str = "") -> Scenario:
    return read_scenario(TEXT.format(url=url) + lines, "mine.yaml", "mine").scenario


def asking(scenario: Scenario, folder: Path) -> tuple[Probes, Readings]:
    rules = standing(scenario, None)
    readings = Readings(folder)
    stopping = Stopping(rules, 1, lambda at: f"{at:.0f}")
    return Probes(questions(scenario, rules, folder, folder), stopping, Transport(), readings), readings


def says(values: dict[str, bytes]) -> Answer:
    async def answer(request: web.Request) -> web.Response:
        body = values.get(request.query["query"], b"")
        return web.Response(body=body, status=200 if body else 500)

    return answer


async def listened(probes: Probes, seconds: float) -> list[Halt]:
    halts: list[Halt] = []

    async def heed(halt: Halt) -> None:
        halts.append(halt)

    async with probes.running(time.time(), heed):
        await asyncio.sleep(seconds)
    return halts


def test_probes_are_asked_each_second_and_recorded_with_their_gaps(tmp_path: Path) -> None:
    async def then(url: str) -> None:
        probes, _ = asking(scripted(url), tmp_path)
        assert await listened(probes, 3.2) == []
        found = read_readings(tmp_path)
        assert 3 <= len(found["pool"]) <= 5 and set(found["pool"]["value"].tolist()) == {0.75}
        assert all(0.8 < gap < 1.6 for gap in found["pool"]["at"][1:] - found["pool"]["at"][:-1])
        assert len(found["queue"]) >= 3 and np.isnan(found["queue"]["value"]).all()
        (note,) = probes.notes
        assert note.startswith("queue was not answered ") and note.endswith("it answered 500 with no JSON: is it a Prometheus?")

    serving(says({"pool_used": vector("0.75")}), then)


def test_a_stop_rule_that_cannot_be_watched_at_the_start_starts_nothing_and_shows_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rushproof.run.probes.BLIND", 0.5)
    monkeypatch.setenv("PROMETHEUS_PASSWORD", "hunter22")

    async def then(url: str) -> None:
        way = url.replace("://", "://me:${env:PROMETHEUS_PASSWORD}@")
        probes, _ = asking(scripted(way, "stop_when: [{query: nothing_here, above: 1}]\n"), tmp_path)
        with pytest.raises(TargetError, match=r"the stop rule `nothing_here above 1` cannot be watched: .*it answered 500") as caught:
            await probes.answered()
        assert "hunter22" not in str(caught.value) and "${env:PROMETHEUS_PASSWORD}" in str(caught.value)

    serving(says({}), then)


def test_a_stop_rules_query_above_its_bound_is_told_at_once(tmp_path: Path) -> None:
    async def then(url: str) -> None:
        probes, _ = asking(scripted(url, "stop_when: [{query: pool_used, above: 0.7, for: 2s}]\n"), tmp_path)
        await probes.answered()
        halts = await listened(probes, 2.5)
        assert halts and "pool_used above 0.7 (a rule of the scenario): it was 0.75 in the second from 1" in halts[0].why

    serving(says({"pool_used": vector("0.75"), "queue_length": vector("1")}), then)


def test_a_prometheus_that_is_not_on_this_machine_has_to_be_listed(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("hosts:\n  shop.test: {owner: Ada}\n")
    with pytest.raises(SafetyError, match=r"the Prometheus 192\.0\.2\.7 is 192\.0\.2\.7, not this machine"):
        asking(scripted("http://192.0.2.7:9090"), tmp_path)


def test_an_owners_prometheus_is_the_owners_and_its_secrets_lie_beside_their_list(tmp_path: Path) -> None:
    beside, folder = tmp_path / "mine", tmp_path / "ours"
    for each, secret in ((beside, "scenario-7"), (folder, "owner-9")):
        each.mkdir()
        (each / "password").write_text(secret)
    rule = StopRule(above=Bound.read("1"), query="up")
    host = Host(owner="Ada", prometheus="http://me:${file:password}@127.0.0.1:9", stop_when=(rule,))
    scenario = scripted("http://me:${file:password}@127.0.0.1:8", "stop_when: [{query: up, above: 1}]\n")
    found = questions(scenario, standing(scenario, host), beside, folder)
    urls = {(question.rule, question.url) for question in found}
    assert urls == {(None, OURS), (1, OURS), (0, "http://me:owner-9@127.0.0.1:9")}
    assert all("${file:password}" in question.shown for question in found)


OURS = "http://me:scenario-7@127.0.0.1:8"
