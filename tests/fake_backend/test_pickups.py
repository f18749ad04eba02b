"""A bottle that was paid is handed over once, to the person who won it, within the shop's hours and before its time is over."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trades import open_trade

from fake_backend.facts import Letter, Refusal
from fake_backend.pickups import Collect, Hours, Pickup, decide
from fake_backend.switches import Defect, Switches

HOURS = Hours(10 * 3600.0, 20 * 3600.0)
NOON = 12 * 3600.0
PICKUP = Pickup("o1", "p1", "2022-04-01.r1", "s1", 149900, "12345678", 8 * 86400.0)


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 40))


async def collect(trade, order: str, person: str = "p1", code: str | None = None, key: str = "c1"):
    if code is None:
        _, shown = await trade.shop("GET", f"/orders/{order}/pickup?person=p1")
        code = shown["code"]
    return await trade.shop("POST", f"/orders/{order}/pickup", {"person": person, "code": code}, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("command", "key", "pickup", "under_key", "now", "code"),
    [
        (Collect("p1", "12345678"), "k", None, None, NOON, "no_such_pickup"),
        (Collect("p1", "12345678"), "k", PICKUP, "o2", NOON, "key_reused"),
        (Collect("p2", "12345678"), "k", PICKUP, None, NOON, "not_the_winner"),
        (Collect("p1", "0"), "k", PICKUP, None, NOON, "wrong_code"),
        (Collect("p1", "12345678"), "k", PICKUP, None, 9 * 3600.0, "shop_closed"),
        (Collect("p1", "12345678"), "k", PICKUP, None, 20 * 3600.0, "shop_closed"),
        (Collect("p1", "12345678"), "k", PICKUP, None, 8 * 86400.0, "pickup_over"),
    ],
)
def test_a_hand_over_is_refused_by_name(command, key, pickup, under_key, now, code):
    decided = decide(command, key, pickup, under_key, HOURS, now)
    assert isinstance(decided, Refusal) and decided.code == code


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["p1", "p2"]), st.sampled_from(["12345678", "0"]), st.sampled_from(["k1", "k2"]), st.floats(0, 9 * 86400.0)
        ),
        max_size=12,
    )
)
def test_whatever_is_tried_in_whatever_order_a_bottle_is_handed_over_once_and_rightly(tries):
    pickup, handed = PICKUP, []
    for person, code, key, at in sorted(tries, key=lambda one: one[3]):
        decided = decide(Collect(person, code), key, pickup, "o1" if pickup.key == key else None, HOURS, at)
        if isinstance(decided, Pickup):
            if decided is not pickup:
                handed.append((person, code, at))
            pickup = decided
    assert len(handed) <= 1
    assert all(person == "p1" and code == "12345678" and HOURS.open_at(at) and at < PICKUP.pickup_by for person, code, at in handed)


def test_the_person_who_won_collects_the_bottle_and_is_answered_the_same_again(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            order = await trade.paid()
            await trade.at("2022-04-02T12:00:00")
            status, first = await collect(trade, order)
            assert (status, first["state"], first["order"]) == (201, "collected", order)
            assert await collect(trade, order) == (201, first)
            assert (await collect(trade, order, key="c2"))[1]["code"] == "already_collected"
            (collected,) = await trade.shop.events("collected")
            assert (collected["subject"], collected["person"], int(collected["sequence"])) == (order, "p1", first["sequence"])
            assert (await trade.shop("GET", f"/orders/{order}"))[1]["state"] == "collected"

    run(scene())


def test_nobody_else_sees_the_code_or_gets_the_bottle(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            order = await trade.paid()
            await trade.at("2022-04-02T12:00:00")
            assert (await trade.shop("GET", f"/orders/{order}/pickup?person=p2"))[1]["code"] == "not_the_winner"
            assert (await collect(trade, order, person="p2"))[1]["code"] == "not_the_winner"
            assert (await collect(trade, order, code="00"))[1]["code"] == "wrong_code"
            assert (await collect(trade, "o99", code="00"))[1]["code"] == "no_such_pickup"
            assert await trade.shop.events("collected") == []

    run(scene())


def test_what_nobody_collects_goes_back_to_the_stock_and_the_money_to_whoever_paid(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            order = await trade.paid()
            await trade.at("2022-04-09T20:00:01")
            (expired,) = await trade.until("pickup_expired")
            assert expired["subject"] == order
            (refund,) = await trade.until("refund_begun")
            assert refund["subject"] == f"{order}.1.r"
            assert len(await trade.shop.events("stock_returned")) == 1
            assert (await collect(trade, order))[1]["code"] == "pickup_over"
            assert (await trade.shop("GET", f"/orders/{order}"))[1]["state"] == "returned"

    run(scene())


def test_a_letter_that_comes_twice_prepares_one_pick_up(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            order = await trade.paid()
            _, shown = await trade.shop("GET", f"/orders/{order}/pickup?person=p1")
            body = {"order": order, "person": "p9", "round": "2022-04-01.r1", "shop": "s9", "price": 1}
            await trade.send(Letter("pickups.prepare", order, body))
            await trade.quiet()
            assert (await trade.shop("GET", f"/orders/{order}/pickup?person=p1"))[1] == shown

    run(scene())


def test_many_requests_at_once_hand_over_one_bottle(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            order = await trade.paid()
            await trade.at("2022-04-02T12:00:00")
            answers = await asyncio.gather(*(collect(trade, order, key=f"c{number % 4}") for number in range(12)))
            assert {answer["sequence"] for status, answer in answers if status == 201} == {
                int(row["sequence"]) for row in await trade.shop.events("collected")
            }
            assert len(await trade.shop.events("collected")) == 1

    run(scene())


def test_a_planted_defect_hands_the_bottle_to_anybody(opened, tmp_path):
    async def scene():
        lies = Switches()
        async with open_trade(opened, tmp_path, lies=lies) as trade:
            order = await trade.paid()
            lies.put("hand_to_anybody", Defect(ttl=60))
            status, _ = await collect(trade, order, person="p2", code="x")
            assert status == 201
            (collected,) = await trade.shop.events("collected")
            assert collected["person"] == "p2"

    run(scene())
