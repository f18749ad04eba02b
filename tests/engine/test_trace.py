"""What `check` shows of every try: who said what it came to, masked, without waiting where a person would think."""

import asyncio
import json
import time

import pytest
from riding import ok, plan, ride, serving

from rushproof.mask import MASK

SECRETS = ("eyJhbGciOi", "13800138000", "sess-4711", "a-long-secret-value", "p00000")

BOOKING = """
    steps = {"look": Step(), "book": Step(promises=Promise("booking", round="roundId", content=("seat",), key="data.id"))}

    async def visit(self, person, target):
        headers = {"Authorization": "Bearer eyJhbGciOi", "Cookie": "SID=sess-4711"}
        await target.get(f"/users/{person.id}?phone=13800138000", step="look", headers=headers)
        await target.think(person, mean=30.0)
        await target.post("/bookings", {"person": person.id, "phone": "13800138000", "roundId": "r1", "seat": 7}, step="book")
"""

RULES = {
    "book": {
        "outcomes": [
            {"outcome": "ok", "status": "200", "body": {"code": "0"}},
            {"outcome": "refused", "body": {"code": "SOLD_OUT"}, "headers": {"X-Why": "late"}},
        ]
    }
}


def tracing(answers, body, persona, **more):
    turn = iter(answers)

    async def say(request, writer):
        if request.line.startswith("GET"):
            writer.write(ok())
        else:
            told, head = next(turn)
            text = json.dumps(told).encode()
            writer.write(f"HTTP/1.1 200 OK\r\nSet-Cookie: SID=sess-4711\r\n{head}Content-Length: {len(text)}\r\n\r\n".encode() + text)

    async def go():
        async with serving(say) as server:
            planned = plan(server.url, persona(body), rate=10, seconds=len(answers) / 10, trace=True, **more)
            begun = time.monotonic()
            ridden = await ride(planned)
            assert time.monotonic() - begun < 10, "nobody thinks for half a minute here"
            return [exchange for frame in ridden.frames for exchange in frame.exchanges]

    return asyncio.run(go())


def test_every_try_is_shown_with_who_said_what_it_came_to(persona):
    answers = [
        ({"code": 0, "data": {"id": "a-long-secret-value"}, "sequence": 17}, ""),
        ({"code": "SOLD_OUT"}, "X-Why: late\r\n"),
        ({"code": 3, "name": "a-long-secret-value"}, ""),
        ({"code": 0}, ""),
    ]
    exchanges = tracing(answers, BOOKING, persona, steps=RULES)
    looks, books = ([one for one in exchanges if one.step == step] for step in ("look", "book"))
    assert len(looks) == len(books) == 4
    assert {one.request for one in looks} == {"GET /users/…?phone=…"}
    assert {(one.outcome, one.why, one.status, one.protocol, one.crowd) for one in looks} == {
        ("ok", "by default, of 201", 201, "HTTP/1.1", "crowd")
    }
    assert all("authorization: Bearer …" in one.sent and "cookie: SID=…" in one.sent for one in looks)
    assert [(one.outcome, one.why) for one in books] == [
        ("ok", "rule 1 (status 200, code: 0)"),
        ("refused", "rule 2 (x-why: late, code: SOLD_OUT)"),
        ("doubt", "no rule fits"),
        ("ok", "rule 1 (status 200, code: 0)"),
    ]
    assert [one.promised for one in books] == [
        "sequence 17, round r1, content set, key set",
        "round r1, content set",
        "round r1, content set",
        "round r1, content set, no field sequence, no field data.id",
    ]
    assert books[0].sent[-1] == '{"person": "…", "phone": "…", "roundId": "…", "seat": …}'
    assert books[0].received[-1] == '{"code": 0, "data": {"id": "…"}, "sequence": …}'
    assert "x-why: late" in books[1].received
    assert "set-cookie: SID=…" in books[1].received
    assert all(0 < one.took < 5 for one in exchanges)


def test_no_secret_is_in_a_trace(persona):
    answers = [({"code": 0, "data": {"id": "a-long-secret-value", "phone": 13800138000}}, "")]
    text = repr(tracing(answers, BOOKING, persona, transport={"headers": {"X-Token": "a-long-secret-value"}}))
    assert MASK in text
    for secret in SECRETS:
        assert secret not in text


@pytest.mark.parametrize("promised", ["round", "slot"])
def test_a_field_that_was_not_sent_is_named(persona, promised):
    body = f"""
        steps = {{"book": Step(promises=Promise("booking", round="{promised}"))}}

        async def visit(self, person, target):
            await target.post("/bookings", {{"round": "r1"}}, step="book")
    """
    (one,) = tracing([({"sequence": 3}, "")], body, persona)
    assert one.promised == ("sequence 3, round r1" if promised == "round" else "sequence 3, no field slot was sent")


def test_what_never_came_is_shown_too(persona):
    body = """
        steps = {"look": Step()}

        async def visit(self, person, target):
            await target.get("/", step="look")
    """

    async def go():
        async with serving(None) as server:
            url = server.url
        return [
            exchange
            for frame in (await ride(plan(url, persona(body), rate=10, seconds=0.1, trace=True))).frames
            for exchange in frame.exchanges
        ]

    (one,) = asyncio.run(go())
    assert (one.status, one.outcome, one.took, one.received) == (0, "error", 0.0, ())
    assert "refused" in one.why


def test_an_errand_is_shown_without_what_was_said(persona):
    body = """
        steps = {"pay": Step(promises=Promise("payment", key="id"))}

        async def visit(self, person, target):
            async with target.step("pay", about={"round": "r1"}) as sample:
                sample.told({"sequence": 4})
            async with target.step("pay"):
                raise OSError
    """
    first, second = tracing([({}, "")], body, persona)
    assert (first.outcome, first.why, first.status) == ("ok", "the visit says so", 0)
    assert first.promised == "sequence 4, round r1, no field id"
    assert (second.outcome, second.why) == ("doubt", "OSError")
    assert second.promised == "no field round was sent"
