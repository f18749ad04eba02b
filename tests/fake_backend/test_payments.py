"""Payments over HTTP: begun once, settled once, whatever the gateway does and however often it says so."""

import asyncio
import json

import pytest
from msgspec.structs import replace

from fake_backend import pages
from fake_backend.group_commit import NotStored
from fake_backend.sale import Payment
from fake_backend.signature import signed
from fake_backend.switches import Defect
from tests.fake_backend.till_days import PRICE, SETTINGS, day

databases = ("sqlite",)  # `test_orders_from_end_to_end` goes through all of it on both


def test_a_winner_pays_and_the_gateways_notice_makes_the_order_paid(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            assert await it.cell() == {"free": 7, "held": 1, "sold": 0, "returned": 0}
            status, paid = await it.pay()
            assert (status, paid["payment"], paid["order"], paid["amount"], paid["state"]) == (201, "o1.1", "o1", PRICE, "pending")
            (begun,) = await it.events("payment_begun")
            assert begun["detail"] == {"order": "o1", "bank": "riverside", "channel": "app"}
            assert await it.double.tell("o1.1") == (200, "")
            assert await it.state() == "paid"
            assert (await it("GET", "/payments/o1.1"))[1]["state"] == "succeeded"
            assert await it.cell() == {"free": 7, "held": 0, "sold": 1, "returned": 0}
            kinds = [event["kind"] for event in await it.events() if event["kind"] != "stock_released"]
            assert kinds == ["stock_held", "order_opened", "payment_begun", "payment_succeeded", "order_paid", "stock_sold"]

    run(scene())


def test_the_same_key_gets_the_same_payment_and_another_one_has_to_wait(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
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


def test_an_answer_says_whether_the_gateway_has_the_payment(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            assert (await it.pay())[1]["taken"]
            await it.double.tell("o1.1", "failed")
            it.double.mood = lambda method, path: "away"
            status, begun = await it.pay(key="k2")
            assert (status, begun["taken"]) == (201, False) and begun["state"] in ("pending", "doubt")

    run(scene())


def test_the_same_notice_settles_once_however_often_and_however_close_together_it_comes(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            answers = await asyncio.gather(*(it.double.tell("o1.1") for _ in range(20)))
            assert set(answers) == {(200, "")}
            for kind in ("payment_succeeded", "order_paid", "stock_sold"):
                assert len(await it.events(kind)) == 1
            assert await it.events("refund_begun", "notice_refused") == []

    run(scene())


def test_notices_out_of_their_order_change_nothing_that_is_settled(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            for state in ("succeeded", "created", "paying", "failed", "closed"):
                assert await it.double.tell("o1.1", state) == (200, "")
            assert await it.state() == "paid"
            assert [event["kind"] for event in await it.events("payment_failed", "payment_closed")] == []

    run(scene())


def test_a_notice_may_come_before_the_gateway_has_answered(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            it.double.mood = lambda method, path: "mute"
            await it.pay()
            assert await it.double.tell("o1.1") == (200, "")
            assert await it.state() == "paid"
            it.double.mood = lambda method, path: "well"
            it.go_on(30)
            await it.settled()
            assert len(await it.events("payment_succeeded")) == 1

    run(scene())


PAYMENT = Payment("o1.1", "o1", "p1", PRICE, "riverside", "app", "k1", "pending", 1.0, 1)
WRONG = [
    ({"secret": "another"}, (401, "bad_signature")),
    ({"headers": {"Gateway-Serial": "7"}}, (401, "bad_signature")),
    ({"headers": {"Gateway-Signature": "WECHATPAY/SIGNTEST/abcdef"}}, (401, "bad_signature")),
    ({"headers": {"Gateway-Timestamp": "x"}}, (401, "bad_signature")),
    ({"age": 1000.0}, (401, "too_old")),
    ({"age": -1000.0}, (401, "too_old")),
    ({"amount": PRICE - 1}, (422, "bad_amount")),
    ({"merchant_order": "o1.9"}, (404, "unknown_order")),
]


def test_a_notice_that_is_not_right_is_refused_recorded_and_changes_nothing_and_the_right_one_still_counts(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            for changed, expected in WRONG:
                assert await it.double.tell("o1.1", **changed) == expected
            refused = await it.events("notice_refused")
            assert [event["detail"]["code"] for event in refused] == [code for _, (_, code) in WRONG]
            assert [event["subject"] for event in refused] == ["-"] * 6 + ["o1.1", "-"]
            assert await it.state() == "open"
            assert await it.double.tell("o1.1") == (200, "")
            assert await it.state() == "paid"

    run(scene())


def test_the_very_same_message_sent_again_by_somebody_is_refused(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            body = json.dumps({"kind": "payment", "id": "n", "merchant_order": "o1.1", "state": "paying", "amount": PRICE}).encode()
            headers = signed("Gateway", "reference", body, it.double.now())
            assert await it.double.post(body, headers) == (200, "")
            assert await it.double.post(body, headers) == (409, "replayed")
            for broken in (b"{", b"[]", b"\xff"):
                assert (await it.double.post(broken, signed("Gateway", "reference", broken, it.double.now())))[0] == 400

    run(scene())


UNKNOWN = ["away", "mute", "system_error:500", "bank_away:503", "rate_limited:429", "x:502"]


@pytest.mark.parametrize("mood", UNKNOWN)
def test_a_payment_whose_outcome_is_unknown_is_in_doubt_and_asked_about_never_guessed(opened, run, mood: str) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, doubt_after=3600.0)) as it:
            await it.win()
            it.double.mood = lambda method, path: mood
            _, paid = await it.pay()
            await it.until(lambda: it.happened("payment_doubted"))
            assert (await it("GET", "/payments/o1.1"))[1]["state"] == "doubt" and paid["state"] in ("pending", "doubt")
            it.double.mood = lambda method, path: "well"
            it.double.asked.clear()
            it.go_on(1)
            await it.settled()
            known = mood == "mute"  # it had begun it before it fell silent
            assert it.double.asked == [("GET", "/payments/o1.1")] + ([] if known else [("POST", "/payments")])
            assert (await it("GET", "/payments/o1.1"))[1]["state"] == "pending"
            assert len(it.double.payments) == 1 and len(await it.events("payment_doubted")) == 1

    run(scene())


def test_a_gateway_that_cannot_do_tls_is_a_gateway_that_is_away(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, scheme="https") as it:
            await it.win()
            assert (await it.pay())[0] == 201
            (doubted,) = await it.until(lambda: it.happened("payment_doubted"))
            assert "SSL" in doubted["detail"]["why"] and it.double.asked == []

    run(scene())


def test_a_payment_that_the_gateway_will_not_begin_has_failed(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            it.double.mood = lambda method, path: "unknown_bank:422" if method == "POST" else "well"
            assert (await it.pay(bank="nowhere"))[1]["state"] == "failed"
            it.double.mood = lambda method, path: "well"
            assert (await it.pay(key="k2"))[1]["state"] == "pending"

    run(scene())


def test_every_refusal_has_its_code_and_field(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            body = {"person": "p1", "bank": "b", "channel": "c"}
            for asked, expected in (
                (it.pay("o9"), (404, "no_such_order", "order")),
                (it.pay(person="p2"), (403, "not_your_order", "person")),
                (it("POST", "/orders/o1/payments", body), (400, "key_missing", "Idempotency-Key")),
                (it("POST", "/orders/o1/payments", body, "k" * 65), (400, "key_malformed", "Idempotency-Key")),
                (it("POST", "/orders/o1/payments", {**body, "amount": 1}, "k"), (422, "bad_field", "amount")),
                (it("GET", "/orders/o9"), (404, "no_such_order", "order")),
                (it("GET", "/orders"), (422, "bad_field", "person")),
                (it("GET", "/payments/o1.1"), (404, "no_such_payment", "payment")),
            ):
                status, answer = await asked
                assert (status, answer["code"], answer.get("field")) == expected

    run(scene())


def test_where_tokens_are_asked_for_nobody_pays_or_looks_without_one(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, identity="token")) as it:
            await it.backend.site.books.write(lambda books: pages.keep_payment(books, PAYMENT))
            for asked in (it.pay(), it("GET", "/orders?person=p1"), it("GET", "/payments/o1.1")):
                status, answer = await asked
                assert (status, answer["code"]) == (401, "token_missing")
            assert await it.events("payment_begun") == []

    run(scene())


def test_a_notice_noted_before_it_is_handled_is_lost_as_the_planted_defect_shows(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            await it.win()
            await it.pay()
            it.lies.put("dedup_first", Defect(ttl=60.0))
            assert (await it.double.tell("o1.1"))[0] == 503
            it.lies.drop("dedup_first")
            assert await it.double.tell("o1.1") == (200, "")  # taken for the same one, and ignored
            assert await it.state() == "open"

    run(scene())


def test_an_effect_that_could_not_be_stored_is_had_when_the_notice_comes_again(opened, run, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise NotStored("the disk is full")

    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            with monkeypatch.context() as disk:
                disk.setattr(pages, "keep_order", broken)
                assert await it.double.tell("o1.1") == (503, "not_stored")
            assert await it.state() == "open" and await it.events("payment_succeeded") == []
            assert await it.double.tell("o1.1") == (200, "")
            assert await it.state() == "paid"

    run(scene())


def test_an_amount_that_is_trusted_shows(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            it.lies.put("trust_amount", Defect(ttl=60.0))
            assert await it.double.tell("o1.1", amount=1) == (200, "")
            assert [event["amount"] for event in await it.events("payment_succeeded")] == [1]

    run(scene())
