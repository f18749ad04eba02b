"""What goes wrong with payments and refunds: each fault shows just the behaviour it stands for."""

import asyncio

import aiohttp
import pytest


def test_g9_a_payment_begins_though_nobody_answers(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("unknown_outcomes", hold=0.1)
            with pytest.raises(aiohttp.ClientError):
                await merchant.pay()
            await merchant.after(60)
            assert await merchant.state() == "succeeded"
            assert (await merchant.pay())[1]["state"] == "succeeded"
            assert len(await merchant.rows("payments")) == 1

    run(scene())


def test_g9_it_may_even_be_unknown_to_the_gateway_for_a_while(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("unknown_outcomes", answer="error", later=300)
            assert (await merchant.pay())[1]["code"] == "outcome_unknown"
            await merchant.after(299)
            assert (await merchant("GET", "/payments/o1.1"))[1]["code"] == "no_such_payment"
            await merchant.after(1)
            assert await merchant.state() == "created"
            await merchant.after(60)
            assert merchant.shop.states() == ["succeeded"]

    run(scene())


@pytest.mark.parametrize("answer", ["silence", "error"])
def test_g10_no_payment_begins_and_nobody_says_so(serving, run, answer: str) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("no_effect", hold=0.1, answer=answer, tries=2)
            for _ in range(2):
                try:
                    assert (await merchant.pay())[1]["code"] == "outcome_unknown"
                except aiohttp.ClientError:
                    assert answer == "silence"
            assert (await merchant("GET", "/payments/o1.1"))[1]["code"] == "no_such_payment"
            assert (await merchant.pay())[0] == 201

    run(scene())


@pytest.mark.parametrize("effect", [True, False])
def test_g11_after_a_system_error_the_same_parameters_are_the_same_order(serving, run, effect: bool) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("system_errors", effect=effect)
            status, problem = await merchant.pay()
            assert (status, problem["code"]) == (500, "system_error")
            assert len(await merchant.rows("payments")) == effect
            assert (await merchant.pay(amount=7))[1].get("code") == ("number_used" if effect else None)
            if effect:
                assert (await merchant.pay())[0] == 201
            await merchant("POST", "/payments/o1.1/close")
            assert (await merchant("POST", "/payments/o1.1/close"))[1]["state"] == "closed"
            assert (await merchant.pay(amount=149_900 if effect else 7))[1]["code"] == "order_closed"

    run(scene())


@pytest.mark.parametrize(("way", "second"), [("order", 201), ("first_result", 500), ("success_only", 201), ("until_success", 201)])
def test_g12_what_is_kept_under_a_key_differs(serving, run, way: str, second: int) -> None:
    async def scene() -> None:
        async with serving(idempotency=way) as merchant:
            await merchant.on("system_errors", effect=False)
            assert (await merchant.pay())[0] == 500
            assert (await merchant.pay())[0] == second
            if way != "order":
                assert (await merchant.pay(amount=7))[1]["code"] == "key_reused"
            await merchant.after(86_401)
            if way == "first_result":  # forgotten after a day
                assert (await merchant.pay())[0] == 201

    run(scene())


def test_g12_two_at_the_same_time_conflict_and_the_way_can_be_switched(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("idempotency_ways", way="first_result")
            assert (await merchant("GET", "/health"))[1]["idempotency"] == "first_result"
            await merchant.on("brownouts", latency=0.2, errors=0)
            statuses = [status for status, _ in await asyncio.gather(merchant.pay(), merchant.pay())]
            assert sorted(statuses) == [201, 409]
            first = (await merchant.pay())[1]
            await merchant.after(60)
            assert (await merchant.pay())[1] == first  # as it was answered then

    run(scene())


def test_g13_it_cannot_be_closed_while_the_payer_is_paying(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("close_races", youngest=5)
            await merchant.on("slow_payers", takes=50)
            await merchant.pay()
            for _ in range(3):
                status, problem = await merchant("POST", "/payments/o1.1/close")
                assert (status, problem["code"]) == (429, "frequency_limited")
                await merchant.after(10)
            await merchant.after(30)
            assert (await merchant("POST", "/payments/o1.1/close"))[1]["code"] == "order_paid"

    run(scene())


def test_g13_it_cannot_be_closed_before_its_time(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("close_races", youngest=1)
            await merchant.pay()
            assert (await merchant("POST", "/payments/o1.1/close"))[1]["code"] == "frequency_limited"
            await merchant.after(1)
            assert (await merchant("POST", "/payments/o1.1/close"))[1].get("state", "paying") in ("closed", "paying")

    run(scene())


def test_g14_the_payer_is_paying_however_often_one_asks(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("slow_payers", takes=50)
            assert (await merchant.pay())[1]["state"] == "paying"
            for _ in range(9):
                await merchant.after(5)
                assert await merchant.state() == "paying"
            await merchant.after(5)
            assert await merchant.state() == "succeeded"

    run(scene())


def test_g15_what_failed_is_authorised_days_later(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("late_authorisations")
            await merchant.pay()
            await merchant.after(601)
            assert await merchant.state() == "failed"
            assert (await merchant("GET", "/quiet"))[1]["payments"] == 1
            await merchant.after(259_201)
            assert await merchant.state() == "succeeded"
            assert merchant.shop.states() == ["failed", "succeeded"]
            assert len({heard.said["id"] for heard in merchant.shop.heard}) == 2
            assert (await merchant("GET", "/quiet"))[0] == 200

    run(scene())


def test_g16_it_succeeds_after_the_order_has_expired_and_is_refunded_once(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("late_successes", after=300)
            expires = merchant.gateway.now() + 100
            await merchant.pay(expires_at=expires)
            await merchant.after(399)
            assert (await merchant("POST", "/payments/o1.1/close"))[1]["code"] == "frequency_limited"
            await merchant.after(1)
            (row,) = await merchant.rows("payments")
            assert (row["state"], float(row["succeeded_at"])) == ("succeeded", expires + 300)
            for _ in range(3):
                assert (await merchant.back())[0] == 201
                await merchant.after(60)
            assert [row["state"] for row in await merchant.rows("refunds")] == ["succeeded"]

    run(scene())


def test_g17_a_refund_takes_its_time_fails_and_succeeds_under_the_same_number(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay()
            await merchant.after(60)
            await merchant.on("slow_refunds", takes=120, failures=1)
            await merchant.back()
            await merchant.after(119)
            assert (await merchant("GET", "/refunds/o1.1.r"))[1]["state"] == "processing"
            await merchant.after(20)
            assert (await merchant("GET", "/refunds/o1.1.r"))[1]["state"] == "failed"
            assert (await merchant.back())[1]["state"] == "processing"
            await merchant.after(200)
            assert [row["state"] for row in await merchant.rows("refunds")] == ["succeeded"]
            assert merchant.shop.states() == ["succeeded", "failed", "succeeded"]
            assert len({heard.said["id"] for heard in merchant.shop.heard}) == 3

    run(scene())


@pytest.mark.parametrize(("by", "state"), [(0, "succeeded"), (3600, "closed"), (-3600, "succeeded")])
def test_g24_its_own_wrong_clock_decides_when_a_payment_expires(serving, run, by: float, state: str) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            now = merchant.gateway.now()
            if by:
                await merchant.on("clock_skew", by=by)
            await merchant.pay(expires_at=now + 1800)
            await merchant.after(60)
            assert await merchant.state() == state
            for heard in merchant.shop.heard:
                assert abs(int(heard.headers["Gateway-Timestamp"]) - (now + 60 + by)) <= 1

    run(scene())
