"""A bottle is brought instead of collected: its states only move forward, whatever the carrier reports, and when, and how often."""

import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st
from trades import open_trade

from fake_backend.providers.behaviour import Behaviour
from fake_backend.shipments import RANKS, judge
from fake_backend.signature import signed

DAYS = [f"2022-04-0{day}T12:00:00" for day in range(2, 9)]


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 40))


async def deliver(trade, order: str, person: str = "p1"):
    return await trade.shop("POST", f"/orders/{order}/shipment", {"person": person, "street": "5 Moutai Road"})


async def report(trade, state: str, number: str = "1", shipment: str = "o1.s", secret: str = "reference", ago: float = 0.0):
    """A report as the carrier sends it."""
    body = json.dumps({"report": f"{shipment}:{state}:{number}", "shipment": shipment, "state": state, "at": 1648900000.0}).encode()
    headers = signed("Carrier", secret, body, trade.backend.clock.now() - ago)
    async with trade.shop.session.post("/carriers/notices", data=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


@given(st.lists(st.tuples(st.sampled_from(sorted(RANKS)), st.integers(0, 1))))
def test_states_only_move_forward_and_the_last_one_is_for_good(reports):
    now, seen, states = "created", set(), ["created"]
    for one in reports:
        if judge(now, one[0], one in seen) == "moved":
            now = one[0]
            states.append(now)
        seen.add(one)
    ranks = [RANKS[state] for state in states]
    assert ranks == sorted(set(ranks))
    assert ranks[-1] == max([0, *(RANKS[state] for state, _ in reports)])


def test_a_shipment_is_brought_though_its_carrier_reports_late_twice_and_mixed_up(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path, Behaviour(carrier_twice=1.0, carrier_shuffled=0.5, carrier_late=3600.0)) as trade:
            order = await trade.paid()
            status, sent = await deliver(trade, order)
            assert (status, sent["shipment"], sent["state"]) == (201, f"{order}.s", "created")
            assert (await deliver(trade, order))[1]["sequence"] == sent["sequence"]
            await trade.quiet()
            for now in DAYS:
                await trade.at(now)
                await asyncio.sleep(0.1)
            async with asyncio.timeout(60):
                while len(reports := await trade.shop.rows("/ledger/shipment_reports.csv")) < 8:
                    await asyncio.sleep(0.02)
            moved = [json.loads(row["detail"])["state"] for row in await trade.shop.events("shipment_moved")]
            assert [RANKS[state] for state in moved] == sorted({RANKS[state] for state in moved})
            assert moved[-1] == "delivered"
            assert {row["outcome"] for row in reports} >= {"moved", "again"}
            assert (await trade.shop("GET", f"/orders/{order}"))[1]["state"] == "delivered"
            assert len(await trade.shop.events("shipment_opened")) == 1

    run(scene())


def test_what_is_brought_cannot_be_collected_and_what_was_collected_is_not_brought(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            brought = await trade.paid()
            await deliver(trade, brought)
            _, shown = await trade.shop("GET", f"/orders/{brought}/pickup?person=p1")
            assert shown["state"] == "delivery"
            body = {"person": "p1", "code": shown["code"]}
            assert (await trade.shop("POST", f"/orders/{brought}/pickup", body, headers={"Idempotency-Key": "c1"}))[1][
                "code"
            ] == "being_delivered"
            fetched = await trade.paid("p2", 2)
            await trade.at("2022-04-02T12:00:00")
            _, shown = await trade.shop("GET", f"/orders/{fetched}/pickup?person=p2")
            await trade.shop(
                "POST", f"/orders/{fetched}/pickup", {**body, "person": "p2", "code": shown["code"]}, headers={"Idempotency-Key": "c2"}
            )
            assert (await deliver(trade, fetched, "p2"))[1]["code"] == "already_collected"
            assert (await deliver(trade, fetched, "p1"))[1]["code"] == "not_the_winner"
            assert (await deliver(trade, "o9"))[1]["code"] == "no_such_pickup"

    run(scene())


def test_a_report_that_is_not_to_be_believed_changes_nothing(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            await deliver(trade, await trade.paid())
            assert (await report(trade, "delivered", secret="other"))[1]["code"] == "bad_signature"
            assert (await report(trade, "delivered", ago=4000.0))[1]["code"] == "too_old"
            assert (await report(trade, "delivered", shipment="o7.s"))[1]["code"] == "no_such_shipment"
            assert (await report(trade, "lost"))[1]["code"] == "bad_field"
            assert [row["state"] for row in await trade.shop.rows("/ledger/shipment_reports.csv") if row["state"] != "created"] == []
            assert (await report(trade, "delivered")) == (200, {"outcome": "moved"})
            assert (await report(trade, "delivered")) == (200, {"outcome": "again"})
            assert (await report(trade, "picked")) == (200, {"outcome": "late"})

    run(scene())


def test_a_shipment_that_comes_back_returns_the_bottle_and_the_money(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            order = await trade.paid()
            await deliver(trade, order)
            await report(trade, "returned")
            assert len(await trade.until("refund_begun")) == 1
            assert len(await trade.shop.events("stock_returned")) == 1
            assert (await trade.shop("GET", f"/orders/{order}"))[1]["state"] == "returned"

    run(scene())


def test_the_street_is_kept_nowhere(opened, tmp_path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            await deliver(trade, await trade.paid())
            await trade.quiet()

    run(scene())
    for file in tmp_path.glob("providers.db"):
        assert b"Moutai Road" not in file.read_bytes()


def test_without_carriers_nothing_is_brought(tmp_path, serving):
    async def scene():
        async with serving() as guest:
            assert (await guest("POST", "/orders/o1/shipment", {"person": "p1"}))[1]["code"] == "no_delivery"

    run(scene())
