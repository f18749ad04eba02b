"""Orders: the rules by themselves, and their deadline over HTTP."""

import asyncio
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fake_backend.facts import Refusal
from fake_backend.outages import Outages
from fake_backend.sale import MOVES, Order, OrderState, Pay, Payment, PaymentState, Truth, TruthState, Wanted, begin, due, judge
from tests.fake_backend.conftest import Hand
from tests.fake_backend.till_days import PRICE, SETTINGS, day

databases = ("sqlite",)  # `test_orders_from_end_to_end` goes through all of it on both

ORDER = Order("o1", 1, "p1", "r1", "s1", "item", PRICE, 0, 0, "open", 100.0, 200.0, 200.0)
PAYMENT = Payment("o1.1", "o1", "p1", PRICE, "riverside", "app", "k1", "pending", 110.0, 5)
PAY = Pay("p1", "riverside", "app")
A_DAY = 33 * 3600.0
"""from nine in the morning to the deadline, the day after at six in the evening"""

BEGIN = [
    (PAY, "k1", ORDER, [], None, 150.0, Wanted("o1.1", PRICE)),
    # at the deadline it is over, the instant before it is not
    (PAY, "k1", ORDER, [], None, 199.999, Wanted("o1.1", PRICE)),
    (PAY, "k1", ORDER, [], None, 200.0, "order_lapsed"),
    # the same key: the same payment, whatever has become of it and of the order
    (PAY, "k1", ORDER, [PAYMENT], PAYMENT, 150.0, PAYMENT),
    (PAY, "k1", replace(ORDER, state="paid"), [PAYMENT], PAYMENT, 999.0, PAYMENT),
    # one at a time; a new one after one that failed
    (PAY, "k2", ORDER, [PAYMENT], None, 150.0, "payment_under_way"),
    (PAY, "k2", ORDER, [replace(PAYMENT, state="doubt")], None, 150.0, "payment_under_way"),
    (PAY, "k2", ORDER, [replace(PAYMENT, state="failed")], None, 150.0, Wanted("o1.2", PRICE)),
    (PAY, "k2", replace(ORDER, state="paid"), [PAYMENT], None, 150.0, "order_paid"),
    (PAY, "k2", replace(ORDER, state="collected"), [PAYMENT], None, 150.0, "order_paid"),
    (PAY, "k2", replace(ORDER, state="lapsed"), [], None, 150.0, "order_lapsed"),
    (replace(PAY, bank="harbour"), "k1", ORDER, [PAYMENT], PAYMENT, 150.0, "key_reused"),
    (replace(PAY, person="p2"), "k1", ORDER, [], None, 150.0, "not_your_order"),
    (PAY, "k1", None, [], None, 150.0, "no_such_order"),
]


@pytest.mark.parametrize(("command", "key", "order", "payments", "under_key", "now", "expected"), BEGIN)
def test_the_rule_of_beginning_row_by_row(command, key, order, payments, under_key, now, expected) -> None:
    decided = begin(command, key, order, payments, under_key, now)
    assert (decided.code if isinstance(decided, Refusal) else decided) == expected


DUE = [
    ("open", (), 0.0, 199.999, "wait"),
    ("open", (), 0.0, 200.0, "lapse"),
    ("open", ("failed", "closed"), 0.0, 200.0, "lapse"),
    ("open", ("failed", "pending"), 0.0, 200.0, "close"),
    ("open", ("doubt",), 0.0, 200.0, "close"),
    ("open", ("doubt",), 60.0, 200.0, "extend"),
    ("open", (), 60.0, 200.0, "extend"),
    ("paid", (), 60.0, 200.0, "wait"),
    ("lapsed", ("pending",), 0.0, 999.0, "wait"),
]


@pytest.mark.parametrize(("state", "payments", "away", "now", "expected"), DUE)
def test_the_rule_of_the_deadline_row_by_row(state, payments, away, now, expected) -> None:
    assert due(replace(ORDER, state=state), [replace(PAYMENT, state=one) for one in payments], away, now) == expected


TRUTHS = st.lists(st.tuples(st.sampled_from(get_args(TruthState)), st.sampled_from((PRICE, 1)), st.sampled_from((0, 1))), max_size=12)


@given(TRUTHS, st.integers(0, 12))
def test_whatever_is_told_in_whatever_order_money_is_kept_once_or_given_back(told, lapses) -> None:
    order, payments = ORDER, [PAYMENT, replace(PAYMENT, payment="o1.2")]
    kept: list[str] = []
    back: list[str] = []
    legal = {("pending", "succeeded"), ("pending", "failed"), ("pending", "closed"), ("failed", "succeeded"), ("closed", "succeeded")}
    for number, (state, amount, which) in enumerate(told):
        if number == lapses and order.state == "open":
            order = replace(order, state="lapsed")
        judged = judge(payments[which], order, Truth(state, amount, 1.0))
        if isinstance(judged, Refusal):
            assert amount != PRICE
            continue
        assert amount == PRICE
        if judged.state is not None:
            assert (payments[which].state, judged.state) in legal
            payments[which] = replace(payments[which], state=judged.state)
        if judged.pays:
            assert "paid" in MOVES[order.state]
            order = replace(order, state="paid")
            kept.append(payments[which].payment)
        if judged.refund:
            back.append(payments[which].payment)
    succeeded = [payment.payment for payment in payments if payment.state == "succeeded"]
    assert sorted(kept + back) == sorted(succeeded)
    assert len(kept) == (order.state == "paid")


@given(st.sampled_from(get_args(OrderState)), st.sampled_from(get_args(PaymentState)), st.sampled_from(get_args(TruthState)))
def test_a_truth_told_twice_does_nothing_the_second_time(of_order, of_payment, of_truth) -> None:
    payment, order, truth = replace(PAYMENT, state=of_payment), replace(ORDER, state=of_order), Truth(of_truth, PRICE, 1.0)
    first = judge(payment, order, truth)
    assert not isinstance(first, Refusal)
    after = replace(payment, state=first.state or payment.state)
    again = judge(after, replace(order, state="paid") if first.pays else order, truth)
    assert not isinstance(again, Refusal) and (again.state, again.pays, again.refund) == (None, False, "")


def test_an_unpaid_order_lapses_at_its_deadline_and_its_bottle_is_passed_on(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            _, shown = await it("GET", "/orders/o1")
            assert shown["pay_by"] == "2022-04-02T18:00:00.000" and shown["pickup_by"] == "2022-04-09T20:00:00.000"
            assert (shown["shop_opens"], shown["shop_closes"], shown["follow_up"]) == ("10:00", "20:00", False)
            it.go_on(A_DAY - 0.001)
            await asyncio.sleep(0.3)
            assert await it.state() == "open"
            it.go_on(0.001)
            await it.until(lambda: it.happened("order_lapsed"))
            assert (await it.pay())[1]["code"] == "order_lapsed"
            assert await it.cell() == {"free": 8, "held": 0, "sold": 0, "returned": 0}
            told = await it.until(lambda: it.letters("draw.pass_on", "notices.tell"))
            assert sorted(told) == ["draw.pass_on o1", "notices.tell lapsed:o1:p1"]

    run(scene())


def test_whoever_is_next_has_half_a_day_and_after_them_the_bottle_stays(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win(7, "p7", place=1)
            _, shown = await it("GET", "/orders?person=p7")
            assert [order["pay_by"] for order in shown["orders"]] == ["2022-04-01T21:00:00.000"]
            it.go_on(12 * 3600)
            await it.until(lambda: it.happened("order_lapsed", "o7"))
            await it.until(lambda: it.letters("notices.tell"))
            assert await it.letters("draw.pass_on") == []

    run(scene())


def test_an_order_is_opened_once_however_often_the_letter_comes(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.win()
            await asyncio.sleep(0.2)
            assert len(await it.events("order_opened")) == 1 and (await it.cell())["held"] == 1

    run(scene())


def test_a_payment_under_way_at_the_deadline_is_closed_before_the_order_lapses(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            await it.win()
            await it.pay()
            it.go_on(A_DAY)
            await it.until(lambda: it.happened("order_lapsed"))
            kinds = [event["kind"] for event in await it.events("payment_closed", "order_lapsed", "stock_freed")]
            assert kinds == ["payment_closed", "order_lapsed", "stock_freed"]
            assert ("POST", "/payments/o1.1/close") in it.double.asked

    run(scene())


def test_a_payer_who_is_faster_than_the_close_has_paid(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            await it.win()
            await it.pay()
            await it.until(lambda: it.was_asked("/payments"))
            it.double.payments["o1.1"]["state"] = "succeeded"
            it.go_on(A_DAY)
            await it.until(lambda: it.happened("order_paid"))
            assert await it.events("order_lapsed") == [] and (await it.cell())["sold"] == 1

    run(scene())


def test_a_gateway_that_does_not_answer_at_the_deadline_is_waited_for(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            await it.win()
            await it.pay()
            it.double.mood = lambda method, path: "away"
            it.go_on(A_DAY)
            await it.until(lambda: it.letters("gateway.close"))
            for _ in range(3):
                it.go_on(5)
                await it.settled()
            assert await it.state() == "open"
            it.double.mood = lambda method, path: "well"
            it.go_on(10)
            await it.until(lambda: it.happened("order_lapsed"))

    run(scene())


def test_whose_payment_was_in_doubt_when_their_time_was_over_may_try_once_more(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            await it.win()
            it.go_on(A_DAY - 20)
            it.double.mood = lambda method, path: "mute"
            await it.pay()
            await it.until(lambda: it.happened("payment_doubted"))
            it.go_on(20)
            await it.until(lambda: it.put_off("gateway.close"))
            it.double.mood = lambda method, path: "well"
            it.go_on(10)
            (extended,) = await it.until(lambda: it.happened("order_extended"))
            assert extended["detail"]["pay_by"] - extended["at"] == 60
            assert (await it.pay(key="k2"))[0] == 201
            await it.double.tell("o1.2")
            assert await it.state() == "paid"

    run(scene())


def test_who_could_not_pay_while_the_gateway_was_away_is_given_that_time(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.win(2, "p2")
            it.double.mood = lambda method, path: "away"
            await it.win(3, "p3")
            await it.pay()
            await it.pay("o2", "k2", "p2")
            for _ in range(3):
                it.go_on(13 * 60)
                await it.settled()
            it.double.mood = lambda method, path: "well"
            it.go_on(10)
            await it.settled()
            await it.double.tell("o1.1", "failed")
            await it.double.tell("o2.1", "failed")
            assert (await it("GET", "/orders/o1"))[1]["follow_up"] is True
            it.go_on(A_DAY - 39 * 60 - 10)
            extended = await it.until(lambda: it.happened("order_extended", "o2"))
            deadline = (await it("GET", "/orders/o2"))[1]["pay_by"]
            assert "2022-04-02T18:39:00" <= deadline < "2022-04-02T18:40:30"
            assert extended[0]["detail"]["why"] == "the gateway was away"
            lapsed = await it.until(lambda: it.happened("order_lapsed"))
            assert [event["subject"] for event in lapsed] == ["o3"]  # who did not try lost nothing
            it.go_on(41 * 60)
            await it.until(lambda: it.happened("order_lapsed", "o2"))

    run(scene())


def test_an_outage_ends_though_nobody_has_anything_to_ask_and_orders_lapse_in_time(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            it.double.mood = lambda method, path: "away"
            await it.backend.site.books.write(Outages().away)  # by an errand that has nothing more to ask
            it.go_on(20)
            await it.until(lambda: it.was_asked("/payments/"))
            assert await it.backend.site.books.read("SELECT 1 FROM outages WHERE ended IS NULL")
            it.double.mood = lambda method, path: "well"
            it.go_on(20)
            await it.until(lambda: it.backend.site.books.read("SELECT 1 FROM outages WHERE ended IS NOT NULL"))
            it.go_on(A_DAY - 40)
            await it.until(lambda: it.happened("order_lapsed"))
            assert await it.events("order_extended") == []

    run(scene())


def test_orders_are_there_after_a_restart(opened, run, wall: Hand) -> None:
    async def scene() -> None:
        async with day(opened, wall) as it:
            await it.win()
            await it.pay()
            double = it.double
        wall.advance(60)
        async with day(opened, wall, double) as it:
            assert await it.state() == "open"
            await it.double.tell("o1.1")
            assert await it.state() == "paid"

    run(scene())


def test_with_the_planted_defect_an_order_lapses_under_a_payment(opened, run) -> None:
    from fake_backend.switches import Defect

    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            it.lies.put("expire_pending", Defect(ttl=80_000.0 * 2))
            await it.win()
            await it.pay()
            it.go_on(A_DAY)
            await it.until(lambda: it.happened("order_lapsed"))
            assert await it.events("payment_closed") == []
            await it.double.tell("o1.1")
            assert (await it.events("refund_begun"))[0]["detail"]["why"] == "lapsed"

    run(scene())
