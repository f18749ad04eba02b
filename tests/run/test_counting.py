"""Probes that ask the target itself: a number out of JSON, or out of its database."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rushproof.errors import SafetyError, ScenarioError
from rushproof.journal import read
from rushproof.journal.readings import Readings, read_readings
from rushproof.ledgers import Span
from rushproof.plan import Transport
from rushproof.run.counting import found, from_json, from_sql
from rushproof.run.lookout import Halt
from rushproof.run.probes import Probes, questions
from rushproof.run.prometheus import Number, ask
from rushproof.run.stopping import Stopping
from rushproof.run.story import run
from rushproof.scenario_file import read_scenario

HEAD = """
about: Probed
target: {url: "http://127.0.0.1:1"}
timetable: {from: open, to: open + 10s, moments: {open: "09:00"}}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 10s, rate: 1/s}}}
"""


def scenario_with(probe: str) -> Any:
    return read_scenario(f"{HEAD}probes: {{open: {probe}}}\n", "mine.yaml", "mine").scenario


@pytest.mark.parametrize(
    ("body", "field", "number"),
    [
        (b"7", "", 7.0),
        (b'{"open": 3.5}', "open", 3.5),
        (b'{"backlog": {"open": 12}}', "backlog.open", 12.0),
        (b'{"active": true}', "active", 1.0),
        (b'{"active": false}', "active", 0.0),
        (b'[{"labels": {}}, {"labels": {}}]', "", 2.0),
        (b'{"alerts": []}', "alerts", 0.0),
        (b'{"queues": [{"n": 4}, {"n": 5}]}', "queues.1.n", 5.0),
    ],
)
def test_a_number_is_read_where_the_path_says(body: bytes, field: str, number: float) -> None:
    assert found(body, field) == Number(number)


@pytest.mark.parametrize(
    ("body", "field", "why"),
    [
        (b"<html>", "open", "it answered no JSON"),
        (b'{"opne": 3}', "open", "'open' is no number, truth or list in what it answered"),
        (b'{"open": "3"}', "open", "'open' is no number"),
        (b'{"open": null}', "open", "'open' is no number"),
        (b"{}", "", "'the document' is no number"),
        (b"[1]", "2", "'2' is no number"),
    ],
)
def test_what_holds_no_number_is_a_sentence(body: bytes, field: str, why: str) -> None:
    assert found(body, field).value is None and found(body, field).problem.startswith(why)


def test_a_target_is_asked_every_second_and_what_it_says_is_recorded(tmp_path: Path) -> None:
    counted = [0]

    async def answer(request: web.Request) -> web.Response:
        counted[0] += 1
        return web.json_response({"open": counted[0]}, status=200 if counted[0] != 2 else 503)

    async def heed(halt: Halt) -> None:
        raise AssertionError(halt)

    async def go() -> tuple[str, ...]:
        app = web.Application()
        app.router.add_get("/open", answer)
        async with TestServer(app) as server:
            probed = scenario_with(f'{{json: "{server.make_url("/open")}", field: open}}')
            probes = Probes(questions(probed, (), tmp_path, tmp_path), Stopping((), 1, str), Transport(), Readings(tmp_path))
            async with probes.running(time.time(), heed), asyncio.timeout(60):
                while counted[0] < 3:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.3)
            return probes.notes

    notes = asyncio.run(go())
    values = read_readings(tmp_path)["open"]["value"].tolist()
    assert values[0] == 1.0 and values[1] != values[1] and values[2] == 3.0
    assert any("open was not answered 1 of" in note and "503" in note for note in notes)


def test_a_path_is_asked_of_the_target_that_the_run_started(
    scenario: Callable[..., Any], options: Callable[..., Any], tmp_path: Path
) -> None:
    probed = scenario("probes={speed: {json: /health, field: speed}}", "speed=2", "timetable.to=open + 3s")
    asyncio.run(asyncio.wait_for(run(probed, options(), tmp_path / "run", lambda _: None), 60.0))
    readings = read(tmp_path / "run").probes["speed"]
    assert len(readings) >= 1 and set(readings["value"].tolist()) == {2.0}


def test_an_answer_that_comes_in_pieces_is_read_whole() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in (b'{"status": "success", "data": {"resultType": "scalar", ', b'"result": [0, "7"]}, "open": ', b"12}"):
            await response.write(part)
            await asyncio.sleep(0.05)
        return response

    async def go() -> tuple[Number, Number]:
        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        async with TestServer(app) as server, aiohttp.ClientSession() as http:
            return await from_json(http, str(server.make_url("/open")), "open"), await ask(http, str(server.make_url("")), "up")

    assert asyncio.run(go()) == (Number(12.0), Number(7.0))


def test_an_answer_without_end_is_a_sentence() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"1" * ((1 << 20) + 1))

    async def go() -> Number:
        app = web.Application()
        app.router.add_get("/open", answer)
        async with TestServer(app) as server, aiohttp.ClientSession() as http:
            return await from_json(http, str(server.make_url("/open")), "")

    assert asyncio.run(go()) == Number(None, "its answer is longer than 1,048,576 bytes")


def test_a_probe_that_breaks_is_asked_again_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [0]

    async def broken(*_: object) -> Number:
        asked[0] += 1
        if asked[0] == 1:
            raise KeyError("a bug")
        return Number(4.0)

    async def heed(halt: Halt) -> None:
        raise AssertionError(halt)

    async def go() -> tuple[str, ...]:
        probed = scenario_with('{json: "http://127.0.0.1:1/open"}')
        probes = Probes(questions(probed, (), tmp_path, tmp_path), Stopping((), 1, str), Transport(), Readings(tmp_path))
        async with probes.running(time.time(), heed), asyncio.timeout(60):
            while asked[0] < 3:
                await asyncio.sleep(0.05)
        return probes.notes

    monkeypatch.setattr("rushproof.run.probes._EVERY", 0.05)
    monkeypatch.setattr("rushproof.run.probes.from_json", broken)
    (note,) = asyncio.run(go())
    assert note.startswith("open was not answered 1 of ") and note.endswith("KeyError: 'a bug'")
    assert read_readings(tmp_path)["open"]["value"][1] == 4.0


def test_nobody_there_is_an_answer() -> None:
    async def go() -> Number:
        async with aiohttp.ClientSession() as http:
            return await from_json(http, "http://127.0.0.1:1/open", "open")

    assert asyncio.run(go()).value is None


def test_a_database_is_asked_for_one_number(postgres: str) -> None:
    async def told(query: str) -> Number:
        return await from_sql(postgres, query, Span(0.0, 1.0))

    assert asyncio.run(told("SELECT count(*) FROM (VALUES (1), (2)) AS open")) == Number(2.0)
    assert asyncio.run(told("SELECT 1 WHERE false")) == Number(None, "the query gives 0 rows, expected one")
    assert asyncio.run(told("SELECT 'many'")) == Number(None, "the query's one value is no number")
    assert "no answer within" in asyncio.run(told("SELECT 1 FROM pg_sleep(5)")).problem
    assert asyncio.run(told("DELETE FROM nothing")).value is None


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ("{}", "probes.open: expected exactly one of query (PromQL), json, sql and activity, found none"),
        ("{json: /open, sql: SELECT 1}", "found json and sql"),
        ("{json: /open, dsn: '${env:DSN}'}", "probes.open.dsn: expected 'sql' beside it"),
        ("{sql: SELECT 1, field: open}", "probes.open.field: expected 'json' beside it"),
        ("{sql: SELECT 1, dsn: 'postgresql://ada:secret@here/db'}", "probes.open.dsn: expected which database the query is for"),
        ("{sql: SELECT 1}", "probes.open.dsn: expected which database the query is for"),
        ("{json: '{gatewy}/open'}", "probes.open.json: no process 'gatewy' beside the target"),
        ("{json: open}", "probes.open.json: expected a path such as /open"),
        ("{json: /open, field: a..b}", "probes.open.field: expected a field such as backlog.open"),
    ],
)
def test_a_probe_that_cannot_be_meant_is_told_in_its_place(probe: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_with(probe)
    assert words in str(caught.value)


def test_a_host_that_nobody_listed_is_not_asked(tmp_path: Path) -> None:
    probed = scenario_with('{json: "http://192.0.2.1/alerts"}')
    with pytest.raises(SafetyError, match=r"targets\.yaml"):
        questions(probed, (), tmp_path, tmp_path)
