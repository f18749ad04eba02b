"""Every answer of the reference backend conforms to the OpenAPI document that it serves itself."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from jsonschema import Draft202012Validator

from fake_backend.app import compose
from fake_backend.database.sqlite import Sqlite

KEY = {"Idempotency-Key": "k1"}
BODY = {"person": "p1", "round": "2022-04-01.r1", "shop": "s1"}
PAY = {"person": "p1", "bank": "riverside", "channel": "app"}
# method, path asked, path in the document, body, headers, status
ASKED = [
    ("GET", "/rounds", "/rounds", None, {}, 200),
    ("POST", "/reservations", "/reservations", BODY, KEY, 201),
    ("POST", "/reservations", "/reservations", BODY, KEY, 201),
    ("POST", "/reservations", "/reservations", BODY, {"Idempotency-Key": "k2"}, 409),
    ("POST", "/reservations", "/reservations", {**BODY, "shop": "s2"}, KEY, 422),
    ("POST", "/reservations", "/reservations", {**BODY, "round": "r"}, {"Idempotency-Key": "k3"}, 422),
    ("POST", "/reservations", "/reservations", {"person": 1}, KEY, 422),
    ("POST", "/reservations", "/reservations", BODY, {}, 400),
    ("GET", "/reservations?person=p1&round=2022-04-01.r1", "/reservations", None, {}, 200),
    ("GET", "/reservations?person=p1", "/reservations", None, {}, 422),
    ("GET", "/reservations/1", "/reservations/{sequence}", None, {}, 200),
    ("GET", "/reservations/2", "/reservations/{sequence}", None, {}, 404),
    ("GET", "/ledger/reservations.csv", "/ledger/reservations.csv", None, {}, 200),
    ("GET", "/ledger/reservations.csv?limit=0", "/ledger/reservations.csv", None, {}, 422),
    ("GET", "/ledger/rounds.csv", "/ledger/rounds.csv", None, {}, 200),
    ("GET", "/ledger/daybook.csv", "/ledger/daybook.csv", None, {}, 200),
    ("GET", "/quiet", "/quiet", None, {}, 200),
    ("GET", "/clock", "/clock", None, {}, 200),
    ("PUT", "/clock", "/clock", {"now": "2022-04-01T09:30:00", "speed": 2}, {}, 200),
    ("PUT", "/clock", "/clock", {"now": 1}, {}, 422),
    ("GET", "/shops", "/shops", None, {}, 200),
    ("GET", "/shops?region=3&near=31.2,121.5&limit=5", "/shops", None, {}, 200),
    ("GET", "/shops?near=here", "/shops", None, {}, 422),
    ("GET", "/stock?round=2022-04-01.r1", "/stock", None, {}, 200),
    ("GET", "/stock", "/stock", None, {}, 422),
    ("POST", "/registrations", "/registrations", {"name": "n", "identity": "11010519491231002X", "phone": "13800000000"}, {}, 503),
    ("POST", "/registrations", "/registrations", {"name": "n", "identity": "1", "phone": "1"}, {}, 422),
    ("GET", "/registrations/p1", "/registrations/{person}", None, {}, 404),
    ("POST", "/tokens", "/tokens", {"person": "p1", "device": "d1", "code": "x.y"}, {}, 401),
    ("GET", "/orders?person=p1", "/orders", None, {}, 200),
    ("GET", "/orders", "/orders", None, {}, 422),
    ("GET", "/orders/o1", "/orders/{order}", None, {}, 404),
    ("POST", "/orders/o1/payments", "/orders/{order}/payments", PAY, KEY, 503),
    ("POST", "/orders/o1/payments", "/orders/{order}/payments", PAY, {}, 400),
    ("POST", "/orders/o1/payments", "/orders/{order}/payments", {**PAY, "amount": 1}, KEY, 422),
    ("GET", "/payments/o1.1", "/payments/{payment}", None, {}, 404),
    ("POST", "/gateway/notices", "/gateway/notices", {}, {}, 401),
    ("GET", "/shops/s00001/follow_ups", "/shops/{shop}/follow_ups", None, {}, 200),
    ("POST", "/follow_ups/o1", "/follow_ups/{order}", {"outcome": "reached"}, KEY, 404),
    ("GET", "/orders/o1/pickup?person=p1", "/orders/{order}/pickup", None, {}, 404),
    ("GET", "/orders/o1/pickup", "/orders/{order}/pickup", None, {}, 422),
    ("POST", "/orders/o1/pickup", "/orders/{order}/pickup", {"person": "p1", "code": "1"}, {"Idempotency-Key": "k9"}, 404),
    ("POST", "/orders/o1/pickup", "/orders/{order}/pickup", {"person": "p1", "code": "1"}, {}, 400),
    ("POST", "/orders/o1/pickup", "/orders/{order}/pickup", {"person": "p1"}, {"Idempotency-Key": "k9"}, 422),
    ("POST", "/orders/o1/shipment", "/orders/{order}/shipment", {"person": "p1"}, {}, 409),
    ("GET", "/shipments/o1.s", "/shipments/{shipment}", None, {}, 404),
    ("POST", "/carriers/notices", "/carriers/notices", {}, {}, 401),
    ("GET", "/ledger/shipment_reports.csv", "/ledger/shipment_reports.csv", None, {}, 200),
    ("GET", "/ledger/outages.csv", "/ledger/outages.csv", None, {}, 200),
    ("GET", "/ledger/incidents.csv", "/ledger/incidents.csv", None, {}, 200),
    ("GET", "/ledger/affected.csv", "/ledger/affected.csv", None, {}, 200),
    ("GET", "/open", "/open", None, {}, 200),
    ("POST", "/incidents", "/incidents", {"what": "nobody can pay"}, {}, 201),
    ("POST", "/incidents", "/incidents", {"what": 1}, {}, 422),
    ("GET", "/incidents", "/incidents", None, {}, 200),
    ("DELETE", "/incidents/i1", "/incidents/{incident}", None, {}, 200),
    ("DELETE", "/incidents/o1", "/incidents/{incident}", None, {}, 404),
    ("GET", "/settlements?day=2022-04-01", "/settlements", None, {}, 200),
    ("GET", "/settlements?day=2022-04-01&shop=", "/settlements", None, {}, 422),
    ("GET", "/results?person=p1", "/results", None, {}, 200),
    ("GET", "/results", "/results", None, {}, 422),
    ("GET", "/draws/2022-04-01.r1", "/draws/{round}", None, {}, 404),
    ("GET", "/draws/%00/bundle", "/draws/{round}/bundle", None, {}, 404),
    ("GET", "/draws/2022-04-01.r1/proofs/1?person=p1", "/draws/{round}/proofs/{reservation}", None, {}, 404),
    ("GET", "/verify_draw.py", "/verify_draw.py", None, {}, 200),
    ("GET", "/ledger/pool.csv", "/ledger/pool.csv", None, {}, 200),
    ("GET", "/ledger/pool.csv?limit=0", "/ledger/pool.csv", None, {}, 422),
    ("GET", "/ledger/winners.csv", "/ledger/winners.csv", None, {}, 200),
    ("GET", "/settings", "/settings", None, {}, 200),
    ("GET", "/switches", "/switches", None, {}, 200),
    ("PUT", "/switches/leave_gap", "/switches/{name}", {"ttl": 1}, {}, 200),
    ("PUT", "/switches/leave_gap", "/switches/{name}", {}, {}, 422),
    ("PUT", "/switches/drop", "/switches/{name}", {"ttl": 1, "path": "/nowhere", "done": True}, {}, 200),
    ("PUT", "/switches/x", "/switches/{name}", {"ttl": 1}, {}, 404),
    ("DELETE", "/switches/leave_gap", "/switches/{name}", None, {}, 200),
    ("GET", "/health", "/health", None, {}, 200),
    ("GET", "/metrics", "/metrics", None, {}, 200),
    ("GET", "/openapi.json", "/openapi.json", None, {}, 200),
]


@asynccontextmanager
async def _backend(folder: Path, **options: Any) -> AsyncIterator[aiohttp.ClientSession]:
    database = Sqlite(folder / "ledger.db")
    backend = await compose(database, **options)
    try:
        async with TestServer(backend.web) as server, aiohttp.ClientSession(server.make_url("/")) as session:
            yield session
    finally:
        database.close()


async def _answers(folder: Path) -> tuple[dict[str, Any], list[tuple[int, str, Any]]]:
    answers = []
    async with _backend(folder) as session:
        document = await (await session.get("/openapi.json")).json()
        for method, path, _, body, headers, _ in ASKED:
            async with session.request(method, path, json=body, headers=headers) as answer:
                text = await answer.text()
                answers.append((answer.status, answer.content_type, json.loads(text) if "json" in answer.content_type else text))
    return document, answers


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[tuple[int, str, Any]]]:
    """The document, and an answer for each line of the table, in its order."""
    return asyncio.run(asyncio.wait_for(_answers(tmp_path_factory.mktemp("contract")), 30))


def _conforms(document: dict[str, Any], path: str, method: str, answer: tuple[int, str, Any]) -> None:
    status, media, body = answer
    promised = document["paths"][path][method.lower()]["responses"][str(status)]["content"][media]["schema"]
    Draft202012Validator({**promised, "components": document["components"]}).validate(body)


@pytest.mark.parametrize("number", range(len(ASKED)), ids=[f"{method} {path} {status}" for method, path, *_, status in ASKED])
def test_an_answer_conforms_to_the_document(asked, number: int) -> None:
    document, answers = asked
    method, _, path, _, _, status = ASKED[number]
    assert answers[number][0] == status
    _conforms(document, path, method, answers[number])


def test_what_is_shed_conforms_too(tmp_path: Path, asked) -> None:
    async def scene() -> None:
        async with _backend(tmp_path, most_waiting=1) as session:
            await (await session.put("/switches/slow_sync", json={"ttl": 60, "delay": 0.2})).read()
            posts = [
                session.post("/reservations", json={**BODY, "person": f"p{n}"}, headers={"Idempotency-Key": f"k{n}"}) for n in range(8)
            ]
            for answer in await asyncio.gather(*posts):
                _conforms(asked[0], "/reservations", "POST", (answer.status, answer.content_type, await answer.json(content_type=None)))
                shed.append((answer.status, answer.headers.get("Retry-After")))

    shed: list[tuple[int, str | None]] = []
    asyncio.run(asyncio.wait_for(scene(), 30))
    assert {status for status, _ in shed} == {201, 429}
    assert all(re.fullmatch("[1-9][0-9]*", after or "") for status, after in shed if status == 429)


def test_every_operation_of_the_document_is_asked_here(asked) -> None:
    operations = {(method.upper(), path) for path, methods in asked[0]["paths"].items() for method in methods}
    assert operations == {(method, path) for method, _, path, *_ in ASKED}


def test_a_wrong_answer_would_be_noticed(asked) -> None:
    with pytest.raises(Exception, match="sequence"):
        _conforms(asked[0], "/reservations", "POST", (201, "application/json", {"person": "p1", "round": "r", "shop": "s", "at": "t"}))
