"""What goes wrong on the way to the gateway and back: each fault shows just the behaviour it stands for."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest


def test_g18_so_many_a_second_and_so_many_at_a_time(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("rate_limits", rate=5, concurrency=100)
            answers = [await merchant.pay(f"o{number}.1") for number in range(8)]
            assert [status for status, _ in answers] == [201] * 5 + [429] * 3
            assert answers[-1][1]["code"] == "rate_limited"
            await merchant.after(1)
            assert (await merchant.pay("o9.1"))[0] == 201
            await merchant.on("rate_limits", rate=1000, concurrency=2)
            await merchant.on("brownouts", latency=1.5, errors=0)
            statuses = [status for status, _ in await asyncio.gather(*(merchant.pay(f"p{number}.1") for number in range(4)))]
            assert sorted(statuses) == [201, 201, 429, 429]

    run(scene())


@pytest.mark.parametrize(
    ("fault", "away"),
    [
        ({"bank": "harbour"}, {"a": True, "b": False}),
        ({"region": "south"}, {"a": True, "b": False}),
        ({"channel": "app"}, {"a": False, "b": True}),
        ({}, {"a": True, "b": True}),
    ],
)
def test_g19_a_bank_a_region_a_channel_or_everything_is_away(serving, run, fault: dict[str, str], away: dict[str, bool]) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            ways = {"a": ("harbour", "scan"), "b": ("riverside", "app")}
            for order, (bank, channel) in ways.items():
                assert (await merchant.pay(order, bank=bank, channel=channel))[0] == 201
            await merchant.on("outages", **fault)
            await merchant.after(60)
            for order, (bank, channel) in ways.items():
                status, problem = await merchant.pay(f"{order}2", bank=bank, channel=channel)
                assert (status, problem.get("code")) == ((503, "bank_away" if fault else "gateway_away") if away[order] else (201, None))
                assert (await merchant("GET", f"/payments/{order}"))[0] == (503 if away[order] else 200)
            told = {heard.said["merchant_order"] for heard in merchant.shop.heard}
            assert told == {order for order in ways if not away[order]}  # nobody confirms meanwhile
            await merchant("DELETE", "/faults/outages")
            await merchant.after(5)
            assert [await merchant.state(order) for order in ways] == ["succeeded"] * 2

    run(scene())


@pytest.mark.parametrize(("domain", "expected"), [("primary", (503, 201)), ("backup", (201, 503))])
def test_g19_one_domain_is_away_and_the_other_works(serving, run, domain: str, expected: tuple[int, int]) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("outages", domain=domain)
            assert ((await merchant.pay("a"))[0], (await merchant.pay("b", path="/backup/payments"))[0]) == expected
            await merchant.after(60)
            ((_, alive),) = [pair for pair in (("primary", "/backup"), ("backup", "")) if pair[0] == domain]
            other = "a" if domain == "backup" else "b"
            assert (await merchant("GET", f"{alive}/payments/{other}"))[1]["state"] == "succeeded"

    run(scene())


def test_g19_an_outage_may_be_silent_a_reset_and_without_notices(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay()
            for how in ("silence", "reset"):
                await merchant.on("outages", how=how, hold=0.05, notices=True, payers=False)
                with pytest.raises(aiohttp.ClientError):
                    await merchant.state()
            await merchant.after(60)
            assert [row["state"] for row in await merchant.rows("payments")] == ["succeeded"]
            assert merchant.shop.heard == []
            await merchant("DELETE", "/faults/outages")
            await merchant.after(0)
            assert merchant.shop.states() == ["succeeded"]

    run(scene())


def test_g19_in_an_outage_people_may_pay_and_nobody_hears_of_it_before_the_schedule_says_so_again(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("outages", begins=0.3, payers=False, unheard=True)
            orders = [f"o{number}.1" for number in range(40)]
            begun = [order for order in orders if (await merchant.pay(order))[0] == 201]
            assert 4 <= len(begun) <= 20
            assert (await merchant("GET", f"/payments/{begun[0]}"))[0] == 503
            await merchant.after(100)  # sent at once, and after 15, 15 and 30 s
            succeeded = {row["merchant_order"] for row in await merchant.rows("payments") if row["state"] == "succeeded"}
            assert succeeded and succeeded <= set(begun)
            assert merchant.shop.heard == []
            await merchant("DELETE", "/faults/outages")
            await merchant.after(0)
            assert merchant.shop.heard == []
            await merchant.after(300)  # the next time is three minutes later
            assert {heard.said["merchant_order"] for heard in merchant.shop.heard if heard.said["state"] == "succeeded"} == succeeded

    run(scene())


def test_g20_a_brownout_is_slow_sometimes_wrong_and_ends_gently(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("brownouts", latency=0.1, errors=0.3, ttl=100, ramp=50)
            begun = time.perf_counter()
            answers = await asyncio.gather(*(merchant.pay(f"o{number}.1") for number in range(40)))
            assert time.perf_counter() - begun > 0.1
            assert 4 <= [status for status, _ in answers].count(500) <= 20
            wall.at += 99
            begun = time.perf_counter()
            answers = await asyncio.gather(*(merchant.pay(f"q{number}.1") for number in range(20)))
            assert [status for status, _ in answers].count(500) <= 2

    run(scene())


async def _broken(merchant: Any) -> str:
    try:
        status, body = await merchant.pay()
    except aiohttp.ServerDisconnectedError:
        return "disconnected"
    except (aiohttp.ClientPayloadError, aiohttp.ClientOSError) as problem:
        return "reset" if "reset" in str(problem).lower() else "payload"
    except ValueError:
        return "not json"
    return f"{status} {body['state']}"


@pytest.mark.parametrize(
    ("how", "seen", "done"),
    [
        ("reset_before", ("reset", "disconnected"), False),
        ("reset_after", ("reset", "disconnected"), True),
        ("empty", ("disconnected",), True),
        ("truncated", ("payload",), True),
        ("malformed", ("not json",), True),
        ("drip", ("201 created",), True),
    ],
)
def test_g21_the_connection_breaks_before_or_after_the_commit(serving, run, how: str, seen: tuple[str, ...], done: bool) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("broken_transport", how=how, seconds=0.3)
            begun = time.perf_counter()
            assert await _broken(merchant) in seen
            assert how != "drip" or time.perf_counter() - begun > 0.25
            assert len(await merchant.rows("payments")) == done
            assert (await merchant.pay())[0] == 201  # the second try comes through
            await merchant.after(60)
            assert [row["state"] for row in await merchant.rows("payments")] == ["succeeded"]

    run(scene())
