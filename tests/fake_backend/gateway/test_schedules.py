"""Notices are sent again when the documents say so, on the gateway's clock, and no other time."""

from itertools import accumulate

import pytest

from fake_backend.gateway.schedules import SCHEDULES, gap, taken

DOCUMENTED = {  # sendings after the first, and the seconds they take together
    "wechat": (15, 86_640),
    "wechat_old": (9, 11_040),
    "wechat_education": (21, 3_601),
    "alipay": (7, 87_840),
    "juspay": (16, 86_460),
    "paymongo": (12, 8_190),
    "circle": (11, 130_601),
}


@pytest.mark.parametrize("name", list(DOCUMENTED))
def test_the_gaps_are_the_documented_ones(name: str) -> None:
    gaps = SCHEDULES[name].gaps
    assert (len(gaps), sum(gaps)) == DOCUMENTED[name]


def test_what_is_not_published_says_so_and_keeps_to_its_window() -> None:
    for name, window in (("stripe", 3 * 86_400), ("razorpay", 86_400)):
        assert sum(SCHEDULES[name].gaps) <= window < sum(SCHEDULES[name].gaps) * 2.1
        assert "not published" in SCHEDULES[name].assumed
    assert 29 * 86_400 < sum(SCHEDULES["adyen"].queue) <= 30 * 86_400
    assert all(schedule.source for schedule in SCHEDULES.values())


@pytest.mark.parametrize("name", ["wechat", "wechat_education", "alipay", "juspay", "circle", "stripe"])
def test_a_notice_in_vain_comes_at_just_these_times_and_is_given_up(serving, run, name: str) -> None:
    async def scene() -> None:
        async with serving(schedule=name) as merchant:
            merchant.shop.status = 500
            await merchant.pay()
            await merchant.after(60)
            first = merchant.shop.heard[0].at
            for seconds in SCHEDULES[name].gaps:
                await merchant.after(seconds - 0.5)
                seen = len(merchant.shop.heard)
                await merchant.after(0.5)
                assert len(merchant.shop.heard) == seen + 1
            await merchant.after(30 * 86_400)
            times = [round(heard.at - first, 3) for heard in merchant.shop.heard]
            assert times == [0, *accumulate(SCHEDULES[name].gaps)]
            assert (await merchant("GET", "/quiet")) == (200, {"payments": 0, "refunds": 0, "notices": 0, "given_up": 1})

    run(scene())


def test_adyens_queue_tries_its_first_at_growing_distance(serving, run) -> None:
    async def scene() -> None:
        async with serving(schedule="adyen") as merchant:
            merchant.shop.status = 500
            await merchant.pay()
            await merchant.after(60)
            first = merchant.shop.heard[0].at
            for seconds in (9, 18, 27, 120, 300, 600):
                await merchant.after(seconds)
            assert [heard.at - first for heard in merchant.shop.heard] == [0, 9, 27, 54, 174, 474, 1074]

    run(scene())


def test_a_jump_of_the_clock_brings_what_is_due_and_nothing_twice(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            merchant.shop.status = 500
            await merchant.pay()
            await merchant.after(60)
            merchant.shop.status = 200
            await merchant("PUT", "/clock", {"now": "2022-04-08T20:00:00", "speed": 600})
            await merchant.after(0)
            assert len(merchant.shop.heard) == 2
            await merchant.after(86_400)
            assert len(merchant.shop.heard) == 2

    run(scene())


@pytest.mark.parametrize(
    ("rule", "status", "body", "expected"),
    [
        ("status", 200, b'{"code":"FAIL"}', True), ("status", 204, b"", True), ("status", 201, b"", False), ("status", 500, b"", False),
        ("body_not_fail", 200, b"<return_code>FAIL</return_code>", False), ("body_not_fail", 200, b"SUCCESS", True),
        ("body_success", 200, b"success", True), ("body_success", 200, b"Success", False), ("body_success", 200, b"success!", False),
        ("ok", 299, b"", True), ("ok", 302, b"", False), ("exactly_200", 204, b"", False), ("exactly_200", 200, b"", True),
    ],
)  # fmt: skip
def test_what_is_taken_differs(rule: str, status: int, body: bytes, expected: bool) -> None:
    assert taken(rule, status, body) is expected


def test_after_the_last_gap_there_is_none() -> None:
    alipay = SCHEDULES["alipay"]
    assert [gap(alipay, tries) for tries in (1, 7, 8)] == [240.0, 54_000.0, None]


def test_an_endpoint_that_is_not_there_is_in_vain_too(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay(notify_url="http://127.0.0.1:9/nobody")
            await merchant.after(60)
            assert [row["outcome"] for row in await merchant.rows("notices")] == ["unreachable"]
            assert (await merchant("GET", "/quiet"))[1]["notices"] == 1

    run(scene())
