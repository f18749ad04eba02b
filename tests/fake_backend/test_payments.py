"""Payments over HTTP: begun once, settled once, whatever the gateway does and however often it says so."""

import asyncio

from tests.fake_backend.till_days import PRICE, day


def test_a_winner_pays_and_the_gateways_notice_makes_the_order_paid(tmp_path, run) -> None:
    async def scene() -> None:
        async with day(tmp_path) as it:
            await it.win()
            assert await it.cell() == {"free": 7, "held": 1, "sold": 0, "returned": 0}
            status, paid = await it.pay()
            assert (status, paid["payment"], paid["order"], paid["amount"], paid["state"]) == (201, "o1.1", "o1", PRICE, "pending")
            (begun,) = await it.events("payment_begun")
            assert begun["detail"] == {"order": "o1", "bank": "riverside", "channel": "app", "key": "k1"}
            assert await it.double.tell("o1.1") == (200, "")
            assert await it.state() == "paid"
            assert (await it("GET", "/payments/o1.1"))[1]["state"] == "succeeded"
            assert await it.cell() == {"free": 7, "held": 0, "sold": 1, "returned": 0}
            kinds = [event["kind"] for event in await it.events() if event["kind"] != "stock_released"]
            assert kinds == ["stock_held", "order_opened", "payment_begun", "payment_succeeded", "order_paid", "stock_sold"]

    run(scene())


def test_the_same_key_gets_the_same_payment_and_another_one_has_to_wait(tmp_path, run) -> None:
    async def scene() -> None:
        async with day(tmp_path) as it:
            await it.win()
            answers = await asyncio.gather(*(it.pay() for _ in range(10)))
            assert {answer[0] for answer in answers} == {201} and len({answer[1]["sequence"] for answer in answers}) == 1
            assert len([asked for asked in it.double.asked if asked == ("POST", "/payments")]) == 1
            assert (await it.pay(key="k2"))[1]["code"] == "payment_under_way"
            assert (await it.pay(bank="harbour"))[1]["code"] == "key_reused"
            await it.double.tell("o1.1", "failed")
            assert (await it.pay())[1]["state"] == "failed"
            assert (await it.pay(key="k2"))[1]["payment"] == "o1.2"

    run(scene())
