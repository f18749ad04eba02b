"""Whatever is asked in whatever order, the true ledger adds up: nobody's money appears, disappears or goes back twice."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ORDERS = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.tuples(st.just("pay"), ORDERS, st.integers(1, 3))
    | st.tuples(st.just("close"), ORDERS, st.just(0))
    | st.tuples(st.just("refund"), ORDERS, st.integers(1, 3))
    | st.tuples(st.just("wait"), ORDERS, st.integers(1, 20))
    | st.tuples(
        st.just("fault"), st.sampled_from(["late_authorisations", "slow_refunds", "duplicate_notices", "late_successes"]), st.just(0)
    ),
    max_size=25,
)


def holds(rows: dict[str, list[dict[str, str]]]) -> None:
    """What is so of every ledger, at every moment."""
    paid: dict[str, int] = {}
    for number, row in enumerate(rows["payments"], 1):
        assert int(row["number"]) == number
        assert (row["succeeded_at"] != "") == (row["state"] == "succeeded")
        assert row["succeeded_at"] == "" or float(row["succeeded_at"]) >= float(row["at"])
        assert row["merchant_order"] not in paid
        paid[row["merchant_order"]] = int(row["amount"]) if row["state"] == "succeeded" else 0
    back = dict.fromkeys(paid, 0)
    for row in rows["refunds"]:
        assert (row["succeeded_at"] != "") == (row["state"] == "succeeded")
        if row["state"] != "failed":
            back[row["merchant_order"]] += int(row["amount"])
    assert all(0 <= back[order] <= paid[order] for order in paid)


async def _ledger(merchant: Any) -> dict[str, list[dict[str, str]]]:
    return {name: await merchant.rows(name) for name in ("payments", "refunds", "notices")}


async def _step(merchant: Any, what: str, order: str, number: int) -> None:
    if what == "pay":
        await merchant.pay(order, amount=number * 100)
    elif what == "close":
        await merchant("POST", f"/payments/{order}/close")
    elif what == "refund":
        await merchant.back(order, amount=number * 50, refund=f"{order}.r{number}")
    elif what == "fault":
        await merchant.on(order)
    else:
        await merchant.after(number)


@given(STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_day_adds_up(serving, file, steps: list[tuple[str, str, int]]) -> None:
    async def scene() -> None:
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink()
        async with serving() as merchant:
            for step in steps:
                await _step(merchant, *step)
                holds(await _ledger(merchant))
            await merchant.after(400_000)
            await merchant.after(400_000)
            ledger = await _ledger(merchant)
            holds(ledger)
            told = {(heard.said["merchant_order"], heard.said["state"]) for heard in merchant.shop.heard if heard.said["kind"] == "payment"}
            assert {(row["merchant_order"], "succeeded") for row in ledger["payments"] if row["state"] == "succeeded"} <= told
            assert (await merchant("GET", "/quiet"))[0] == 200

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_ledger_that_does_not_add_up_would_be_noticed() -> None:
    payment = {"number": "1", "at": "1", "merchant_order": "a", "amount": "100", "state": "succeeded", "succeeded_at": "2"}
    refund = {"merchant_order": "a", "amount": "60", "state": "succeeded", "succeeded_at": "3"}
    holds({"payments": [payment], "refunds": [refund]})
    with pytest.raises(AssertionError):
        holds({"payments": [payment], "refunds": [refund, refund]})
    with pytest.raises(AssertionError):
        holds({"payments": [payment | {"state": "failed"}], "refunds": []})


def test_g23_the_bill_of_a_day_is_the_ledger_or_differs_as_asked(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            for number in range(40):
                await merchant.pay(f"o{number}.1")
            await merchant.after(60)
            await merchant.back("o1.1")
            assert (await merchant("GET", "/bill?day=2022-04-01"))[1]["code"] == "bill_not_ready"
            await merchant.after(86_400)
            _, text = await merchant("GET", "/bill?day=2022-04-01")
            head, *honest = text.splitlines()
            assert head == "kind,merchant_order,refund,transaction,bank,channel,amount,at"
            ledger = await _ledger(merchant)
            paid = {row["merchant_order"] for row in ledger["payments"] if row["state"] == "succeeded"}
            assert {line.split(",")[1] for line in honest if line.startswith("payment")} == paid
            assert [line.split(",")[2] for line in honest if line.startswith("refund")] == ["o1.1.r"]
            await merchant.on("bill_differences", missing=0.2, extra=0.2, amount=0.2)
            _, text = await merchant("GET", "/bill?day=2022-04-01")
            crooked = text.splitlines()[1:]
            assert text == (await merchant("GET", "/bill?day=2022-04-01"))[1]  # the same differences each time
            changed, numbers = set(crooked) - set(honest), {line.split(",")[1] for line in honest}
            assert [line for line in changed if line.split(",")[1] in numbers], "no amount is wrong"
            assert [line for line in changed if line.split(",")[1] not in numbers], "nothing is extra"
            assert numbers - {line.split(",")[1] for line in crooked}, "nothing is missing"

    run(scene())
