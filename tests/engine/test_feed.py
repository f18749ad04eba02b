"""Persons who exist, from the user's file or signer to the target's door: real feeders, real sockets."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from feeding import SHOWS_TOKEN, given, notes
from riding import looped, ok, plan, ride, saying, serving

from rushproof.engine.engine import Engine
from rushproof.errors import PersonaError

FRESHENS = """
    steps = {"reserve": Step()}

    async def visit(self, person, target):
        for _ in range(6):
            await target.post("/", {}, step="reserve", person=person, headers={"authorization": person.token})
            await asyncio.sleep(0.3)
"""


@looped
async def test_the_target_sees_exactly_the_rows_of_the_file_in_its_order(persona: Any, people: Any) -> None:
    async with serving(saying(ok())) as server:
        spec = {"file": people(500), "token": "token", "attributes": ["shop"]}
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=200, persons=spec, first_person=17, connections={"cap": 1}))
    assert given(server) == [(f"m-{number}", f"tok-{number}") for number in range(17, 217)]
    assert ridden.final.visits[0].finished == 200
    assert not notes(ridden)


@looped
async def test_two_workers_share_the_rows_and_no_row_comes_twice(persona: Any, people: Any) -> None:
    async with serving(saying(ok())) as server:
        spec = {"file": people(301), "token": "token"}
        whole = plan(server.url, persona(SHOWS_TOKEN), rate=300, persons=spec, workers=2, first_person=1)
        await asyncio.gather(*(ride(msgspec.structs.replace(whole, worker=worker)) for worker in (0, 1)))
    assert sorted(given(server)) == sorted((f"m-{number}", f"tok-{number}") for number in range(1, 301))


@looped
async def test_attributes_are_the_columns_that_were_named(persona: Any, people: Any) -> None:
    body = """
        steps = {"reserve": Step()}

        async def visit(self, person, target):
            await target.post("/", {"shop": person["shop"]}, step="reserve")
    """
    async with serving(saying(ok())) as server:
        await ride(plan(server.url, persona(body), rate=20, persons={"file": people(20), "attributes": ["shop"]}))
    assert [json.loads(request.body)["shop"] for request in server.requests] == [f"s{number % 7}" for number in range(20)]


@looped
async def test_when_the_rows_run_out_the_rest_is_missed_and_told_once(persona: Any, people: Any) -> None:
    async with serving(saying(ok())) as server:
        spec = {"file": people(60), "token": "token"}
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=100, persons=spec))
    assert (ridden.final.visits[0].finished, ridden.final.visits[0].missed) == (60, 40)
    assert ridden.outcomes("reserve") == {"ok": 60, "missed": 40}
    assert notes(ridden) == "crowd: the persons ran out at arrival 60: the file has no more rows"


@looped
async def test_derived_persons_are_signed_ahead_of_their_time(persona: Any, signer: Any) -> None:
    path = signer("""
        def sign(person):
            return Token(f"{person.id}/{time.time()}", time.time() + 600)
    """)
    seen, started = [], []

    async def note(request: Any, writer: asyncio.StreamWriter) -> None:
        seen.append(time.time())
        writer.write(ok())

    async def begin(engine: Engine) -> None:
        started.append(time.time())

    async with serving(note) as server:
        await ride(plan(server.url, persona(SHOWS_TOKEN), rate=50, seconds=3, persons={"signer": path, "ahead": "1s"}), begin)
    shown = given(server)
    assert len({person for person, _ in shown}) == 150
    for nth, ((person, token), came) in enumerate(zip(shown, seen, strict=True)):
        who, _, at = token.partition("/")
        assert who == person
        assert float(at) < came
        if nth > 50:  # those of the first second are signed before the start is known
            assert float(at) > started[0] + nth / 50 - 1.5, "no earlier than `ahead`, and half a second for a busy machine"


@looped
async def test_a_token_is_refreshed_before_it_ends_and_not_at_every_step(persona: Any, people: Any, signer: Any) -> None:
    path = signer("""
        made = 0

        def sign(person):
            global made
            made += 1
            return Token(f"{person.id} {made} {time.time() + 1.0}", time.time() + 1.0)
    """)
    seen = []

    async def judge(request: Any, writer: asyncio.StreamWriter) -> None:
        who, made, expires = request.headers["authorization"].split()
        seen.append((who, int(made), time.time() < float(expires)))
        writer.write(ok())

    async with serving(judge) as server:
        ridden = await ride(plan(server.url, persona(FRESHENS), rate=20, persons={"file": people(20), "signer": path}))
    assert len(seen) == 120
    assert all(good for *_, good in seen)
    tokens = {(who, made) for who, made, _ in seen}
    assert 2 * 20 <= len(tokens) < 120, "each is renewed in its 1.5 s, and not for each of its six steps"
    assert ridden.outcomes("reserve") == {"ok": 120}


@looped
async def test_a_slow_signer_shows_as_the_generators_lag(persona: Any, signer: Any) -> None:
    path = signer("""
        def sign(person):
            time.sleep(0.03)
            return f"t-{person.index}"
    """)
    async with serving(saying(ok())) as server:
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=50, seconds=2, persons={"signer": path, "ahead": "0.2s"}))
    assert ridden.final.visits[0].finished == 100
    healths = [health for frame in ridden.frames for health in frame.health]
    assert max(health.lag_p99 for health in healths) > 0.2
    assert max(health.unsent for health in healths) > 10


@looped
async def test_an_async_signer_signs_many_at_once(persona: Any, signer: Any) -> None:
    path = signer("""
        async def sign(person):
            await asyncio.sleep(0.05)
            return f"t-{person.index}"
    """)
    async with serving(saying(ok())) as server:
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=300, persons={"signer": path}))
    assert ridden.final.visits[0].finished == 300
    assert max(health.lag_p99 for frame in ridden.frames for health in frame.health) < 0.2, "one by one it takes 15 s"


@looped
async def test_a_person_who_cannot_be_signed_is_missed_and_the_others_come(persona: Any, people: Any, signer: Any) -> None:
    path = signer("""
        def sign(person):
            if person.id == "m-30":
                raise ValueError("tok-secret of " + person.id)
            return "signed-" + person.id
    """)
    async with serving(saying(ok())) as server:
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=20, seconds=2, persons={"file": people(40), "signer": path}))
    assert [person for person, _ in given(server)] == [f"m-{number}" for number in range(40) if number != 30]
    assert ridden.final.visits[0].missed == 1
    assert notes(ridden) == "crowd: a person could not come: the signer raised ValueError (sign, line 8)"


@looped
async def test_a_signer_that_only_raises_ends_the_persons(persona: Any, signer: Any) -> None:
    path = signer("""
        async def sign(person):
            if time.time() > START + 1.0:
                raise ConnectionError("secret")
            return "t"

        START = time.time()
    """)
    async with serving(saying(ok())) as server:
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=100, seconds=3, persons={"signer": path, "ahead": "0.1s"}))
    assert ridden.final.visits[0].missed > 100
    assert "the signer raised ConnectionError (sign, line 8), for 5 persons in a row" in notes(ridden)
    assert "secret" not in notes(ridden)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"file": "gone.csv"}, "persons.file: .*gone.csv: no such file"),
        ({"file": "people.csv", "id": "uid"}, "persons.id: people.csv has no column 'uid'; did you mean 'id'"),
        ({"signer": "gone.py:sign"}, "gone.py: no such file"),
    ],
)
@looped
async def test_what_cannot_begin_is_said_before_the_start(
    spec: dict[str, str], words: str, persona: Any, people: Any, tmp_path: Path
) -> None:
    people(10)
    placed = {key: value if key == "id" else str(tmp_path / value) for key, value in spec.items()}
    async with serving(saying(ok())) as server:
        with pytest.raises(PersonaError, match=words):
            await ride(plan(server.url, persona(SHOWS_TOKEN), persons=placed))
    assert not server.requests


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def sign(person):\n    raise KeyError('s3cret')", r"the signer raised KeyError \(sign, line 7\)"),
        ("def sign(person):\n    return 17", "the signer sign returned int: expected a Token or its text"),
        ("def sign(person):\n    return ''", "the signer sign returned an empty text"),
        ("def sign(person):\n    return Token('s3cret', 5.0)", "a token that has ended already"),
        ("def sing(person):\n    return 's3cret'", "has no function 'sign'"),
        ("raise ImportError('no jwt')", "line 6: no jwt"),
    ],
)
@looped
async def test_a_signer_that_cannot_sign_is_said_before_the_start(body: str, words: str, persona: Any, signer: Any) -> None:
    async with serving(saying(ok())) as server:
        with pytest.raises(PersonaError, match=words) as found:
            await ride(plan(server.url, persona(SHOWS_TOKEN), persons={"signer": signer(body)}))
    assert "s3cret" not in str(found.value)


@looped
async def test_people_of_another_crowd_who_come_again_are_signed_as_themselves(persona: Any, signer: Any) -> None:
    path = signer("""
        def sign(person):
            return Token(f"tok-{person.id}")
    """)
    async with serving(saying(ok())) as server:
        whole = plan(server.url, persona(SHOWS_TOKEN), rate=60, persons={"signer": path})
        again = msgspec.structs.replace(whole.crowds[0], name="again", people=20, of="crowd")
        await ride(msgspec.structs.replace(whole, crowds=(again, *whole.crowds)))
    seen = [person for person, token in given(server) if token == f"tok-{person}"]
    assert len(seen) == 80
    assert len(set(seen)) == 60, "twenty of them came twice"
