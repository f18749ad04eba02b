"""Every shop's account balances to the cent at the end of a day, whatever happened to its orders; a cent that is missing is found."""

import asyncio
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace
from trades import open_trade

from fake_backend.account import Entry, statements

PRICE = 149_900
# What may happen to an order, event by event; `!` begins what belongs to a payment, `?` to a refund.
HISTORIES = [
    ["order_opened"],
    ["order_opened", "payment_failed!1"],
    ["order_opened", "payment_succeeded!1", "order_paid"],
    ["order_opened", "payment_failed!1", "payment_succeeded!2", "order_paid", "collected"],
    ["order_opened", "order_lapsed"],
    ["order_opened", "order_cancelled"],
    ["order_opened", "order_lapsed", "payment_succeeded!1+refund_begun?1", "refund_done?1"],
    ["order_opened", "order_lapsed", "payment_succeeded!1+refund_begun?1", "refund_failed?1+refund_begun?1", "refund_done?1"],
    ["order_opened", "payment_succeeded!1+order_paid", "payment_succeeded!2+refund_begun?2", "refund_done?2"],
    ["order_opened", "payment_succeeded!1+order_paid", "pickup_expired", "refund_begun?1", "refund_done?1"],
    ["order_opened", "payment_succeeded!1+order_paid", "shipment_opened", "shipment_moved", "refund_begun?1"],
]


def event(order: str, word: str, price: int) -> Entry:
    """One event as the daybook has it, without its number."""
    kind = word.rstrip("!?123")
    number = word[-1]
    subject = f"{order}.{number}" if "!" in word else f"{order}.{number}.r" if "?" in word else order
    if kind.startswith("shipment"):
        subject = f"{order}.s"
    return Entry(0, 0.0, kind, subject, f"s{int(order[1:]) % 3}", price, '{"state":"returned"}')


@st.composite
def daybooks(draw) -> list[Entry]:
    """The events of several orders, mixed; each order's history up to some point, what belongs together together."""
    waiting = []
    for number in range(draw(st.integers(1, 8))):
        price = PRICE + number
        history = draw(st.sampled_from(HISTORIES))
        together = [[event(f"o{number}", word, price) for word in step.split("+")] for step in history]
        waiting.append(together[: draw(st.integers(1, len(together)))])
    if any(step[0].kind == "payment_succeeded" and len(step) == 1 for steps in waiting for step in steps[-1:]):
        assume(False)  # a payment and what it does to its order are one transaction
    entries = []
    while any(waiting):
        steps = draw(st.sampled_from([steps for steps in waiting if steps]))
        entries.extend(steps.pop(0))
    return [replace(entry, sequence=sequence) for sequence, entry in enumerate(entries, 1)]


@given(daybooks())
def test_the_accounts_balance_after_any_legal_history(entries):
    assert {shop: it.balance for shop, it in statements(entries).items() if it.balance} == {}


@given(daybooks(), st.data())
def test_a_cent_that_is_missing_is_found(entries, data):
    money = [entry for entry in entries if entry.kind in ("payment_succeeded", "refund_done")]
    assume(money)
    short = data.draw(st.sampled_from(money))
    stolen = [replace(entry, amount=entry.amount - 1) if entry is short else entry for entry in entries]
    assert {shop for shop, it in statements(stolen).items() if it.balance} == {short.shop}


@given(daybooks(), st.data())
def test_a_payment_or_a_refund_that_nobody_noted_is_found(entries, data):
    gone = [entry for entry in entries if entry.kind == "payment_succeeded"]
    assume(gone)
    lost = data.draw(st.sampled_from(gone))
    assert any(it.balance for it in statements(entry for entry in entries if entry is not lost).values())


def test_each_shop_gets_its_statement_at_the_end_of_the_day(opened, tmp_path: Path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            order = await trade.paid()
            assert (await trade.shop("GET", "/settlements?day=2022-04-01"))[1] == {"settlements": []}
            await trade.at("2022-04-02T00:00:01")
            (settled,) = await trade.until("settled")
            _, answer = await trade.shop("GET", "/settlements?day=2022-04-01")
            (one,) = answer["settlements"]
            assert (one["orders"], one["paid"], one["refunded"], one["open"], one["balance"]) == (one["paid"], one["paid"], 0, 0, 0)
            assert settled["subject"] == f"2022-04-01:{one['shop']}" and settled["amount"] == "0"
            assert (await trade.shop("GET", "/settlements?day=2022-04-01&shop=s0"))[1] == {"settlements": []}
            await trade.at("2022-04-09T20:00:01")
            await trade.until("refund_begun")
            await trade.at("2022-04-10T00:00:01")
            await trade.until("settled", least=2)
            (one,) = (await trade.shop("GET", f"/settlements?day=2022-04-09&shop={one['shop']}"))[1]["settlements"]
            assert (one["orders"], one["paid"], one["refunded"], one["balance"]) == (one["refunded"], 0, one["refunded"], 0)
            assert one["orders"] > 0 and order

    asyncio.run(asyncio.wait_for(scene(), 40))


def test_a_day_is_settled_once_though_the_server_is_started_again(opened, tmp_path: Path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            await trade.paid()
            await trade.at("2022-04-02T00:00:01")
            await trade.until("settled")
        async with open_trade(opened, tmp_path) as trade:
            await asyncio.sleep(0.4)
            assert len(await trade.shop.events("settled")) == 1
            assert (await trade.shop("GET", "/quiet"))[0] == 200

    asyncio.run(asyncio.wait_for(scene(), 40))


def test_a_day_is_named_as_days_are(opened, tmp_path: Path):
    async def scene():
        async with open_trade(opened, tmp_path) as trade:
            for day in ("", "2022-13-01", "yesterday"):
                assert (await trade.shop("GET", f"/settlements?day={day}"))[1]["code"] == "bad_field"

    asyncio.run(asyncio.wait_for(scene(), 40))
