"""Alipay's open platform, as far as a merchant of direct payments meets it: one path, the method and a signed form.

Requests are checked with the merchant's public key where one was given; answers and notices are signed with the gateway's key
(`GET /keys`), and a notice was taken when its answer is the word `success`.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from aiohttp import web

from fake_backend.answers import field_at_fault, json_answer
from fake_backend.facts import Refusal, written
from fake_backend.gateway import orders
from fake_backend.gateway.chance import Chance
from fake_backend.gateway.dialects.alipay_words import CODES, STATES, UNKNOWN, Create, GiveBack, Named, RefundNamed, fen, yuan
from fake_backend.gateway.dialects.dialect import bank_of, spoken
from fake_backend.gateway.dialects.keys import Key, PublicKey
from fake_backend.gateway.door import BACKUP, Door
from fake_backend.gateway.notices import Content, Flavour
from fake_backend.gateway.orders import Order
from fake_backend.gateway.payments import Payment
from fake_backend.gateway.till import Till
from fake_backend.problems import refused

T = TypeVar("T")
_LONG_AGO: Final = 3600.0
_METHOD: ContextVar[str] = ContextVar("method", default="error")
Form = Mapping[str, str]


def signed_text(form: Form, but: tuple[str, ...]) -> bytes:
    """What is signed of a form: its parts in the order of their names, without those and without empty ones."""
    return "&".join(f"{name}={form[name]}" for name in sorted(form) if name not in but and form[name]).encode("utf-8", "surrogateescape")


def date_and_time(at: float) -> str:
    """A moment as `2022-04-01 18:00:00`."""
    return written(at, "seconds").replace("T", " ")


class Voice:
    """Writes notices: signed forms."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def tells(self, content: Content) -> bool:
        """Successes only."""
        return content.state == "succeeded"

    def notice(self, content: Content, payment: Payment, flavour: Flavour, now: float) -> tuple[bytes, dict[str, str]]:
        """The body and headers of one sending."""
        foreign = msgspec.json.decode(payment.foreign or "{}", type=dict[str, str])
        form = {
            "notify_time": date_and_time(now - _LONG_AGO if flavour == "old_timestamp" else now), "notify_type": "trade_status_sync",
            "notify_id": hashlib.sha256(content.id.encode()).hexdigest()[:34], "charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
            "app_id": "0" if flavour == "wrong_serial" else foreign.get("app_id", ""),
            "trade_no": payment.transaction, "out_trade_no": payment.merchant_order, "buyer_id": payment.payer,
            "trade_status": STATES[payment.state], "gmt_create": date_and_time(payment.at),
            "total_amount": yuan(content.amount if content.kind == "payment" else payment.amount),
            "gmt_payment": date_and_time(payment.succeeded_at or payment.at),
        }  # fmt: skip
        if content.kind == "refund":
            form |= {"out_biz_no": content.refund, "refund_fee": yuan(content.amount), "gmt_refund": date_and_time(content.at)}
        text = signed_text(form, ("sign", "sign_type"))
        form["sign"] = self._key.sign(text + b"?" if flavour in ("wrong_signature", "probe") else text)
        return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


class Alipay:
    """The dialect; `merchant` is the merchant's public key, None: signatures must be there and are not verified."""

    name: Final = "alipay"

    def __init__(self, key: Key, merchant: PublicKey | None, checks: bool, chance: Chance) -> None:
        self.key, self._merchant, self._checks, self.chance = key, merchant, checks, chance
        self.voice = Voice(key)

    def transaction(self, number: int) -> str:
        """28 digits, as trade numbers have."""
        return f"20{number:026d}"

    def say(self, refusal: Refusal) -> web.StreamResponse:
        """A no: 200 all the same, and in it code, msg and sub_code."""
        code, msg, sub = CODES.get(refusal.code, UNKNOWN)
        return self.answer({"code": code, "msg": msg, "sub_code": sub, "sub_msg": refusal.detail})

    def answer(self, value: Mapping[str, Any]) -> web.StreamResponse:
        """An answer to the method that was asked, signed."""
        text = msgspec.json.encode(value)
        node = f"{_METHOD.get().replace('.', '_')}_response" if _METHOD.get() != "error" else "error_response"
        body = b'{"%s":%s,"sign":"%s"}' % (node.encode(), text, self.key.sign(text).encode())
        return web.Response(body=body, headers={"Content-Type": "application/json"})

    def routes(self, till: Till, door: Door) -> list[web.RouteDef]:
        """All that merchants may ask."""
        counter = _Counter(self, till, door)

        async def keys(request: web.Request) -> web.Response:
            return json_answer({"public_key": self.key.public})

        spoke = [web.post(f"{domain}/gateway.do", spoken(counter.asked, self.say)) for domain in ("", BACKUP)]
        return [*spoke, web.get("/keys", keys)]

    def believe(self, form: Form) -> None:
        """Refused where the form is not signed, or not well."""
        if not self._checks:
            return
        if form.get("sign_type") != "RSA2" or not form.get("sign"):
            raise refused("bad_signature", "expected sign_type=RSA2 and a sign", "sign")
        if self._merchant and not self._merchant.signed(signed_text(form, ("sign",)), form["sign"]):
            raise refused("bad_signature", "the signature is not the merchant's of this form", "sign")


class _Counter:
    """Takes merchants' requests."""

    def __init__(self, dialect: Alipay, till: Till, door: Door) -> None:
        self._dialect, self._till, self._door = dialect, till, door
        self._methods: dict[str, Callable[[web.Request, Form], Awaitable[web.StreamResponse]]] = {
            "alipay.trade.create": self._create, "alipay.trade.precreate": self._create, "alipay.trade.query": self._query,
            "alipay.trade.close": self._close, "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._refund_query,
        }  # fmt: skip

    async def asked(self, request: web.Request) -> web.StreamResponse:
        """POST /gateway.do; the parts may stand in the query, in the body, or in both."""
        _METHOD.set("error")
        body = (await request.read()).decode("utf-8", "replace")
        form = dict(request.query) | dict(parse_qsl(body, keep_blank_values=True))
        method = form.get("method", "")
        if method not in self._methods:
            raise refused("unknown_method", f"known: {', '.join(self._methods)}", "method")
        _METHOD.set(method)
        self._dialect.believe(form)
        return await self._methods[method](request, form)

    async def _create(self, request: web.Request, form: Form) -> web.StreamResponse:
        wanted = _content(form, Create)
        if not (amount := fen(wanted.total_amount)):
            raise refused("bad_field", "expected an amount such as 1499.00", "total_amount")
        number, scanned = wanted.out_trade_no, form["method"].endswith("precreate")
        channel = "scan" if scanned else "app"
        url = form.get("notify_url", "")
        order = Order(
            merchant_order=number, amount=amount, bank=bank_of(self._dialect.chance, number, channel), channel=channel, notify_url=url,
            payer=wanted.buyer_id[:64] or "2088000000000000", expires_at=wanted.time_expire,
        )  # fmt: skip

        async def carry() -> web.StreamResponse:
            payment = await self._till.create(order, msgspec.json.encode({"app_id": form.get("app_id", "")[:32]}).decode())
            more = {"qr_code": f"https://qr.alipay.com/{payment.transaction}"} if scanned else {"trade_no": payment.transaction}
            return self._done({"out_trade_no": number, **more})

        return await self._door.passed(request, "create", number, carry, order.bank, order.channel)

    async def _query(self, request: web.Request, form: Form) -> web.StreamResponse:
        number = await self._number(_content(form, Named))

        async def carry() -> web.StreamResponse:
            payment = await self._till.payment(number)
            paid = {"send_pay_date": date_and_time(payment.succeeded_at)} if payment.succeeded_at is not None else {}
            return self._done(
                {
                    "trade_no": payment.transaction, "out_trade_no": number, "buyer_logon_id": "***", "buyer_user_id": payment.payer,
                    "trade_status": STATES[payment.state], "total_amount": yuan(payment.amount), **paid,
                }
            )  # fmt: skip

        return await self._door.passed(request, "query", number, carry)

    async def _close(self, request: web.Request, form: Form) -> web.StreamResponse:
        number = await self._number(_content(form, Named))

        async def carry() -> web.StreamResponse:
            payment = await self._till.close(number)
            return self._done({"trade_no": payment.transaction, "out_trade_no": number})

        return await self._door.passed(request, "close", number, carry)

    async def _refund(self, request: web.Request, form: Form) -> web.StreamResponse:
        wanted = _content(form, GiveBack)
        number = await self._number(wanted)
        payment = await self._till.payment(number)
        if not (amount := fen(wanted.refund_amount)):
            raise refused("bad_field", "expected an amount such as 1499.00", "refund_amount")
        give = orders.GiveBack(
            merchant_order=number, refund=wanted.out_request_no or number, amount=amount, notify_url=payment.notify_url
        )  # fmt: skip

        async def carry() -> web.StreamResponse:
            refund = await self._till.refund(give)
            change = "Y" if refund.state == "succeeded" else "N"
            return self._done(
                {"trade_no": payment.transaction, "out_trade_no": number, "fund_change": change, "refund_fee": yuan(refund.amount)}
            )

        return await self._door.passed(request, "refund", number, carry)

    async def _refund_query(self, request: web.Request, form: Form) -> web.StreamResponse:
        wanted = _content(form, RefundNamed)
        number = await self._number(wanted)

        async def carry() -> web.StreamResponse:
            refund = await self._till.refund_shown(wanted.out_request_no)
            said = {"out_request_no": refund.refund, "out_trade_no": number, "refund_amount": yuan(refund.amount)}
            return self._done(said | ({"refund_status": "REFUND_SUCCESS"} if refund.state == "succeeded" else {}))

        return await self._door.passed(request, "query_refund", number, carry)

    async def _number(self, named: Named | GiveBack | RefundNamed) -> str:
        if named.trade_no:
            return await self._till.order_of(named.trade_no)
        if named.out_trade_no:
            return named.out_trade_no
        raise refused("bad_field", "expected out_trade_no or trade_no", "out_trade_no")

    def _done(self, value: Mapping[str, Any]) -> web.StreamResponse:
        return self._dialect.answer({"code": "10000", "msg": "Success", **value})


def _content(form: Form, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(form.get("biz_content", "").encode("utf-8", "surrogateescape"), type=kind)
    except msgspec.ValidationError as problem:
        raise refused("bad_field", str(problem), field_at_fault(str(problem))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refused("malformed_json", "biz_content cannot be read as JSON", "biz_content") from None
