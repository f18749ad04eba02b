"""Money that has to go back: once, whatever the gateway makes of it."""

import asyncio
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fake_backend.facts import Letter, Refusal
from fake_backend.sale import Refund, RefundState, refund_moves
from fake_backend.switches import Defect
from tests.fake_backend.till_days import PRICE, SETTINGS, Day, day

databases = ("sqlite",)  # `test_orders_from_end_to_end` goes through all of it on both

REFUND = Refund("o1.1.r", "o1.1", "o1", PRICE, "begun", 1.0, "lapsed")
A_DAY = 33 * 3600.0


@given(st.lists(st.sampled_from(get_args(RefundState)), max_size=12))
def test_a_refund_only_goes_on_and_ends_once(told) -> None:
    refund, done = REFUND, 0
    for state in told:
        moves = refund_moves(refund, state, PRICE)
        assert not isinstance(moves, Refusal)
        if moves:
            assert refund.state != "done"
            refund = replace(refund, state=state)
            done += state == "done"
    assert done == (refund.state == "done")


def test_a_part_of_the_money_is_no_refund() -> None:
    refused = refund_moves(REFUND, "done", PRICE - 1)
    assert isinstance(refused, Refusal) and refused.code == "bad_amount"


async def _late(it: Day) -> None:
    """An order that lapsed, and then the money came after all."""
    await it.win()
    await it.pay()
    it.go_on(A_DAY)
    await it.until(lambda: it.happened("order_lapsed"))
    it.double.payments["o1.1"]["state"] = "succeeded"
    assert await it.double.tell("o1.1") == (200, "")


def test_what_succeeds_after_the_order_lapsed_is_given_back_once(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await _late(it)
            await asyncio.gather(*(it.double.tell("o1.1") for _ in range(5)))
            await it.until(lambda: asyncio.sleep(0, it.double.refunds))
            assert await it.state() == "lapsed"
            assert set(await asyncio.gather(*(it.double.tell("o1.1.r") for _ in range(5)))) == {(200, "")}
            kinds = [event["kind"] for event in await it.events("refund_begun", "refund_done", "refund_failed", "payment_succeeded")]
            assert kinds == ["payment_succeeded", "refund_begun", "refund_done"]
            (begun,) = await it.events("refund_begun")
            assert (begun["subject"], begun["amount"]) == ("o1.1.r", PRICE)
            assert {"payment": "o1.1", "order": "o1", "why": "lapsed"}.items() <= begun["detail"].items()
            assert "notices.tell refunded:o1.1.r:p1" in await it.letters("notices.tell")

    run(scene())


def test_a_second_payment_that_succeeds_too_is_given_back(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            await it.double.tell("o1.1", "failed")
            await it.pay(key="k2")
            await it.double.tell("o1.1", "succeeded")  # authorised late: it pays the order, and the second is closed
            await it.until(lambda: it.happened("payment_closed", "o1.2"))
            await it.double.tell("o1.2", "succeeded")  # which came too late
            (begun,) = await it.until(lambda: it.happened("refund_begun"))
            assert begun["subject"] == "o1.2.r" and begun["detail"]["why"] == "paid already"
            assert len(await it.events("order_paid")) == 1 and (await it.cell())["sold"] == 1

    run(scene())


def test_a_refund_that_fails_is_tried_again_until_the_money_is_back(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            it.double.refund_as = "failed"
            await _late(it)
            await it.until(lambda: it.happened("refund_failed"))
            it.double.refund_as = "processing"
            it.go_on(300)
            await it.settled()
            assert await it.double.tell("o1.1.r", "failed", id="another try") == (200, "")
            it.double.refund_as = "succeeded"
            it.double.refunds["o1.1.r"]["state"] = "failed"
            it.go_on(600)
            await it.until(lambda: it.happened("refund_done"))
            kinds = [event["kind"] for event in await it.events("refund_begun", "refund_done", "refund_failed")]
            assert kinds == ["refund_begun", "refund_failed"] * 2 + ["refund_begun", "refund_done"]
            assert len(it.double.refunds) == 1

    run(scene())


def test_a_refund_that_nobody_tells_of_is_asked_about(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await _late(it)
            await it.until(lambda: asyncio.sleep(0, it.double.refunds))
            await it.settled()
            it.double.refunds["o1.1.r"]["state"] = "succeeded"
            status, quiet = await it("GET", "/quiet")
            assert status == 503 and quiet["under_way"] == 1
            it.go_on(15)
            await it.until(lambda: it.happened("refund_done"))

    run(scene())


def test_a_gateway_that_is_away_is_asked_for_the_refund_again(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            it.double.refund_as = "succeeded"
            it.double.mood = lambda method, path: "mute" if path == "/refunds" else "well"
            await _late(it)
            await it.until(lambda: asyncio.sleep(0, ("POST", "/refunds") in it.double.asked))
            await it.settled()
            assert await it.events("refund_done") == []
            it.double.mood = lambda method, path: "well"
            it.go_on(5)
            await it.until(lambda: it.happened("refund_done"))
            assert len(await it.events("refund_begun")) == 1

    run(scene())


def test_what_paid_an_order_goes_back_when_nobody_fetched_the_bottle(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            await it.double.tell("o1.1")
            letter = Letter("refunds.begin", "o1", {"order": "o1", "why": "not collected"})
            for _ in range(2):
                await it.backend.site.books.write(lambda books: books.send(letter))
            (begun,) = await it.until(lambda: it.happened("refund_begun"))
            assert begun["detail"]["why"] == "not collected"
            await it.settled()
            assert len(await it.events("refund_begun")) == 1

    run(scene())


def test_a_refund_asked_for_twice_shows(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            it.lies.put("refund_twice", Defect(ttl=80_000.0))
            it.wall.advance(A_DAY - 10)
            await it.win()
            await it.pay()
            it.double.payments["o1.1"]["state"] = "closed"
            it.go_on(10)
            await it.until(lambda: it.happened("order_lapsed"))
            it.lies.put("refund_twice", Defect(ttl=80_000.0))
            await it.double.tell("o1.1")
            await it.until(lambda: asyncio.sleep(0, len(it.double.refunds) == 2))

    run(scene())
