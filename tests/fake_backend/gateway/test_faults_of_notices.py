"""What goes wrong with notices: each fault shows just the behaviour it stands for."""

from collections.abc import Callable
from typing import Any

import pytest

ORDERS = [f"o{number}.1" for number in range(20)]


async def _all_paid(merchant: Any) -> None:
    for order in ORDERS:
        await merchant.pay(order)
    await merchant.run_until(60, 5)


async def _victims(merchant: Any) -> set[str]:
    """Orders that were never told of."""
    return set(ORDERS) - {heard.said["merchant_order"] for heard in merchant.shop.heard}


def test_g1_lost_notices_are_never_sent_and_the_ledger_says_so(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("lost_notices", share=0.5)
            await _all_paid(merchant)
            lost = await _victims(merchant)
            assert 2 < len(lost) < 18
            await merchant("DELETE", "/faults/lost_notices")
            await merchant.run_until(90_000, 9_000)
            assert await _victims(merchant) == lost
            assert {row["merchant_order"] for row in await merchant.rows("notices") if row["outcome"] == "lost"} == lost
            assert [await merchant.state(order) for order in lost].count("succeeded") > 0
            assert (await merchant("GET", "/quiet"))[0] == 200

    run(scene())


@pytest.mark.parametrize(("seed", "same"), [(1, True), (2, False)])
def test_the_same_seed_has_the_same_victims(serving, run, file, seed: int, same: bool) -> None:
    async def victims(seed: int) -> set[str]:
        async with serving(seed=seed) as merchant:
            await merchant.on("lost_notices", share=0.5)
            await _all_paid(merchant)
            return await _victims(merchant)

    first = run(victims(1))
    file.unlink()
    assert (run(victims(seed)) == first) is same


def test_a_fault_may_be_narrowed_to_a_bank_and_a_channel(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("lost_notices", bank="harbour", channel="scan")
            for order, bank, channel in (("a", "harbour", "scan"), ("b", "harbour", "app"), ("c", "riverside", "scan")):
                await merchant.pay(order, bank=bank, channel=channel)
            await merchant.after(60)
            assert {heard.said["merchant_order"] for heard in merchant.shop.heard} == {"b", "c"}

    run(scene())


def test_g2_duplicates_come_at_the_same_time_or_apart(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("duplicate_notices", copies=2)
            await merchant.pay()
            await merchant.after(60)
            assert len(merchant.shop.heard) == 3
            assert len({heard.said["id"] for heard in merchant.shop.heard}) == 1
            assert {heard.fault for heard in merchant.shop.heard} == {None}
            await merchant.on("duplicate_notices", copies=1, apart=100)
            await merchant.pay("o2.1")
            await merchant.after(60)
            assert len(merchant.shop.heard) == 4
            await merchant.after(100)
            assert len(merchant.shop.heard) == 5

    run(scene())


def test_g3_a_refund_is_told_before_its_payment_and_the_creation_after_it(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("reordered_notices", hold=60)
            await merchant.pay()
            await merchant.run_until(40)
            await merchant.back()
            await merchant.run_until(80)
            assert [(heard.said["kind"], heard.said["state"]) for heard in merchant.shop.heard] == [
                ("refund", "succeeded"),
                ("payment", "succeeded"),
                ("payment", "created"),
            ]

    run(scene())


def test_g4_the_notice_is_there_before_the_answer(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("early_notices")
            told: list[int] = []
            answer = await merchant.pay()
            told.append(len(merchant.shop.heard))
            assert told == [1]
            assert answer[1]["state"] == "succeeded"

    run(scene())


@pytest.mark.parametrize(
    ("schedule", "fault", "sent"), [("wechat", False, 1), ("wechat_old", False, 2), ("alipay", False, 2), ("alipay", True, 1)]
)
def test_g5_a_200_that_says_fail_stops_the_sending(serving, run, schedule: str, fault: bool, sent: int) -> None:
    async def scene() -> None:
        async with serving(schedule=schedule) as merchant:
            if fault:
                await merchant.on("status_beats_body")
            merchant.shop.body = b'{"code": "FAIL"}'
            await merchant.pay()
            await merchant.after(60)
            await merchant.after(241)
            assert len(merchant.shop.heard) == sent

    run(scene())


def test_g6_who_answers_slowly_gets_it_again(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("impatience", patience=0.05)
            merchant.shop.delay = 0.2
            await merchant.pay()
            await merchant.after(60)
            merchant.shop.delay = 0.0
            await merchant.after(15)
            assert len(merchant.shop.heard) == 2
            assert [row["outcome"] for row in await merchant.rows("notices")] == ["too late", "taken"]

    run(scene())


def test_g7_forged_notices_come_first_and_are_not_to_be_believed(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("forged_notices")
            await merchant.pay()
            await merchant.after(60)
            true, replayed = [heard for heard in merchant.shop.heard if heard.fault is None]
            assert true.headers["Gateway-Nonce"] == replayed.headers["Gateway-Nonce"]
            assert sorted(str(heard.fault) for heard in merchant.shop.heard) == [
                "None",
                "None", "bad_signature", "bad_signature", "too_old", "unknown_serial",
            ]  # fmt: skip
            assert any(heard.headers["Gateway-Signature"].startswith("SIGNTEST/") for heard in merchant.shop.heard)
            merchant.shop.status = 401
            await merchant.pay("o2.1")
            await merchant.after(60)
            await merchant.after(15)
            again = [row["flavour"] for row in await merchant.rows("notices") if row["merchant_order"] == "o2.1" and row["try"] == "2"]
            assert again == ["true"]  # what was forged is sent once

    run(scene())


def test_g8_the_first_sending_names_a_wrong_amount_and_the_second_the_right_one(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("wrong_amounts", by=-100, tries=1)
            merchant.shop.status = 422
            await merchant.pay(amount=5000)
            await merchant.after(60)
            merchant.shop.status = 200
            await merchant.after(15)
            assert [(heard.said["amount"], heard.fault) for heard in merchant.shop.heard] == [(4900, None), (5000, None)]

    run(scene())


def test_g22_an_endpoint_that_lets_three_go_by_gets_no_more_until_it_is_enabled(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.on("disabled_endpoints", after=3, retries=1)
            merchant.shop.status = 500
            for order in ORDERS[:3]:
                await merchant.pay(order)
            await merchant.after(60)
            await merchant.after(15)
            assert len(merchant.shop.heard) == 6
            assert (await merchant("GET", "/endpoints"))[1] == {"disabled": [merchant.shop.url]}
            assert (await merchant("GET", "/health"))[1]["disabled"] == [merchant.shop.url]
            merchant.shop.status = 200
            await merchant.pay("o9.1")
            await merchant.run_until(90_000, 9_000)
            assert len(merchant.shop.heard) == 6
            assert (await merchant("GET", "/quiet"))[0] == 200
            assert (await merchant("DELETE", "/endpoints"))[1] == {"disabled": []}
            await merchant.after(0)
            assert [heard.said["merchant_order"] for heard in merchant.shop.heard[6:]] == ["o9.1"]

    run(scene())


def _queue(**chosen: Any) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    async def prepare(merchant: Any) -> None:
        if not chosen:
            await merchant.on("queued_notices", retries=3)

    return chosen, prepare


@pytest.mark.parametrize(("chosen", "prepare", "gaps"), [(*_queue(schedule="adyen"), (9, 18, 27)), (*_queue(), (15, 15, 30))])
def test_g22_the_first_of_the_queue_holds_up_the_others(serving, run, chosen, prepare, gaps) -> None:
    async def scene() -> None:
        async with serving(**chosen) as merchant:
            await prepare(merchant)
            merchant.shop.status = 500
            await merchant.pay("first")
            await merchant.after(60)
            for gap in gaps:
                await merchant.after(gap)
            assert len(merchant.shop.heard) == 4  # from here on it heads the queue
            await merchant.pay("second")
            await merchant.after(60)
            assert len(merchant.shop.heard) == 4  # which waits behind it
            merchant.shop.status = 200
            await merchant.after(60)
            await merchant.after(0)
            assert [heard.said["merchant_order"] for heard in merchant.shop.heard[4:]] == ["first", "second"]

    run(scene())
