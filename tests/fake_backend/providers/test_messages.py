"""What the SMS and in-app providers take arrives: once, twice or after another try, by the seed and the key alone."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trades import Still, open_providers

from fake_backend.providers.behaviour import Behaviour
from fake_backend.providers.cap import Cap
from fake_backend.providers.messages import Message, fate


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 20))


def sms(number: int = 1, person: str = "p1") -> dict:
    return {"key": f"sms:won:o{number}:{person}", "person": person, "what": "won", "order": f"o{number}"}


def post(name: str, people: int) -> dict:
    messages = [{"key": f"in-app:lost:r:p{n}", "person": f"p{n}", "what": "lost", "round": "r"} for n in range(people)]
    return {"post": name, "messages": messages}


def test_a_message_arrives_and_is_in_its_inbox(tmp_path):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour()) as (_, _, ask):
            assert await ask("POST", "/sms", sms()) == (202, {"on_the_way": 0})
            _, inbox = await ask("GET", "/inbox?person=p1")
            assert [(one["channel"], one["what"], one["order"], one["times"]) for one in inbox["messages"]] == [("sms", "won", "o1", 1)]
            assert (await ask("GET", "/inbox?person=p2"))[1]["messages"] == []

    run(scene())


def test_the_same_post_handed_in_again_takes_nothing_anew(tmp_path):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour()) as (_, _, ask):
            for _ in range(3):
                assert await ask("POST", "/in-app", post("a", 1000)) == (202, {"on_the_way": 0})
                assert await ask("POST", "/sms", sms()) == (202, {"on_the_way": 0})
            assert len(await ask.rows("/ledger/notices.csv")) == 1001

    run(scene())


def test_a_message_that_takes_its_time_arrives_when_its_time_has_come(tmp_path):
    async def scene():
        wall = Still()
        async with open_providers(tmp_path, wall, Behaviour(notice_delay=60.0)) as (_, _, ask):
            assert await ask("POST", "/in-app", post("a", 50)) == (202, {"on_the_way": 50})
            assert (await ask("GET", "/quiet"))[0] == 503
            wall.at += 601.0
            async with asyncio.timeout(60):
                while (await ask("GET", "/quiet"))[0] != 200:
                    await asyncio.sleep(0.02)
            assert len({row["key"] for row in await ask.rows("/ledger/notices.csv")}) == 50
            assert await ask("POST", "/in-app", post("a", 50)) == (202, {"on_the_way": 0})

    run(scene())


def test_what_was_lost_is_tried_again_only_when_it_is_handed_in_again(tmp_path):
    async def scene():
        wall = Still()
        async with open_providers(tmp_path, wall, Behaviour(notice_loss=0.5)) as (_, _, ask):
            _, taken = await ask("POST", "/in-app", post("a", 100))
            left = [taken["on_the_way"]]
            assert 20 < left[0] < 80
            assert (await ask("GET", "/quiet"))[0] == 200
            while left[-1]:
                wall.at += 2.0
                left.append((await ask("POST", "/in-app", post("a", 100)))[1]["on_the_way"])
            assert left == sorted(left, reverse=True)
            assert sorted(row["key"] for row in await ask.rows("/ledger/notices.csv")) == sorted(
                message["key"] for message in post("a", 100)["messages"]
            )

    run(scene())


def test_everything_is_there_after_another_start(tmp_path):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour(notice_twice=1.0)) as (_, _, ask):
            await ask("POST", "/sms", sms())
            before = await ask.rows("/ledger/notices.csv")
        async with open_providers(tmp_path, Still(), Behaviour()) as (_, _, ask):
            assert await ask.rows("/ledger/notices.csv") == before
            assert (await ask("GET", "/inbox?person=p1"))[1]["messages"][0]["times"] == 2
            assert await ask("POST", "/sms", sms()) == (202, {"on_the_way": 0})
            assert await ask.rows("/ledger/notices.csv") == before

    run(scene())


def test_more_than_the_cap_is_refused_with_the_time_to_come_again(tmp_path):
    async def scene():
        wall = Still()
        async with open_providers(tmp_path, wall, Behaviour(sms_a_second=2.0)) as (_, _, ask):
            statuses = [(await ask("POST", "/sms", sms(number)))[0] for number in range(4)]
            assert statuses == [202, 202, 429, 429]
            async with ask.session.post("/sms", json=sms(9)) as answer:
                after = float(answer.headers["Retry-After"])
            wall.at += after
            assert (await ask("POST", "/sms", sms(9)))[0] == 202

    run(scene())


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), max_size=60), st.floats(0.5, 100))
def test_a_cap_never_lets_through_more_than_its_rate(tries, rate):
    wall = Still(0.0)
    cap, taken = Cap(wall), 0
    for wait, count in tries:
        wall.at += wait
        if cap.wait(count, rate) == 0:
            taken += count
        assert taken <= rate * (wall.at + 1) + 50 + 1e-6


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40), st.integers(1, 5))
def test_what_befalls_a_message_depends_on_the_seed_and_its_key_alone(key, try_):
    behaviour = Behaviour(notice_loss=0.3, notice_twice=0.3, notice_delay=5.0)
    first = fate(Message(key, "p1", "won"), "sms", try_, 100.0, behaviour)
    assert first == fate(Message(key, "p2", "lost", "r1"), "sms", try_, 100.0, behaviour)
    assert first[1] in (0, 1, 2) and 100.0 <= first[0] <= 150.0


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/sms", {**sms(), "what": ""}, "bad_field"),
        ("/sms", {**sms(), "name": "Li"}, "bad_field"),
        ("/in-app", {"post": "a", "messages": []}, "bad_field"),
        ("/in-app", post("a", 1001), "bad_field"),
        ("/in-app", 7, "bad_field"),
    ],
)
def test_what_is_not_a_message_is_refused_by_field(tmp_path, path, body, code):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour()) as (_, _, ask):
            assert (await ask("POST", path, body))[1]["code"] == code

    run(scene())
