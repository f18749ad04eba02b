"""Everything that can become of an order, on both databases, with a restart in the middle of it."""

from tests.fake_backend.conftest import Hand
from tests.fake_backend.till_days import PRICE, SHOP, day

HEAD = "kind,merchant_order,refund,transaction,bank,channel,amount,at\n"


def test_some_pay_some_lapse_some_are_called_and_all_the_money_is_accounted_for(opened, run, wall: Hand) -> None:
    async def scene() -> None:
        async with day(opened, wall) as it:
            for number in (1, 2, 3, 4):
                await it.win(number, f"p{number}")
            await it.pay("o1", "k1", "p1")
            assert await it.double.tell("o1.1", amount=1) == (422, "bad_amount")
            assert [await it.double.tell("o1.1") for _ in range(2)] == [(200, "")] * 2
            it.double.mood = lambda method, path: "mute"
            await it.pay("o2", "k2", "p2")
            await it.until(lambda: it.happened("payment_doubted", "o2.1"))
            double = it.double
        wall.advance(5)
        async with day(opened, wall, double) as it:
            it.double.mood = lambda method, path: "well"
            await it.double.tell("o2.1", "failed")
            _, listed = await it("GET", f"/shops/{SHOP}/follow_ups")
            assert [line["order"] for line in listed["follow_ups"]] == ["o2"]
            assert (await it("POST", "/follow_ups/o2", {"outcome": "reached"}, "call"))[0] == 201
            await it.pay("o3", "k3", "p3")
            it.double.payments["o1.1"]["state"] = "succeeded"
            it.go_on(33 * 3600)
            for order in ("o2", "o3", "o4"):
                await it.until(lambda order=order: it.happened("order_lapsed", order))
            await it.double.tell("o3.1")  # too late
            await it.until(lambda: it.happened("refund_begun", "o3.1.r"))
            it.double.bill = HEAD + f"payment,o1.1,,t,b,app,{PRICE},1\npayment,o2.1,,t,b,app,{PRICE},1\n"
            (compared,) = await it.until(lambda: it.happened("bill_compared"))
            assert compared["detail"] == {"missing": 0, "extra": 1, "amount": 0}
            await it.until(lambda: it("GET", "/orders/o3"))
            await it.settled()
            assert await it.double.tell("o3.1.r") == (200, "")
            assert [await it.state(f"o{number}") for number in (1, 2, 3, 4)] == ["paid", "lapsed", "lapsed", "lapsed"]
            assert await it.cell() == {"free": 7, "held": 0, "sold": 1, "returned": 0}
            assert [event["subject"] for event in await it.events("refund_done")] == ["o3.1.r"]
            _, shown = await it("GET", "/orders?person=p1")
            assert [(order["order"], order["payments"]) for order in shown["orders"]] == [("o1", ["o1.1"])]

    run(scene())
