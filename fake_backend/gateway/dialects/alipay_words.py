"""The words of Alipay's open platform for what the gateway says, and the shapes of what merchants send."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Final

import msgspec

STATES: Final = {
    "created": "WAIT_BUYER_PAY", "paying": "WAIT_BUYER_PAY", "succeeded": "TRADE_SUCCESS", "failed": "TRADE_CLOSED",
    "closed": "TRADE_CLOSED",
}  # fmt: skip
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "bad_field": ("40004", "Business Failed", "ACQ.INVALID_PARAMETER"),
    "notify_url_refused": ("40004", "Business Failed", "ACQ.INVALID_PARAMETER"),
    "malformed_json": ("40002", "Invalid Arguments", "isv.invalid-parameter"),
    "malformed_request": ("40002", "Invalid Arguments", "isv.invalid-parameter"),
    "body_too_large": ("40002", "Invalid Arguments", "isv.invalid-parameter"),
    "unknown_method": ("40002", "Invalid Arguments", "isv.invalid-method"),
    "bad_signature": ("40002", "Invalid Arguments", "isv.invalid-signature"),
    "number_used": ("40004", "Business Failed", "ACQ.CONTEXT_INCONSISTENT"),
    "order_closed": ("40004", "Business Failed", "ACQ.TRADE_HAS_CLOSE"),
    "order_paid": ("40004", "Business Failed", "ACQ.TRADE_STATUS_ERROR"),
    "not_paid": ("40004", "Business Failed", "ACQ.TRADE_STATUS_ERROR"),
    "refund_number_used": ("40004", "Business Failed", "ACQ.DISCORDANT_REPEAT_REQUEST"),
    "refund_too_large": ("40004", "Business Failed", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
    "no_such_payment": ("40004", "Business Failed", "ACQ.TRADE_NOT_EXIST"),
    "no_such_refund": ("40004", "Business Failed", "ACQ.TRADE_NOT_EXIST"),
    "frequency_limited": ("40004", "Business Failed", "ACQ.TRADE_STATUS_ERROR"),
    "rate_limited": ("40005", "Call Limited", "isv.app-call-limited"),
    "system_error": ("40004", "Business Failed", "ACQ.SYSTEM_ERROR"),
}
"""code → (code, msg, sub_code); every other one means that the outcome is unknown: 20000"""
UNKNOWN: Final = ("20000", "Service Currently Unavailable", "aop.unknow-error")

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+(?!\n)$")]
Yuan = Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?(?!\n)$")]


class Create(msgspec.Struct, frozen=True):
    """alipay.trade.create and alipay.trade.precreate; fields that are not here are not looked at."""

    out_trade_no: Number
    total_amount: Yuan | float
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    buyer_id: str = ""
    time_expire: Annotated[dt.datetime, msgspec.Meta(tz=False)] | None = None


class Named(msgspec.Struct, frozen=True):
    """alipay.trade.query, close and cancel."""

    out_trade_no: Number | None = None
    trade_no: Number | None = None


class GiveBack(msgspec.Struct, frozen=True):
    """alipay.trade.refund."""

    refund_amount: Yuan | float
    out_trade_no: Number | None = None
    trade_no: Number | None = None
    out_request_no: Number | None = None


class RefundNamed(msgspec.Struct, frozen=True):
    """alipay.trade.fastpay.refund.query."""

    out_request_no: Number
    out_trade_no: Number | None = None
    trade_no: Number | None = None


def fen(yuan: str | float) -> int:
    """An amount in fen; 0 where it is no amount."""
    try:
        cents = Decimal(str(yuan)) * 100
    except ArithmeticError:
        return 0
    return int(cents) if cents == cents.to_integral_value() and 0 < cents <= 10**12 else 0


def yuan(cents: int) -> str:
    """An amount as Alipay writes it."""
    return f"{cents // 100}.{cents % 100:02d}"
