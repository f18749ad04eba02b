"""WeChat Pay APIv3, as far as a merchant of direct payments meets it.

Requests carry `Authorization: WECHATPAY2-SHA256-RSA2048 …`, checked with the merchant's public key where one was given; answers and notices
are signed with the gateway's key (`GET /keys`), and what a notice says is encrypted with the APIv3 key.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from fake_backend.answers import Handler, json_answer, parsed
from fake_backend.facts import Refusal
from fake_backend.gateway import bill, orders, problems
from fake_backend.gateway.chance import Chance
from fake_backend.gateway.dialects.dialect import EAST, bank_of, spoken
from fake_backend.gateway.dialects.keys import Key, PublicKey
from fake_backend.gateway.dialects.wechat_voice import Voice, naive, resource_of_payment, resource_of_refund, signed
from fake_backend.gateway.dialects.wechat_words import CODES, TRADES, Close, Create, Foreign, GiveBack
from fake_backend.gateway.door import BACKUP, Door
from fake_backend.gateway.orders import Order
from fake_backend.gateway.refunds import Refund
from fake_backend.gateway.till import Till
from fake_backend.problems import Refused, refused

T = TypeVar("T")
_SCHEME: Final = "WECHATPAY2-SHA256-RSA2048 "
_PART: Final = re.compile(r'(\w+)="([^"]*)"')
_PARTS: Final = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
_NUMBER: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_RECENT: Final = 300.0


class Wechat:
    """The dialect; `merchant` is the merchant's public key, None: signatures must be there and are not verified."""

    name: Final = "wechat"

    def __init__(
        self, key: Key, api_key: bytes, merchant: PublicKey | None, checks: bool, now: Callable[[], float], chance: Chance
    ) -> None:
        self.key, self._merchant, self._checks, self._now, self.chance = key, merchant, checks, now, chance
        self.voice = Voice(key, api_key)

    def transaction(self, number: int) -> str:
        """28 digits, as transaction ids have."""
        return f"42{number:026d}"

    def say(self, refusal: Refusal) -> web.StreamResponse:
        """A no: code and message."""
        status, code = CODES.get(refusal.code, (500, "SYSTEM_ERROR"))
        said: dict[str, Any] = {"code": code, "message": f"{problems.CODES[refusal.code][1]}: {refusal.detail}"}
        if refusal.field:
            said["detail"] = {"field": refusal.field}
        return self.answer(said, status, dict(refusal.headers))

    def answer(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.StreamResponse:
        """An answer, signed."""
        body = b"" if value is None else msgspec.json.encode(value)
        more = {"Content-Type": "application/json", **signed(self.key, body, self._now()), **(headers or {})}
        return web.Response(status=status, body=body, headers=more)

    def routes(self, till: Till, door: Door) -> list[web.RouteDef]:
        """All that merchants may ask."""
        counter = _Counter(self, till, door)
        table: list[tuple[str, str, Handler]] = [
            *(("POST", f"/v3/pay/transactions/{way}", counter.create(way)) for way in TRADES),
            ("GET", "/v3/pay/transactions/out-trade-no/{order}", counter.show),
            ("GET", "/v3/pay/transactions/id/{transaction}", counter.show_transaction),
            ("POST", "/v3/pay/transactions/out-trade-no/{order}/close", counter.close),
            ("POST", "/v3/refund/domestic/refunds", counter.refund),
            ("GET", "/v3/refund/domestic/refunds/{refund}", counter.refund_shown),
            ("GET", "/v3/bill/tradebill", counter.bill),
            ("GET", "/v3/billdownload/file", counter.bill_file),
        ]

        async def keys(request: web.Request) -> web.Response:
            return json_answer({"serial": self.key.serial, "public_key": self.key.public})

        spoke = [web.route(method, domain + path, spoken(do, self.say)) for domain in ("", BACKUP) for method, path, do in table]
        return [*spoke, web.get("/keys", keys)]

    async def believed(self, request: web.Request) -> None:
        """Refused where the request is not signed, or not well."""
        if not self._checks:
            return
        header = request.headers.get("Authorization", "")
        parts = dict(_PART.findall(header)) if header.startswith(_SCHEME) else {}
        if not set(parts) >= _PARTS or not parts["timestamp"].isascii() or not parts["timestamp"].isdecimal():
            raise refused("bad_signature", f"expected Authorization: {_SCHEME.strip()} with {', '.join(sorted(_PARTS))}", "Authorization")
        if abs(int(parts["timestamp"][:12]) - (self._now() - EAST)) > _RECENT:
            raise refused("bad_signature", "the timestamp is too old, or of another time", "Authorization")
        message = f"{request.method}\n{request.raw_path}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode("utf-8", "surrogateescape")
        if self._merchant and not self._merchant.signed(message + await request.read() + b"\n", parts["signature"]):
            raise refused("bad_signature", "the signature is not the merchant's of this request", "Authorization")


class _Counter:
    """Takes merchants' requests."""

    def __init__(self, dialect: Wechat, till: Till, door: Door) -> None:
        self._dialect, self._till, self._door = dialect, till, door

    def create(self, way: str) -> Handler:
        """POST /v3/pay/transactions/{way}"""
        channel, trade_type, field, shown = TRADES[way]

        async def handle(request: web.Request) -> web.StreamResponse:
            wanted = await self._read(request, _CREATE)
            number = wanted.out_trade_no
            order = Order(
                merchant_order=number, amount=wanted.amount.total, bank=bank_of(self._dialect.chance, number, channel), channel=channel,
                notify_url=wanted.notify_url, payer=wanted.payer.openid if wanted.payer else "unknown",
                expires_at=naive(wanted.time_expire) if wanted.time_expire else None,
            )  # fmt: skip
            foreign = msgspec.json.encode(Foreign(wanted.appid, wanted.mchid, trade_type, wanted.attach)).decode()

            async def carry() -> web.StreamResponse:
                await self._till.create(order, foreign)
                return self._dialect.answer({field: shown.format(order=hashlib.sha256(number.encode()).hexdigest()[:28])})

            return await self._door.passed(request, "create", number, carry, order.bank, order.channel)

        return handle

    async def show(self, request: web.Request) -> web.StreamResponse:
        """GET /v3/pay/transactions/out-trade-no/{order}"""
        await self._asked(request)
        return await self._shown(request, _named(request, "order", "no_such_payment"))

    async def show_transaction(self, request: web.Request) -> web.StreamResponse:
        """GET /v3/pay/transactions/id/{transaction}"""
        await self._asked(request)
        return await self._shown(request, await self._till.order_of(_named(request, "transaction", "no_such_payment")))

    async def _shown(self, request: web.Request, number: str) -> web.StreamResponse:
        async def carry() -> web.StreamResponse:
            payment = await self._till.payment(number)
            at = payment.succeeded_at or payment.at
            return self._dialect.answer(resource_of_payment(payment, payment.state, payment.amount, at))

        return await self._door.passed(request, "query", number, carry)

    async def close(self, request: web.Request) -> web.StreamResponse:
        """POST /v3/pay/transactions/out-trade-no/{order}/close"""
        await self._read(request, _CLOSE)
        number = _named(request, "order", "no_such_payment")

        async def carry() -> web.StreamResponse:
            await self._till.close(number)
            return self._dialect.answer(None, 204)

        return await self._door.passed(request, "close", number, carry)

    async def refund(self, request: web.Request) -> web.StreamResponse:
        """POST /v3/refund/domestic/refunds"""
        wanted = await self._read(request, _GIVE_BACK)
        number = wanted.out_trade_no or (await self._till.order_of(wanted.transaction_id) if wanted.transaction_id else "")
        if not number:
            raise refused("bad_field", "expected out_trade_no or transaction_id", "out_trade_no")
        payment = await self._till.payment(number)
        if wanted.amount.total != payment.amount:
            raise refused("bad_field", "not what was paid", "amount.total")
        give = orders.GiveBack(
            merchant_order=number, refund=wanted.out_refund_no, amount=wanted.amount.refund,
            notify_url=wanted.notify_url or payment.notify_url,
        )  # fmt: skip

        async def carry() -> web.StreamResponse:
            return await self._refund_answer(await self._till.refund(give))

        return await self._door.passed(request, "refund", number, carry)

    async def refund_shown(self, request: web.Request) -> web.StreamResponse:
        """GET /v3/refund/domestic/refunds/{refund}"""
        await self._asked(request)
        name = _named(request, "refund", "no_such_refund")
        order = (await self._till.refund_shown(name)).merchant_order

        async def carry() -> web.StreamResponse:
            return await self._refund_answer(await self._till.refund_shown(name))

        return await self._door.passed(request, "query_refund", order, carry)

    async def bill(self, request: web.Request) -> web.StreamResponse:
        """GET /v3/bill/tradebill: where the bill is"""
        await self._asked(request)
        day = bill.day_of(request.query.get("bill_date", ""))

        async def carry() -> web.StreamResponse:
            digest = hashlib.sha1(bill.written(await self._till.bill(day)), usedforsecurity=False).hexdigest()
            url = f"{request.url.origin()}/v3/billdownload/file?bill_date={day}"
            return self._dialect.answer({"hash_type": "SHA1", "hash_value": digest, "download_url": url})

        return await self._door.passed(request, "bill", day.isoformat(), carry)

    async def bill_file(self, request: web.Request) -> web.StreamResponse:
        """GET /v3/billdownload/file: the bill, in the columns of the gateway's own"""
        await self._asked(request)
        lines = await self._till.bill(bill.day_of(request.query.get("bill_date", "")))
        return web.Response(body=bill.written(lines), headers={"Content-Type": "text/csv; charset=utf-8"})

    async def _refund_answer(self, refund: Refund) -> web.StreamResponse:
        return self._dialect.answer(resource_of_refund(refund, await self._till.payment(refund.merchant_order)))

    async def _asked(self, request: web.Request) -> None:
        await self._dialect.believed(request)

    async def _read(self, request: web.Request, decode: Callable[[bytes], T]) -> T:
        await self._asked(request)
        return await parsed(request, decode)


_CREATE: Final = msgspec.json.Decoder(Create).decode
_CLOSE: Final = msgspec.json.Decoder(Close).decode
_GIVE_BACK: Final = msgspec.json.Decoder(GiveBack).decode


def _named(request: web.Request, part: str, code: str) -> str:
    number = request.match_info[part]
    if not _NUMBER.fullmatch(number):
        raise Refused(Refusal(code, "no number of ours", part))
    return number
