"""Answers whose status does not say it: rules, functions, promises by the target's own keys, and what nobody knows."""

import asyncio
import json
from collections import Counter

import pytest
from riding import ONE_POST, ok, plan, ride, saying, serving

from rushproof import pseudonym
from rushproof.plan import Plan

SALT = bytes(16)  # of the plans in riding

ONE_GET = """
    steps = {"look": Step()}

    async def visit(self, person, target):
        await target.get("/", step="look")
"""


def said(code, **more):
    body = json.dumps({"code": code, **more}).encode()
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def in_turn(*answers):
    turn = iter(range(10_000))

    async def say(request, writer):
        writer.write(answers[next(turn) % len(answers)])

    return say


def riding(answer, body, persona, steps=None, **more):
    async def go():
        async with serving(answer) as server:
            planned = plan(server.url, persona(body), **{"rate": 50, "seconds": 0.2, **more}, steps=steps)
            return await ride(Plan.decode(planned.encode())), server

    return asyncio.run(go())


def notes(ridden):
    return [note for frame in ridden.frames for note in frame.notes]


def unmapped(ridden):
    return sum(frame.unmapped for frame in ridden.frames)


CODES = [
    {"outcome": "ok", "status": "200", "body": {"code": "0"}},
    {"outcome": "refused", "status": "200", "body": {"code": ["1001", "SOLD_OUT"]}},
]


def test_a_refusal_inside_http_200_is_no_ok_and_one_that_fits_no_rule_is_nobodys(persona):
    answers = in_turn(said(0), said(1001), said("SOLD_OUT"), said(9999, msg="没有 13800138000", data={"id": 7}), said(0))
    ridden, _ = riding(answers, ONE_POST, persona, {"reserve": {"outcomes": CODES}})
    assert ridden.outcomes("reserve") == {"ok": 4, "refused": 4, "doubt": 2}
    assert unmapped(ridden) == 2
    assert notes(ridden) == ['an answer to the step reserve fits no rule: 200 {"code": 9999, "msg": "…", "data": {…}} (2 times)']


def test_kinds_of_unknown_answers_are_few_and_every_answer_is_counted(persona):
    answers = in_turn(*(said(nth) for nth in range(100, 110)))
    ridden, _ = riding(answers, ONE_GET, persona, {"look": {"outcomes": CODES}}, rate=100)
    assert ridden.outcomes("look") == {"error": 20}
    assert len(notes(ridden)) == 6
    assert 'an answer to the step look fits no rule: 200 {"code": 100} (2 times)' in notes(ridden)
    assert "another answer fits no rule (10 times)" in notes(ridden)


def test_what_a_rule_calls_shed_is_tried_again(persona):
    seen = Counter()

    async def busy_once(request, writer):
        key = request.headers["idempotency-key"]
        seen[key] += 1
        writer.write(said("BUSY") if seen[key] == 1 else said(0))

    rules = [*CODES, {"outcome": "shed", "body": {"code": "BUSY"}}]
    ridden, _ = riding(busy_once, ONE_POST, persona, {"reserve": {"outcomes": rules, "gap": "1s"}}, speed=20)
    assert ridden.outcomes("reserve") == {"shed": 10, "ok": 10}


def test_a_persona_may_say_it_as_a_function(persona):
    body = """
        def meaning(answer):
            return {0: Outcome.OK, 1: Outcome.BLOCKED, 2: None}[answer.json()["code"]]

        steps = {"look": Step(outcomes=meaning)}

        async def visit(self, person, target):
            answer = await target.get("/", step="look")
            assert answer.outcome in (Outcome.OK, Outcome.BLOCKED, Outcome.ERROR)
    """
    ridden, _ = riding(in_turn(said(0), said(1), said(2), said(3), said(0)), body, persona)
    assert ridden.outcomes("look") == {"ok": 4, "blocked": 2, "error": 4}
    assert unmapped(ridden) == 4
    assert notes(ridden) == [
        'an answer to the step look fits no rule: 200 {"code": …} (2 times)',
        'an answer to the step look fits no rule: 200 {"code": …} (the function raised KeyError) (2 times)',
    ]


KEYED = """
    steps = {"book": Step(promises=Promise("booking", person="who.id", round="slot", content=("seat.row", "seat.no"), key="data.id"))}

    async def visit(self, person, target):
        body = {"who": {"id": person.id}, "seat": {"row": 3, "no": 7}}
        await target.post("/bookings", body, step="book", about={"slot": "s1"})
"""


def test_a_promise_is_known_by_what_the_target_calls_it(persona):
    answers = in_turn(
        said(0, data={"id": "b-17"}), said(0, data={"id": 18}), said(0, data={}), said(0, data=None), said(1001, data={"id": "b-1"})
    )
    ridden, server = riding(answers, KEYED, persona, {"book": {"outcomes": CODES}})
    rows = ridden.attempts
    assert Counter(rows["key"].tolist()) == {pseudonym.key(SALT, "b-17"): 2, pseudonym.key(SALT, "18"): 2, 0: 6}
    assert set(rows[rows["outcome"] != 0]["key"].tolist()) == {0}, "what was refused has no key"
    assert set(rows["content"].tolist()) == {pseudonym.content(SALT, ("3", "7"))}
    assert set(rows["person"].tolist()) == {pseudonym.pseudonym(SALT, json.loads(one.body)["who"]["id"]) for one in server.requests}
    assert {frame.rounds for frame in ridden.frames} <= {(), ("s1",)}
    assert len({one.headers["idempotency-key"] for one in server.requests}) == 10, "it is sent none the less"
    assert notes(ridden) == ["the promise of book names data.id, which an ok answer did not hold (4 times)"]


def test_what_was_never_answered_has_no_key(persona):
    async def never(request, writer):
        await asyncio.sleep(60)

    ridden, _ = riding(never, KEYED, persona, connections={"cap": 5}, drain=0.2)
    assert ridden.outcomes("book") == {"unfinished": 10}
    assert set(ridden.attempts["key"].tolist()) == {0}


@pytest.mark.parametrize("sequence", [17, "17"])
def test_a_sequence_may_lie_deep_and_be_written_as_a_text(persona, sequence):
    steps = {"reserve": {"promises": {"sequence": "data.entry.no"}}}
    ridden, _ = riding(saying(said(0, data={"entry": {"no": sequence}})), ONE_POST, persona, steps)
    assert set(ridden.attempts["sequence"].tolist()) == {17}


def test_a_body_that_is_bytes_tells_what_it_promises_too(persona):
    body = """
        steps = {"reserve": Step(promises=Promise("reservation", round="order.round"))}

        async def visit(self, person, target):
            await target.patch("/r", b'{"order": {"round": "r9"}}', step="reserve")
    """
    ridden, server = riding(saying(ok()), body, persona)
    assert ridden.frames[-1].rounds == ("r9",)
    assert server.requests[0].line == "PATCH /r HTTP/1.1"


def test_each_step_has_its_own_time_out(persona):
    async def slow(request, writer):
        if request.line.startswith("GET /slow"):
            await asyncio.sleep(60)
        writer.write(ok())

    body = """
        steps = {"look": Step(timeout=0.2), "linger": Step()}

        async def visit(self, person, target):
            await target.get("/slow", step="look")
            await target.get("/slow", step="linger")
    """
    ridden, _ = riding(slow, body, persona, {"linger": {"timeout": "400ms"}}, connections={"cap": 50})
    assert ridden.outcomes("look") == ridden.outcomes("linger") == {"error": 10}
    ended = sum(int(row["count"]) for frame in ridden.frames for row in frame.cell_rows if row["distribution"] == 0)
    assert ended == 20
