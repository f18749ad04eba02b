"""How WeChat Pay's APIv3 writes and signs: answers with four headers, notices with what they say encrypted."""

import datetime as dt
import hashlib
import secrets
from typing import Any, Final

import msgspec

from fake_backend.facts import written
from fake_backend.gateway.dialects.dialect import EAST
from fake_backend.gateway.dialects.keys import Key, encrypted
from fake_backend.gateway.dialects.wechat_words import EVENTS, REFUNDS, STATES, Foreign
from fake_backend.gateway.notices import Content, Flavour
from fake_backend.gateway.payments import Payment
from fake_backend.gateway.refunds import Refund

PROBE: Final = "WECHATPAY/SIGNTEST/"
_LONG_AGO: Final = 3600.0
_ZONE: Final = dt.timezone(dt.timedelta(seconds=EAST))


def day_and_time(at: float) -> str:
    """A moment as `2022-04-01T18:00:00+08:00`."""
    return f"{written(at, 'seconds')}+08:00"


def naive(at: dt.datetime) -> dt.datetime:
    """A moment of any zone as the gateway's clock shows it."""
    return at.astimezone(_ZONE).replace(tzinfo=None)


def signed(key: Key, body: bytes, now: float, serial: str | None = None) -> dict[str, str]:
    """The four headers that go with a body."""
    timestamp, nonce = str(int(now - EAST)), secrets.token_hex(16)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial or key.serial,
        "Wechatpay-Signature": key.sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n"),
    }


def resource_of_payment(payment: Payment, state: str, amount: int, at: float) -> dict[str, Any]:
    """A payment, as it is told and asked for."""
    foreign = msgspec.json.decode(payment.foreign or "{}", type=dict[str, str])
    known = Foreign(**{name: foreign.get(name, "") for name in Foreign.__struct_fields__})
    shown: dict[str, Any] = {
        "appid": known.appid, "mchid": known.mchid, "out_trade_no": payment.merchant_order, "trade_type": known.trade_type,
        "trade_state": STATES[state], "trade_state_desc": state, "attach": known.attach,
        "amount": {"total": amount, "payer_total": amount, "currency": "CNY", "payer_currency": "CNY"},
    }  # fmt: skip
    if state == "succeeded":
        shown |= {
            "transaction_id": payment.transaction, "bank_type": payment.bank.upper(), "success_time": day_and_time(at),
            "payer": {"openid": payment.payer},
        }  # fmt: skip
    return shown


def resource_of_refund(refund: Refund, payment: Payment) -> dict[str, Any]:
    """A refund, as it is asked for."""
    shown: dict[str, Any] = {
        "refund_id": _refund_id(refund.refund), "out_refund_no": refund.refund, "transaction_id": payment.transaction,
        "out_trade_no": refund.merchant_order, "channel": "ORIGINAL", "user_received_account": payment.bank,
        "create_time": day_and_time(refund.at), "status": REFUNDS[refund.state],
        "amount": {
            "total": payment.amount, "refund": refund.amount, "payer_total": payment.amount, "payer_refund": refund.amount,
            "currency": "CNY",
        },
    }  # fmt: skip
    return shown | ({"success_time": day_and_time(refund.succeeded_at)} if refund.succeeded_at is not None else {})


class Voice:
    """Writes notices; `api_key` is the APIv3 key, 32 bytes."""

    def __init__(self, key: Key, api_key: bytes) -> None:
        self._key, self._api_key = key, api_key

    def tells(self, content: Content) -> bool:
        """Successes, and refunds that went wrong."""
        return (content.kind, content.state) in EVENTS

    def notice(self, content: Content, payment: Payment, flavour: Flavour, now: float) -> tuple[bytes, dict[str, str]]:
        """The body and headers of one sending."""
        kind = "transaction" if content.kind == "payment" else "refund"
        nonce, ciphertext = encrypted(self._api_key, msgspec.json.encode(_resource(content, payment)), kind.encode())
        body = msgspec.json.encode(
            {
                "id": hashlib.sha256(content.id.encode()).hexdigest()[:32], "create_time": day_and_time(content.at),
                "resource_type": "encrypt-resource", "event_type": EVENTS[content.kind, content.state], "summary": content.state,
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM", "original_type": kind, "ciphertext": ciphertext, "associated_data": kind,
                    "nonce": nonce,
                },
            }
        )  # fmt: skip
        serial = "PUB_KEY_ID_000000000000000" if flavour == "wrong_serial" else None
        headers = signed(self._key, body, now - _LONG_AGO if flavour == "old_timestamp" else now, serial)
        if flavour in ("wrong_signature", "probe"):
            forged = self._key.sign(body)
            headers["Wechatpay-Signature"] = PROBE + forged if flavour == "probe" else forged
        return body, {"Content-Type": "application/json", **headers}


def _refund_id(number: str) -> str:
    return f"50{int(hashlib.sha256(number.encode()).hexdigest()[:20], 16):026d}"


def _resource(content: Content, payment: Payment) -> dict[str, Any]:
    if content.kind == "payment":
        return resource_of_payment(payment, content.state, content.amount, content.at)
    foreign = msgspec.json.decode(payment.foreign or "{}", type=dict[str, str])
    amounts = {"total": payment.amount, "refund": content.amount, "payer_total": payment.amount, "payer_refund": content.amount}
    return {
        "mchid": foreign.get("mchid", ""), "out_trade_no": content.merchant_order, "transaction_id": content.transaction,
        "out_refund_no": content.refund, "refund_id": _refund_id(content.refund),
        "refund_status": REFUNDS[content.state], "success_time": day_and_time(content.at), "user_received_account": payment.bank,
        "amount": amounts,
    }  # fmt: skip
