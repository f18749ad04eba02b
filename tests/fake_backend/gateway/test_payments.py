"""A payment from its creation to its end, honestly."""

import pytest


def test_a_payer_opens_the_app_confirms_and_the_merchant_is_told(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            status, made = await merchant.pay()
            assert (status, made["state"], made["amount"]) == (201, "created", 149_900)
            states = []
            for _ in range(50):
                states.append(await merchant.state())
                await merchant.after(1)
            assert [state for at, state in enumerate(states) if at == 0 or states[at - 1] != state] == ["created", "paying", "succeeded"]
            (notice,) = merchant.shop.heard
            assert notice.fault is None
            assert notice.said["kind"] == "payment" and notice.said["state"] == "succeeded" and notice.said["amount"] == 149_900
            assert notice.said["merchant_order"] == "o1.1" and notice.said["transaction"] == made["transaction"]
            (row,) = await merchant.rows("payments")
            assert (row["state"], float(row["succeeded_at"])) == ("succeeded", notice.said["at"])
            assert [row["outcome"] for row in await merchant.rows("notices")] == ["taken"]
            assert (await merchant("GET", "/quiet"))[0] == 200

    run(scene())


def test_about_three_payers_in_a_hundred_are_turned_down_the_same_ones_each_time(serving, run, file) -> None:
    async def failed() -> list[str]:
        async with serving() as merchant:
            for number in range(80):
                await merchant.pay(f"o{number}.1")
            await merchant.after(60)
            return [row["merchant_order"] for row in await merchant.rows("payments") if row["state"] == "failed"]

    first = run(failed())
    file.unlink()
    assert first == run(failed())
    assert 1 <= len(first) <= 8


def test_asked_again_it_is_the_same_payment_and_with_other_parameters_it_is_refused(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            _, first = await merchant.pay()
            assert await merchant.pay(key="another") == (201, first)
            status, problem = await merchant.pay(amount=1)
            assert (status, problem["code"]) == (403, "number_used")
            await merchant.after(60)
            assert (await merchant.pay())[1]["state"] == "succeeded"
            assert len(await merchant.rows("payments")) == 1

    run(scene())


def test_a_closed_payment_is_paid_by_nobody(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay()
            assert (await merchant("POST", "/payments/o1.1/close"))[1]["state"] == "closed"
            assert (await merchant("POST", "/payments/o1.1/close"))[1]["state"] == "closed"
            await merchant.after(3600)
            assert await merchant.state() == "closed"
            assert (await merchant.pay())[1]["code"] == "order_closed"
            assert merchant.shop.heard == []

    run(scene())


def test_what_was_paid_cannot_be_closed(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay()
            await merchant.after(60)
            assert (await merchant("POST", "/payments/o1.1/close"))[1]["code"] == "order_paid"

    run(scene())


def test_nobody_pays_after_the_expiry_by_the_gateways_clock(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay(expires_at=merchant.gateway.now() + 1.0)
            await merchant.after(60)
            assert await merchant.state() == "closed"

    run(scene())


def test_a_refund_is_told_too_and_given_once(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay()
            assert (await merchant.back())[1]["code"] == "not_paid"
            await merchant.after(60)
            status, refund = await merchant.back()
            assert (status, refund["state"]) == (201, "processing")
            assert (await merchant.back())[1] == refund
            assert (await merchant.back(refund="another"))[1]["code"] == "refund_too_large"
            assert (await merchant.back(amount=1))[1]["code"] == "refund_number_used"
            await merchant.after(60)
            assert (await merchant("GET", "/refunds/o1.1.r"))[1]["state"] == "succeeded"
            assert [(heard.said["kind"], heard.said["state"]) for heard in merchant.shop.heard] == [
                ("payment", "succeeded"),
                ("refund", "succeeded"),
            ]
            assert len(await merchant.rows("refunds")) == 1

    run(scene())


def test_a_payment_goes_back_in_parts_and_never_more_than_was_paid(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay(amount=100)
            await merchant.after(60)
            answers = [(await merchant.back(amount=40, refund=f"r{number}"))[0] for number in range(3)]
            assert answers == [201, 201, 409]
            await merchant.after(60)
            assert sum(int(row["amount"]) for row in await merchant.rows("refunds") if row["state"] == "succeeded") == 80

    run(scene())


@pytest.mark.parametrize(
    ("headers", "status"), [({"Merchant-Signature": "0"}, 401), ({"Merchant-Serial": "7"}, 401), ({"Merchant-Timestamp": "1"}, 401)]
)
def test_what_the_merchant_did_not_sign_is_refused(serving, run, headers: dict[str, str], status: int) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            for path in ("/payments/o1.1", "/refunds/r"):
                assert (await merchant("GET", path, headers=headers))[0] == status
            assert (await merchant("POST", "/payments", {}, headers=headers))[1]["code"] == "bad_signature"
            assert (await merchant("POST", "/refunds", {}, headers=headers))[0] == status

    run(scene())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"bank": "nowhere"}, (422, "unknown_bank", "bank")),
        ({"bank": "highland", "channel": "web"}, (422, "unknown_channel", "channel")),
        ({"notify_url": "http://example.org/x"}, (422, "notify_url_refused", "notify_url")),
        ({"notify_url": "http://[::1"}, (422, "notify_url_refused", "notify_url")),
        ({"notify_url": "gopher://127.0.0.1/"}, (422, "bad_field", "notify_url")),
        ({"amount": 0}, (422, "bad_field", "amount")),
        ({"currency": "EUR"}, (422, "bad_field", "currency")),
        ({"expires_at": "tomorrow"}, (422, "bad_field", "expires_at")),
    ],
)
def test_a_wrong_payment_names_its_field(serving, run, change: dict[str, object], expected: tuple[int, str, str]) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            status, problem = await merchant.pay(**change)
            assert (status, problem["code"], problem["field"]) == expected
            assert await merchant.rows("payments") == []

    run(scene())


def test_it_does_by_itself_what_is_due(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving(by_itself=True, speed=1.0) as merchant:
            await merchant.pay()
            wall.at += 60
            while not merchant.shop.heard or (await merchant("GET", "/quiet"))[0] != 200:
                assert (await merchant("GET", "/health"))[0] == 200
            assert merchant.shop.states() == ["succeeded"]

    run(scene())


def test_what_was_due_while_it_was_away_is_done_after_the_start(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            await merchant.pay()
        wall.at += 3600
        async with serving() as merchant:
            assert await merchant.state() == "succeeded"
            (row,) = await merchant.rows("payments")
            assert float(row["succeeded_at"]) - float(row["at"]) < 60

    run(scene())
