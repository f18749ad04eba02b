"""Follow-ups: what an outage left unpaid is worked off by the shops."""

from msgspec.structs import replace

from tests.fake_backend.till_days import SETTINGS, SHOP, Day, day

databases = ("sqlite",)  # `test_orders_from_end_to_end` goes through all of it on both

A_DAY = 33 * 3600.0


async def _left(it: Day) -> None:
    """An order that could not be paid because the gateway was away."""
    await it.win()
    it.double.mood = lambda method, path: "away"
    await it.pay()
    await it.until(lambda: it.happened("payment_doubted"))
    it.double.mood = lambda method, path: "well"
    it.go_on(2)
    await it.settled()
    await it.double.tell("o1.1", "failed")


def test_an_order_whose_payment_failed_with_the_gateway_away_is_on_its_shops_list_until_it_is_paid(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await _left(it)
            _, body = await it("GET", f"/shops/{SHOP}/follow_ups")
            assert [(line["order"], line["state"]) for line in body["follow_ups"]] == [("o1", "open")]
            assert (await it("GET", "/shops/s00002/follow_ups"))[1] == {"follow_ups": []}
            shown = (await it("GET", "/orders?person=p1"))[1]["orders"][0]
            assert (shown["follow_up"], shown["reached"]) == (True, False)
            await it.pay(key="k2")
            await it.double.tell("o1.2")
            (done,) = await it.events("follow_up_done")
            assert done["detail"] == {"outcome": "paid"}
            assert (await it("GET", f"/shops/{SHOP}/follow_ups"))[1] == {"follow_ups": []}

    run(scene())


def test_a_payment_that_just_fails_is_nobodys_work(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            await it.double.tell("o1.1", "failed")
            assert await it.events("follow_up_opened") == []

    run(scene())


def test_who_was_reached_gets_more_time_once(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await _left(it)
            it.go_on(A_DAY - 3600)
            for _ in range(2):
                status, body = await it("POST", "/follow_ups/o1", {"outcome": "not_reached"}, "call-1")
                assert (status, body["done"]) == (201, False)
            for _ in range(2):
                status, body = await it("POST", "/follow_ups/o1", {"outcome": "reached"}, "call-2")
                assert (status, body["done"]) == (201, True)
                assert body["pay_by"].startswith("2022-04-03T05:00:02")
            assert [event["detail"]["why"] for event in await it.events("order_extended")] == ["reached by the shop"]
            shown = (await it("GET", "/orders?person=p1"))[1]["orders"][0]
            assert (shown["follow_up"], shown["reached"]) == (False, True)
            assert (await it("POST", "/follow_ups/o1", {"outcome": "gave_up"}, "call-2"))[1]["code"] == "key_reused"
            assert (await it("POST", "/follow_ups/o1", {"outcome": "gave_up"}, "call-3"))[1]["code"] == "follow_up_done"
            it.go_on(4000)
            assert (await it.pay(key="k3"))[0] == 201

    run(scene())


def test_who_is_reached_after_the_bottle_has_gone_gets_no_more_time(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await _left(it)
            it.go_on(A_DAY)
            await it.until(lambda: it.happened("order_lapsed"))
            _, listed = await it("GET", f"/shops/{SHOP}/follow_ups")
            assert [line["state"] for line in listed["follow_ups"]] == ["lapsed"]
            _, body = await it("POST", "/follow_ups/o1", {"outcome": "reached"}, "call")
            assert (body["done"], body["pay_by"]) == (True, None) and await it.events("order_extended") == []

    run(scene())


def test_who_is_reached_after_their_time_gets_no_more_of_it_though_a_payment_keeps_the_order_open(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, extend=False)) as it:
            await _left(it)
            it.double.mood = lambda method, path: "away"
            await it.pay(key="k2")
            it.go_on(A_DAY)
            await it.settled()
            assert (await it("GET", "/orders?person=p1"))[1]["orders"][0]["state"] == "open"
            _, body = await it("POST", "/follow_ups/o1", {"outcome": "reached"}, "call")
            assert (body["done"], body["pay_by"]) == (True, None) and await it.events("order_extended") == []

    run(scene())


def test_what_cannot_be_done_is_refused(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            assert (await it("POST", "/follow_ups/o1", {"outcome": "reached"}, "k"))[1]["code"] == "no_such_follow_up"
            assert (await it("POST", "/follow_ups/o1", {"outcome": "reached"}))[1]["code"] == "key_missing"
            assert (await it("POST", "/follow_ups/o1", {"outcome": "asleep"}, "k"))[1]["code"] == "bad_field"

    run(scene())
