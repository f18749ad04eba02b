"""The words of WeChat Pay's APIv3 for what the gateway says: states, codes, ways to pay, and the shapes of what merchants send."""

import datetime as dt
from typing import Annotated, Final

import msgspec

from fake_backend.gateway.orders import Amount, Url

STATES: Final = {"created": "NOTPAY", "paying": "USERPAYING", "succeeded": "SUCCESS", "failed": "PAYERROR", "closed": "CLOSED"}
REFUNDS: Final = {"processing": "PROCESSING", "succeeded": "SUCCESS", "failed": "ABNORMAL"}
EVENTS: Final = {
    ("payment", "succeeded"): "TRANSACTION.SUCCESS",
    ("refund", "succeeded"): "REFUND.SUCCESS",
    ("refund", "failed"): "REFUND.ABNORMAL",
}
"""what merchants are told of; nothing else"""
TRADES: Final = {
    "native": ("scan", "NATIVE", "code_url", "weixin://wxpay/bizpayurl?pr={order}"),
    "jsapi": ("app", "JSAPI", "prepay_id", "wx{order}"),
    "app": ("app", "APP", "prepay_id", "wx{order}"),
    "h5": ("web", "MWEB", "h5_url", "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{order}"),
}
"""way to pay → (channel, trade_type, field of the answer, what stands in it)"""
CODES: Final[dict[str, tuple[int, str]]] = {
    "bad_field": (400, "PARAM_ERROR"),
    "malformed_json": (400, "PARAM_ERROR"),
    "malformed_request": (400, "PARAM_ERROR"),
    "body_too_large": (400, "PARAM_ERROR"),
    "notify_url_refused": (400, "PARAM_ERROR"),
    "bad_signature": (401, "SIGN_ERROR"),
    "number_used": (403, "OUT_TRADE_NO_USED"),
    "order_closed": (400, "ORDER_CLOSED"),
    "order_paid": (400, "ORDERPAID"),
    "not_paid": (403, "INVALID_REQUEST"),
    "refund_number_used": (400, "INVALID_REQUEST"),
    "refund_too_large": (403, "NOT_ENOUGH"),
    "no_such_payment": (404, "ORDER_NOT_EXIST"),
    "no_such_refund": (404, "RESOURCE_NOT_EXISTS"),
    "bill_not_ready": (400, "NO_STATEMENT_EXIST"),
    "frequency_limited": (429, "FREQUENCY_LIMITED"),
    "rate_limited": (429, "RATELIMIT_EXCEEDED"),
    "bank_away": (500, "BANK_ERROR"),
    "gateway_away": (503, "SYSTEM_ERROR"),
}
"""code → (status, code); every other one is 500 SYSTEM_ERROR"""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Number = Annotated[str, msgspec.Meta(min_length=6, max_length=32, pattern=r"^[0-9A-Za-z_-]+(?!\n)$")]
RefundNumber = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+(?!\n)$")]


class Money(msgspec.Struct, frozen=True):
    """`amount` of a payment, in fen."""

    total: Amount
    currency: Annotated[str, msgspec.Meta(pattern=r"^CNY(?!\n)$")] = "CNY"


class Payer(msgspec.Struct, frozen=True):
    """Who pays."""

    openid: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Create(msgspec.Struct, frozen=True):
    """POST /v3/pay/transactions/{way}; fields that are not here are not looked at."""

    appid: Name
    mchid: Name
    description: Annotated[str, msgspec.Meta(min_length=1, max_length=127)]
    out_trade_no: Number
    notify_url: Url
    amount: Money
    time_expire: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None
    attach: Annotated[str, msgspec.Meta(max_length=128)] = ""
    payer: Payer | None = None


class Close(msgspec.Struct, frozen=True):
    """POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close."""

    mchid: Name


class RefundMoney(msgspec.Struct, frozen=True):
    """`amount` of a refund, in fen."""

    refund: Amount
    total: Amount
    currency: Annotated[str, msgspec.Meta(pattern=r"^CNY(?!\n)$")] = "CNY"


class GiveBack(msgspec.Struct, frozen=True):
    """POST /v3/refund/domestic/refunds."""

    out_refund_no: RefundNumber
    amount: RefundMoney
    out_trade_no: Number | None = None
    transaction_id: Name | None = None
    notify_url: Url | None = None
    reason: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Foreign(msgspec.Struct, frozen=True):
    """What stands in every answer about a payment."""

    appid: str
    mchid: str
    trade_type: str
    attach: str = ""
