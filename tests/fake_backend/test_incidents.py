"""Incidents: declared, over, and what is done for those affected and for nobody else."""

import asyncio
import time
from typing import Any

import pytest
from msgspec.structs import replace

from fake_backend.faults import RetryStorm
from fake_backend.retry_budget import LEAST
from fake_backend.settings import Length, Moment, Portion
from tests.fake_backend.till_days import PRICE, SETTINGS, SHOP, Day, day

databases = ("sqlite",)  # `test_orders_from_end_to_end` goes through all of it on both

TO_NINE = 12 * 3600.0
"""from nine in the morning, when these days begin"""
CALM = replace(SETTINGS, alarm_least=10**6)
"""so that only people declare"""
LOUD = replace(SETTINGS, alarm_least=1, alarm_short=Length(1.0), alarm_long=Length(5.0))
LASTING = replace(LOUD, alarm_short=Length(60.0), alarm_long=Length(60.0))
"""one failure is enough for the whole test"""


async def kept_from_paying(it: Day, *reservations: int) -> None:
    """Whose payments are in doubt, as the gateway is away."""
    it.double.mood = lambda method, path: "away"
    for number in reservations:
        await it.pay(f"o{number}", f"k{number}", f"p{number}")
        await it.until(lambda number=number: it.happened("payment_doubted", f"o{number}.1"))


async def mended(it: Day) -> None:
    """The gateway answers, and every letter to it has been carried."""
    it.double.mood = lambda method, path: "well"
    it.go_on(10)
    await it.settled()


async def orders(it: Day, *names: str) -> list[dict[str, Any]]:
    return [(await it("GET", f"/orders/{name}"))[1] for name in names]


async def over(it: Day, number: int = 1) -> dict[str, Any]:
    """Wait until it is, and everything due has been done for those affected."""
    await it.until(lambda: it.happened("incident_over", f"i{number}"))
    left = "SELECT 1 FROM affected WHERE extended IS NULL"
    if it.backend.site.settings.extend:
        await it.until(lambda: _none(it, left))
    return (await it("GET", "/incidents"))[1]["incidents"][0]


async def _none(it: Day, sql: str) -> bool:
    return not await it.backend.site.books.read(sql)


def test_only_who_could_not_pay_is_given_the_time_that_it_took(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=CALM) as it:
            for number in (1, 2, 3):
                await it.win(number, f"p{number}")
            await it.pay("o3", "k3", "p3")
            await it.double.tell("o3.1")
            status, shown = await it("POST", "/incidents", {"what": "nobody can pay"})
            assert (status, shown["incident"], shown["declared_by"], shown["over"]) == (201, "i1", "people", None)
            assert (await it("POST", "/incidents", {}))[1]["incident"] == "i1"  # there is one at a time
            await kept_from_paying(it, 1)
            it.go_on(39 * 60)
            await it.until(lambda: it.happened("affected"))
            assert (await it("GET", "/open"))[1] == {"payments": 1, "orders": 2, "affected": 1, "oldest": 2340.0}
            for _ in range(2):
                assert (await it("DELETE", "/incidents/i1"))[1]["affected"] == 1
            assert (await over(it))["open"] == 1
            shown = await orders(it, "o1", "o2", "o3")
            assert [order["pay_by"] for order in shown] == ["2022-04-02T18:39:00.000"] + ["2022-04-02T18:00:00.000"] * 2
            assert [(order["affected"], order["told"]) for order in shown] == [(True, None), (False, None), (False, None)]
            assert [event["detail"]["why"] for event in await it.events("order_extended")] == ["incident i1"]

    run(scene())


def test_a_payment_of_which_nothing_is_heard_affects_as_well(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(CALM, ask_gateway=False)) as it:
            await it.win()
            await it.pay()
            await it("POST", "/incidents", {"what": "no notices"})
            await asyncio.sleep(0.8)
            assert await it.events("affected") == []  # a payer takes their time
            it.go_on(61)
            (event,) = await it.until(lambda: it.happened("affected"))
            assert (event["subject"], event["amount"], event["detail"]) == ("o1", PRICE, {"incident": "i1", "payment": "o1.1"})

    run(scene())


def test_where_the_settings_say_so_nobody_is_given_time(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(CALM, extend=False)) as it:
            await it.win()
            await it("POST", "/incidents", {})
            await kept_from_paying(it, 1)
            it.go_on(39 * 60)
            await it.settled()
            await mended(it)
            await it("DELETE", "/incidents/i1")
            await over(it)
            await it.double.tell("o1.1", "failed")
            it.go_on(33 * 3600)
            await it.until(lambda: it.happened("order_lapsed"))
            assert await it.events("order_extended") == []

    run(scene())


def test_the_alarm_declares_and_ends_by_itself(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=LOUD) as it:
            await it.win()
            assert (await it("GET", "/incidents"))[1] == {"alarm": False, "incidents": []}
            await kept_from_paying(it, 1)
            (declared,) = await it.until(lambda: it.happened("incident_declared"))
            assert declared["detail"]["by"] == "alarm"
            await it.until(lambda: it.happened("affected"))
            assert "fake_backend_alarm 1.0" in (await it("GET", "/metrics"))[1]
            assert "fake_backend_affected_open 1.0" in (await it("GET", "/metrics"))[1]
            await mended(it)
            for _ in range(3):  # whoever asks finds it well
                it.go_on(30)
                await it.settled()
            assert (await over(it))["affected"] == 1
            assert "fake_backend_alarm 0.0" in (await it("GET", "/metrics"))[1]

    run(scene())


def test_no_time_counts_for_two_incidents_and_nobody_for_two_people(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=LASTING) as it:
            await it.win()
            await kept_from_paying(it, 1)
            await it.until(lambda: it.happened("affected"))
            await it("DELETE", "/incidents/i1")  # and the alarm still rings
            await it.until(lambda: it.happened("incident_declared", "i2"))
            await it.until(lambda: _all_affected(it, 2))
            second, first = (await it("GET", "/incidents"))[1]["incidents"]
            assert first["since"] < first["over"] == second["since"]
            assert (await it("GET", "/open"))[1]["affected"] == 1

    run(scene())


def test_a_restart_while_the_gateway_is_away_does_not_end_the_incident(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=LASTING) as it:
            await it.win()
            await kept_from_paying(it, 1)
            await it.until(lambda: it.happened("affected"))
            wall, double = it.wall, it.double
        async with day(opened, wall, double, LOUD) as it:
            await asyncio.sleep(2.5)  # the alarm that was started anew has been silent for twice its short window
            assert await it.events("incident_over") == []
            await mended(it)
            assert (await over(it))["affected"] == 1
            assert len(await it.events("incident_declared")) == 1

    run(scene())


async def _an_incident_of(it: Day, *reservations: int) -> None:
    """These could not pay for a while, and then could; one more never tried."""
    for number in (*reservations, 9):
        await it.win(number, f"p{min(number, 8)}" if number != 9 else "p9")
    await it("POST", "/incidents", {})
    await kept_from_paying(it, *reservations)
    it.go_on(600)
    await it.until(lambda: _all_affected(it, len(reservations)))
    await mended(it)
    await it("DELETE", "/incidents/i1")
    await over(it)


async def _all_affected(it: Day, number: int) -> bool:
    return len(await it.events("affected")) == number


def test_they_are_told_once_at_the_set_moment_and_handed_to_the_shops_next_morning(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(CALM, tell_affected=Moment(21 * 3600), begin_within=Length(60.0))) as it:
            await _an_incident_of(it, 1, 2)
            await it.until(lambda: it.happened("payment_closed", "o2.1"))
            await it.pay("o2", "again", "p2")
            await it.double.tell("o2.2")
            it.go_on(TO_NINE - 700)
            await asyncio.sleep(0.8)
            assert [key for key in await it.letters("notices.tell") if "incident" in key] == []
            it.go_on(200)
            told = await it.until(lambda: _told(it, 2))
            assert sorted(told) == ["notices.tell incident:i1:p1", "notices.tell incident:i1:p2"]
            assert [order["told"] is not None for order in await orders(it, "o1", "o2", "o9")] == [True, True, False]
            it.go_on(14 * 3600)
            await it.until(lambda: it.backend.site.books.read("SELECT 1 FROM incidents WHERE done IS NOT NULL"))
            _, listed = await it("GET", f"/shops/{SHOP}/follow_ups")
            assert [line["order"] for line in listed["follow_ups"]] == ["o1"]
            assert sorted(await _told(it, 2)) == sorted(told)

    run(scene())


async def _told(it: Day, least: int) -> list[str]:
    found = [key for key in await it.letters("notices.tell") if "incident" in key]
    return found if len(found) >= least else []


def test_waves_grow_while_all_is_well_and_wait_while_the_alarm_rings(opened, run) -> None:
    async def scene() -> None:
        settings = replace(CALM, tell_affected=Moment(9 * 3600), paced=True, wave=1, wave_every=Length(120.0), bottles=64)
        async with day(opened, settings=settings) as it:
            await _an_incident_of(it, *range(1, 6))
            await it.until(lambda: _told(it, 1))
            await asyncio.sleep(0.8)
            assert len(await _told(it, 1)) == 1
            it.go_on(120)
            await it.until(lambda: _told(it, 3))
            await asyncio.sleep(0.8)
            assert len(await _told(it, 3)) == 3
            it.go_on(120)
            await it.until(lambda: _told(it, 5))
            await it.until(lambda: it.backend.site.books.read("SELECT 1 FROM incidents WHERE told IS NOT NULL"))
            await it("POST", "/incidents", {})
            for number in (6, 7):
                await it.win(number, f"p{number}")
            await kept_from_paying(it, 6, 7)
            await mended(it)
            await it("DELETE", "/incidents/i2")
            it.go_on(120)
            await it.until(lambda: _told(it, 6))
            await asyncio.sleep(0.8)
            assert len(await _told(it, 6)) == 6

    run(scene())


def test_no_wave_goes_out_while_the_alarm_rings(opened, run) -> None:
    async def scene() -> None:
        settings = replace(LASTING, tell_affected=Moment(9 * 3600), paced=True, wave=1)
        async with day(opened, settings=settings) as it:
            await it.win()
            await kept_from_paying(it, 1)
            await it.until(lambda: it.happened("affected"))
            await it("DELETE", "/incidents/i1")
            await asyncio.sleep(1.2)
            assert (await it("GET", "/incidents"))[1]["alarm"] and await _told(it, 1) == []

    run(scene())


def test_a_payment_that_could_not_be_begun_in_time_is_closed_and_another_one_can_be(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(CALM, begin_within=Length(300.0))) as it:
            await it.win()
            await kept_from_paying(it, 1)
            assert (await it.pay(key="k2"))[1]["code"] == "payment_under_way"
            it.go_on(301)
            await it.until(lambda: it.put_off("gateway.close"))
            await mended(it)
            await it.until(lambda: it.happened("payment_closed", "o1.1"))
            assert it.double.payments == {}
            assert (await it.pay(key="k3"))[0] == 201
            await it.double.tell("o1.2")
            assert await it.state() == "paid"

    run(scene())


def test_who_waits_for_notices_only_begins_again_and_believes_no_answer(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(CALM, ask_gateway=False)) as it:
            await it.win()
            it.double.begin_as, it.double.mood = "succeeded", lambda method, path: "mute"
            await it.pay()
            await it.until(lambda: it.happened("payment_doubted"))
            it.double.asked.clear()
            await mended(it)
            assert it.double.asked == [("POST", "/payments")] and await it.state() == "open"
            assert (await it("GET", "/payments/o1.1"))[1]["state"] == "pending"
            await it.double.tell("o1.1")
            assert await it.state() == "paid"

    run(scene())


async def _doubts(it: Day, people: int) -> None:
    """So many begin to pay while the gateway is out of order."""
    for number in range(1, people + 1):
        await it.win(number, f"p{number}")
    it.double.mood = lambda method, path: "gateway_away:503"
    await asyncio.gather(*(it.pay(f"o{number}", f"k{number}", f"p{number}") for number in range(1, people + 1)))


async def _asked_in(it: Day, seconds: int) -> int:
    """How often the gateway is asked while the clock goes on so far, second by second."""
    it.double.asked.clear()
    for _ in range(seconds):
        it.go_on(1)
        await asyncio.sleep(0.1)
    return len(it.double.asked)


STORM = RetryStorm(ttl=10**4, tries=9, at_once=1, takes=0.05, patience=0.15)


@pytest.mark.parametrize(("storm", "least", "most"), [(None, 24, 24), (STORM, 0, 11)], ids=["honest", "storm"])
def test_after_the_end_an_honest_backend_is_well_and_one_in_a_retry_storm_is_not(
    opened, run, storm: RetryStorm | None, least: int, most: int
) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(CALM, bottles=400)) as it:
            if storm:
                it.lies.put("retry_storm", storm)
            await _doubts(it, 24)
            for _ in range(10):
                it.go_on(2)
                await asyncio.sleep(0.1)
            it.double.mood = lambda method, path: "well"
            for _ in range(30):
                it.go_on(5)
                await asyncio.sleep(0.1)
            known = await it.backend.site.books.read("SELECT count(*) FROM payments WHERE transaction_id <> ''")
            assert least <= known[0][0] <= most

    run(scene())


def test_with_a_budget_hardly_anybody_asks_a_gateway_that_is_away(opened, run) -> None:
    async def scene() -> None:
        async with day(opened, settings=replace(CALM, bottles=400, retry_budget=Portion(0.1))) as it:
            begun = time.monotonic()
            await _doubts(it, 40)
            asked = await _asked_in(it, 30)
            assert asked <= 2 * 40 * 1.1 + LEAST * (
                time.monotonic() - begun + 1
            )  # of its own accord each asks twice: first letter, first look

    run(scene())
