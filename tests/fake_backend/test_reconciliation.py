"""Asking the gateway, and its daily bill."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fake_backend.bill import Difference, differences, lines
from fake_backend.reconciliation import ask_after
from tests.fake_backend.till_days import PRICE, SETTINGS, Day, day

databases = ("sqlite",)  # `test_orders_from_end_to_end` goes through all of it on both

HEAD = "kind,merchant_order,refund,transaction,bank,channel,amount,at\n"


def test_the_distance_between_two_askings_grows_to_ten_minutes() -> None:
    assert [ask_after(asked, 15.0) for asked in range(8)] == [15, 30, 60, 120, 300, 600, 600, 600]


def test_a_payment_of_which_no_notice_came_is_asked_about_until_it_is_known(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            it.double.asked.clear()
            for seconds in (14.9, 0.1, 29, 1, 60):
                it.go_on(seconds)
                await asyncio.sleep(0.3)
            assert it.double.asked == [("GET", "/payments/o1.1")] * 3
            it.double.payments["o1.1"]["state"] = "succeeded"
            it.go_on(120)
            await it.until(lambda: it.happened("order_paid"))
            assert (await it.events("payment_succeeded"))[0]["detail"]["by"] == "asked"

    run(scene())


def test_a_notice_and_an_answer_together_settle_once(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            it.double.payments["o1.1"]["state"] = "succeeded"
            it.go_on(15)
            await asyncio.gather(*(it.double.tell("o1.1") for _ in range(5)))
            await it.settled()
            assert len(await it.events("payment_succeeded")) == len(await it.events("order_paid")) == 1

    run(scene())


def test_a_backend_that_does_not_ask_waits_for_the_notice(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            await it.win()
            await it.pay()
            it.double.payments["o1.1"]["state"] = "succeeded"
            it.double.asked.clear()
            it.go_on(3600)
            await asyncio.sleep(0.3)
            assert it.double.asked == [] and await it.state() == "open"

    run(scene())


def test_an_answer_with_another_amount_is_not_believed(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await it.win()
            await it.pay()
            it.double.payments["o1.1"] |= {"state": "succeeded", "amount": 1}
            it.go_on(15)
            (doubted,) = await it.until(lambda: it.happened("payment_doubted"))
            assert doubted["detail"]["why"] == "bad_amount" and await it.state() == "open"
            it.double.payments["o1.1"]["amount"] = PRICE
            it.go_on(30)
            await it.until(lambda: it.happened("order_paid"))

    run(scene())


NAMES = st.dictionaries(st.sampled_from([f"o{number}.1" for number in range(9)]), st.integers(1, 3))


@given(NAMES, NAMES)
def test_two_books_differ_in_just_the_lines_that_differ(ours: dict[str, int], theirs: dict[str, int]) -> None:
    found = differences(ours, theirs)
    changed = dict(ours)
    for one in found:
        assert (one.what == "missing") == (one.theirs is None) and (one.what == "extra") == (one.ours is None)
        changed.pop(one.subject, None)
        if one.theirs is not None:
            changed[one.subject] = one.theirs
    assert changed == theirs
    assert len({one.subject for one in found}) == len(found)


def test_a_bill_is_read_line_by_line_or_not_at_all() -> None:
    text = HEAD + "payment,o1.1,,t1,b,app,100,1.0\nrefund,o1.1,o1.1.r,t1,b,app,100,2.0\n"
    assert lines(text) == {"o1.1": 100, "o1.1.r": 100}
    assert lines(HEAD) == {}
    assert differences({"a": 1}, {"a": 2}) == [Difference("a", "amount", 1, 2)]
    for broken in ("", "<html>", "who,what\n1,2\n", HEAD + "payment,o1.1,,t1,b,app,much,1.0\n", HEAD + "payment,o1.1\n"):
        with pytest.raises(ValueError, match=r"column|line|literal"):
            lines(broken)


async def _paid(it: Day, number: int) -> None:
    await it.win(number, f"p{number}")
    await it.pay(f"o{number}", f"k{number}", f"p{number}")


def test_the_bill_of_the_day_before_shows_what_differs_and_the_gateway_is_asked_about_it(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(SETTINGS, ask_gateway=False)) as it:
            for number in (1, 2, 3, 4):
                await _paid(it, number)
            for number in (1, 2):
                it.double.payments[f"o{number}.1"]["state"] = "succeeded"
                await it.double.tell(f"o{number}.1")
            for number in (3, 4):
                await it.double.tell(f"o{number}.1", "failed")
            it.double.payments["o3.1"]["state"] = "succeeded"  # authorised late, and the notice of it was lost
            it.double.payments["o4.1"]["state"] = "failed"
            names = ("o1.1", "o3.1", "o4.1", "o9.1")  # o2.1 is missing, the others beyond o1.1 are too many
            it.double.bill = HEAD + "".join(f"payment,{name},,t,b,app,{PRICE},1\n" for name in names)
            it.go_on(24 * 3600)
            assert await it.events("bill_compared") == []
            it.go_on(1800)
            (compared,) = await it.until(lambda: it.happened("bill_compared"))
            assert (compared["subject"], compared["amount"]) == ("2022-04-01", 4)
            assert compared["detail"] == {"missing": 1, "extra": 3, "amount": 0}
            (by_bill,) = await it.until(lambda: it.happened("payment_succeeded", "o3.1"))
            assert by_bill["detail"]["by"] == "bill" and await it.state("o3") == "paid" and await it.state("o4") == "open"

            async def outcomes() -> dict[str, str]:
                found = dict(await it.backend.site.books.read("SELECT subject, outcome FROM bill_differences"))
                return found if all(found.values()) else {}

            said = await it.until(outcomes)
            assert said == {"o2.1": "succeeded", "o3.1": "succeeded", "o4.1": "failed", "o9.1": "unknown to the gateway"}

    run(scene())


def test_a_bill_that_does_not_come_is_asked_for_again(opened, run) -> None:
    async def scene() -> None:
        async with day(opened) as it:
            await _paid(it, 1)
            it.double.payments["o1.1"]["state"] = "succeeded"
            await it.double.tell("o1.1")
            it.double.bill = "<html>"
            it.go_on(24.5 * 3600)
            await it.until(lambda: asyncio.sleep(0, ("GET", "/bill") in it.double.asked))
            it.double.bill = HEAD + f"payment,o1.1,,t,b,app,{PRICE},1\n"
            it.go_on(2)
            (compared,) = await it.until(lambda: it.happened("bill_compared"))
            assert compared["amount"] == 0
            it.double.bill = HEAD
            it.go_on(86400)
            await it.until(lambda: it.happened("bill_compared", "2022-04-02"))

    run(scene())
