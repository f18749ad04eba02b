"""The gateway stands in for Alipay's open platform: methods, fields, codes and signatures as documented, the same till behind."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from fake_backend.gateway.dialects.alipay import signed_text
from fake_backend.gateway.dialects.alipay_words import fen, yuan
from fake_backend.gateway.dialects.keys import Key, new_pem

SHOP_KEY = Key(new_pem())


class AlipayShop:
    """A merchant with a key, as one would write it after the documents."""

    def __init__(self, merchant: Any, public: str) -> None:
        self.merchant = merchant
        self.public = serialization.load_pem_public_key(public.encode())

    async def __call__(self, method: str, path: str = "/gateway.do", sign: str | None = None, **content: Any) -> dict[str, Any]:
        form = {
            "app_id": "2021", "method": method, "charset": "utf-8", "sign_type": "RSA2", "timestamp": "2022-04-01 18:00:00",
            "version": "1.0", "notify_url": self.merchant.shop.url, "biz_content": json.dumps(content),
        }  # fmt: skip
        form["sign"] = sign or SHOP_KEY.sign(signed_text(form, ("sign",)))
        async with self.merchant.session.post(path, data=form) as answer:
            assert answer.status == 200
            text = await answer.text()
        said = json.loads(text)
        (node,) = [name for name in said if name != "sign"]
        assert node == f"{method.replace('.', '_')}_response"
        inner = text[text.index(":") + 1 : text.rindex(',"sign"')]
        self.verify(inner.encode(), said["sign"])
        return said[node]

    def verify(self, message: bytes, signature: str) -> None:
        self.public.verify(base64.b64decode(signature), message, padding.PKCS1v15(), hashes.SHA256())

    async def pay(self, number: str = "order-1", amount: str = "1499.00") -> dict[str, Any]:
        return await self("alipay.trade.create", out_trade_no=number, total_amount=amount, subject="a bottle", buyer_id="2088")


@pytest.fixture
def alipay(serving, run):
    """Runs a scene of a merchant of Alipay."""

    def play(scene, **chosen: Any) -> None:
        async def whole() -> None:
            async with serving(dialect="alipay", schedule="alipay", merchant=SHOP_KEY.public.encode(), **chosen) as merchant:
                merchant.shop.body = b"success"
                _, keys = await merchant("GET", "/keys")
                await scene(AlipayShop(merchant, keys["public_key"]), merchant)

        run(whole())

    return play


def test_a_payment_from_its_creation_to_its_signed_notice(alipay) -> None:
    async def scene(shop, merchant) -> None:
        made = await shop.pay()
        assert (made["code"], made["out_trade_no"]) == ("10000", "order-1")
        assert (await shop("alipay.trade.query", out_trade_no="order-1"))["trade_status"] == "WAIT_BUYER_PAY"
        await merchant.after(60)
        shown = await shop("alipay.trade.query", trade_no=made["trade_no"])
        assert (shown["trade_status"], shown["total_amount"]) == ("TRADE_SUCCESS", "1499.00")
        (heard,) = merchant.shop.heard
        form = dict(parse_qsl(heard.body.decode()))
        assert (form["trade_status"], form["total_amount"], form["app_id"]) == ("TRADE_SUCCESS", "1499.00", "2021")
        shop.verify(signed_text(form, ("sign", "sign_type")), form["sign"])
        assert [row["outcome"] for row in await merchant.rows("notices")] == ["taken"]

    alipay(scene)


def test_an_answer_to_a_notice_that_comes_in_two_pieces_is_read_whole(alipay) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"suc"
        await asyncio.sleep(0.1)
        yield b"cess"

    async def scene(shop, merchant) -> None:
        merchant.shop.body = pieces()
        await shop.pay()
        await merchant.after(60)
        assert [row["outcome"] for row in await merchant.rows("notices")] == ["taken"]

    alipay(scene)


def test_only_the_word_success_ends_the_sending(alipay) -> None:
    async def scene(shop, merchant) -> None:
        merchant.shop.body = b"ok"
        await shop.pay()
        await merchant.after(60)
        merchant.shop.body = b"success"
        await merchant.after(240)
        await merchant.after(90_000)
        ids = [dict(parse_qsl(heard.body.decode()))["notify_id"] for heard in merchant.shop.heard]
        assert len(ids) == 2 and len(set(ids)) == 1

    alipay(scene)


def test_closing_refunds_and_numbers_go_by_the_documented_codes(alipay) -> None:
    async def scene(shop, merchant) -> None:
        await shop.pay()
        assert (await shop.pay(amount="1.00"))["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"
        assert (await shop("alipay.trade.close", out_trade_no="order-1"))["code"] == "10000"
        assert (await shop.pay())["sub_code"] == "ACQ.TRADE_HAS_CLOSE"
        assert (await shop("alipay.trade.query", out_trade_no="nothing"))["sub_code"] == "ACQ.TRADE_NOT_EXIST"
        await shop("alipay.trade.precreate", out_trade_no="order-2", total_amount=0.01, subject="a cork")
        await merchant.after(60)
        assert (await shop("alipay.trade.close", out_trade_no="order-2"))["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
        back = await shop("alipay.trade.refund", out_trade_no="order-2", refund_amount="0.01", out_request_no="back-2")
        assert (back["code"], back["fund_change"], back["refund_fee"]) == ("10000", "N", "0.01")
        await merchant.after(60)
        shown = await shop("alipay.trade.fastpay.refund.query", out_trade_no="order-2", out_request_no="back-2")
        assert shown["refund_status"] == "REFUND_SUCCESS"
        assert dict(parse_qsl(merchant.shop.heard[-1].body.decode()))["refund_fee"] == "0.01"

    alipay(scene)


def test_an_unknown_outcome_is_code_20000_and_a_wrong_signature_40002(alipay) -> None:
    async def scene(shop, merchant) -> None:
        await merchant.on("unknown_outcomes", answer="error")
        assert (await shop.pay())["code"] == "20000"
        await merchant.after(60)
        assert (await shop("alipay.trade.query", out_trade_no="order-1"))["trade_status"] == "TRADE_SUCCESS"
        assert (await shop("alipay.trade.query", sign=SHOP_KEY.sign(b""), out_trade_no="order-1"))["sub_code"] == "isv.invalid-signature"

    alipay(scene)


@pytest.mark.parametrize(
    ("text", "cents"), [("1499.00", 149_900), ("0.01", 1), (0.1, 10), ("0", 0), ("0.001", 0), (-1.0, 0), (float("nan"), 0)]
)
def test_yuan_and_fen(text: str | float, cents: int) -> None:
    assert fen(text) == cents
    assert fen(yuan(149_900)) == 149_900
