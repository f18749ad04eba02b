"""The gateway stands in for WeChat Pay's APIv3: paths, fields, codes and signatures as documented, the same till behind."""

import base64
import datetime as dt
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fake_backend.gateway.app import api_key
from fake_backend.gateway.dialects.keys import Key, new_pem

SHOP_KEY = Key(new_pem())
EAST = 8 * 3600


class WechatShop:
    """A merchant with a key, as one would write it after the documents."""

    def __init__(self, merchant: Any, public: str) -> None:
        self.merchant = merchant
        self.public = serialization.load_pem_public_key(public.encode())

    async def __call__(self, method: str, path: str, body: Any = None, **change: str) -> tuple[int, Any]:
        text = b"" if body is None else json.dumps(body).encode()
        timestamp, nonce = change.get("timestamp") or str(int(self.merchant.gateway.now() - EAST)), "n0nce"
        signature = change.get("signature") or SHOP_KEY.sign(f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + text + b"\n")
        header = f'mchid="19",nonce_str="{nonce}",signature="{signature}",timestamp="{timestamp}",serial_no="A"'
        headers = {"Authorization": f"WECHATPAY2-SHA256-RSA2048 {header}", "Content-Type": "application/json"}
        async with self.merchant.session.request(method, path, data=text or None, headers=headers) as answer:
            said = await answer.read()
            self.verify(said, answer.headers)
            return answer.status, json.loads(said) if said else None

    def verify(self, body: bytes, headers: Any) -> None:
        message = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + body + b"\n"
        self.public.verify(base64.b64decode(headers["Wechatpay-Signature"]), message, padding.PKCS1v15(), hashes.SHA256())

    async def pay(self, way: str = "native", number: str = "order-1", **more: Any) -> tuple[int, Any]:
        body = {
            "appid": "wx1", "mchid": "19", "description": "a bottle", "out_trade_no": number, "notify_url": self.merchant.shop.url,
            "amount": {"total": 149_900, "currency": "CNY"},
        }  # fmt: skip
        return await self("POST", f"/v3/pay/transactions/{way}", body | more)

    async def query(self, number: str = "order-1") -> tuple[int, Any]:
        return await self("GET", f"/v3/pay/transactions/out-trade-no/{number}?mchid=19")

    def opened(self, heard: Any) -> dict[str, Any]:
        resource = heard.said["resource"]
        assert resource["algorithm"] == "AEAD_AES_256_GCM"
        plain = AESGCM(api_key("reference")).decrypt(
            resource["nonce"].encode(), base64.b64decode(resource["ciphertext"]), resource["associated_data"].encode()
        )
        return json.loads(plain)


@pytest.fixture
def wechat(serving, run):
    """Runs a scene of a merchant of WeChat Pay."""

    def play(scene, **chosen: Any) -> None:
        async def whole() -> None:
            async with serving(dialect="wechat", merchant=SHOP_KEY.public.encode(), **chosen) as merchant:
                _, keys = await merchant("GET", "/keys")
                await scene(WechatShop(merchant, keys["public_key"]), merchant)

        run(whole())

    return play


@pytest.mark.parametrize(
    ("way", "field", "channel"),
    [("native", "code_url", "scan"), ("jsapi", "prepay_id", "app"), ("app", "prepay_id", "app"), ("h5", "h5_url", "web")],
)
def test_a_payment_from_its_creation_to_its_encrypted_notice(wechat, way: str, field: str, channel: str) -> None:
    async def scene(shop, merchant) -> None:
        status, made = await shop.pay(way, payer={"openid": "o-1"})
        assert status == 200 and set(made) == {field}
        assert (await shop.query())[1]["trade_state"] == "NOTPAY"
        await merchant.after(60)
        status, shown = await shop.query()
        assert (status, shown["trade_state"], shown["amount"]["total"], shown["payer"]) == (200, "SUCCESS", 149_900, {"openid": "o-1"})
        assert (await shop("GET", f"/v3/pay/transactions/id/{shown['transaction_id']}?mchid=19"))[1] == shown
        (heard,) = merchant.shop.heard
        assert (heard.said["event_type"], heard.said["resource"]["original_type"]) == ("TRANSACTION.SUCCESS", "transaction")
        assert shop.opened(heard) == shown
        (row,) = await merchant.rows("payments")
        assert (row["channel"], row["state"]) == (channel, "succeeded")

    wechat(scene)


def test_a_notice_is_signed_over_its_raw_body(wechat) -> None:
    async def scene(shop, merchant) -> None:
        await shop.pay()
        await merchant.after(60)
        for heard in merchant.shop.heard:
            assert int(heard.headers["Wechatpay-Timestamp"]) == int(merchant.gateway.now() - EAST)
            shop.verify(heard.body, heard.headers)

    wechat(scene)


def test_probes_and_forgeries_are_not_to_be_believed(wechat) -> None:
    async def scene(shop, merchant) -> None:
        await merchant.on("forged_notices", of=["probe", "wrong_signature", "wrong_serial"])
        await shop.pay()
        await merchant.after(60)
        serials, signatures = set(), []
        for heard in merchant.shop.heard:
            serials.add(heard.headers["Wechatpay-Serial"])
            signatures.append(heard.headers["Wechatpay-Signature"])
        assert len(merchant.shop.heard) == 4 and len(serials) == 2
        assert sum(signature.startswith("WECHATPAY/SIGNTEST/") for signature in signatures) == 1
        believed = 0
        for heard in merchant.shop.heard:
            try:
                shop.verify(heard.body, heard.headers)
                believed += 1
            except Exception:
                continue
        assert believed == 2  # the true one, and the one of a key that is not in use

    wechat(scene)


def test_closing_expiry_and_numbers_go_by_the_documented_codes(wechat) -> None:
    async def scene(shop, merchant) -> None:
        await shop.pay()
        close = "/v3/pay/transactions/out-trade-no/order-1/close"
        assert (await shop.pay(amount={"total": 1}))[0:1] == (403,)
        assert (await shop.pay(amount={"total": 1}))[1]["code"] == "OUT_TRADE_NO_USED"
        assert await shop("POST", close, {"mchid": "19"}) == (204, None)
        assert (await shop.pay())[1]["code"] == "ORDER_CLOSED"
        assert (await shop.query("nothing"))[1]["code"] == "ORDER_NOT_EXIST"
        soon = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=merchant.gateway.now() + 1)).isoformat() + "+08:00"
        await shop.pay(number="order-2", time_expire=soon)
        await shop.pay(number="order-3")
        await merchant.after(60)
        assert (await shop.query("order-2"))[1]["trade_state"] == "CLOSED"
        assert (await shop("POST", close.replace("-1", "-3"), {"mchid": "19"}))[1]["code"] == "ORDERPAID"
        assert len(merchant.shop.heard) == 1

    wechat(scene)


def test_a_refund_is_asked_told_and_asked_for(wechat) -> None:
    async def scene(shop, merchant) -> None:
        await shop.pay()
        await merchant.after(60)
        body = {"out_trade_no": "order-1", "out_refund_no": "back-1", "amount": {"refund": 149_900, "total": 149_900, "currency": "CNY"}}
        status, refund = await shop("POST", "/v3/refund/domestic/refunds", body)
        assert (status, refund["status"]) == (200, "PROCESSING")
        await merchant.after(60)
        assert (await shop("GET", "/v3/refund/domestic/refunds/back-1"))[1]["status"] == "SUCCESS"
        told = merchant.shop.heard[-1]
        assert told.said["event_type"] == "REFUND.SUCCESS"
        assert shop.opened(told)["refund_id"] == refund["refund_id"]

    wechat(scene)


def test_a_request_with_a_wrong_signature_is_refused(wechat) -> None:
    async def scene(shop, merchant) -> None:
        for change in ({"signature": SHOP_KEY.sign(b"another")}, {"signature": "no base64"}, {"timestamp": "1"}, {"timestamp": "x"}):
            status, problem = await shop("GET", "/v3/pay/transactions/out-trade-no/order-1?mchid=19", **change)
            assert (status, problem["code"]) == (401, "SIGN_ERROR")

    wechat(scene)


def test_the_faults_work_in_this_dialect_too(wechat) -> None:
    async def scene(shop, merchant) -> None:
        await merchant.on("system_errors")
        assert (await shop.pay())[1]["code"] == "SYSTEM_ERROR"
        assert (await shop.pay())[0] == 200
        await merchant.on("outages", domain="primary")
        assert (await shop.query())[0] == 503
        assert (await shop("GET", "/backup/v3/pay/transactions/out-trade-no/order-1?mchid=19"))[0] == 200

    wechat(scene)


def test_the_bill_can_be_fetched_on_the_next_morning(wechat) -> None:
    async def scene(shop, merchant) -> None:
        day = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=merchant.gateway.now())).date()
        await shop.pay()
        assert (await shop("GET", f"/v3/bill/tradebill?bill_date={day}"))[1]["code"] == "NO_STATEMENT_EXIST"
        await merchant.after(86_400)
        _, bill = await shop("GET", f"/v3/bill/tradebill?bill_date={day}")
        assert bill["hash_type"] == "SHA1" and bill["download_url"].endswith(f"bill_date={day}")

    wechat(scene)


def test_the_key_is_the_same_after_a_restart(serving, run) -> None:
    async def serial() -> str:
        async with serving(dialect="wechat") as merchant:
            return str((await merchant("GET", "/keys"))[1]["serial"])

    assert run(serial()) == run(serial())
