"""The merchant's API in the gateway's own dialect: payments, refunds and the bill, as signed JSON."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec
from aiohttp import web

from fake_backend import signature
from fake_backend.answers import Handler, json_answer, parsed
from fake_backend.facts import Refusal
from fake_backend.gateway import bill, notices, problems
from fake_backend.gateway.door import BACKUP, Door
from fake_backend.gateway.notices import Content, Flavour
from fake_backend.gateway.orders import GiveBack, Order
from fake_backend.gateway.payments import Payment
from fake_backend.gateway.refunds import Refund
from fake_backend.gateway.till import Till
from fake_backend.problems import Refused, refused

_KEY: Final = re.compile(r"[!-~]{1,64}")
_NUMBER: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LONG_AGO: Final = 3600.0


class PaymentShown(msgspec.Struct, frozen=True):
    """A payment as merchants see it; `at` is when it came into its state, as far as that is a moment of its own."""

    transaction: str
    merchant_order: str
    state: Literal["created", "paying", "succeeded", "failed", "closed"]
    amount: int
    at: float


class RefundShown(msgspec.Struct, frozen=True):
    """A refund as merchants see it."""

    refund: str
    merchant_order: str
    transaction: str
    state: Literal["processing", "succeeded", "failed"]
    amount: int
    at: float


class Voice:
    """Writes and signs notices with the secret shared with the merchant."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def tells(self, content: Content) -> bool:
        """Of everything."""
        return True

    def notice(self, content: Content, payment: Payment, flavour: Flavour, now: float) -> tuple[bytes, dict[str, str]]:
        """The body and headers of one sending."""
        body = msgspec.json.encode(content)
        then = now - _LONG_AGO if flavour == "old_timestamp" else now
        serial = "0" if flavour == "wrong_serial" else signature.SERIAL
        headers = signature.signed("Gateway", self._secret, body, then, serial=serial)
        if flavour in ("wrong_signature", "probe"):
            forged = signature.signature(self._secret + "?", headers["Gateway-Timestamp"], headers["Gateway-Nonce"], body)
            headers["Gateway-Signature"] = f"SIGNTEST/{forged}" if flavour == "probe" else forged
        return body, {"Content-Type": "application/json", **headers}


class Native:
    """The gateway's own dialect."""

    name: Final = "native"

    def __init__(self, secret: str, checks: bool, now: Callable[[], float], speed: Callable[[], float]) -> None:
        self._secret, self._checks, self._now, self._speed = secret, checks, now, speed
        self.voice = Voice(secret)

    def transaction(self, number: int) -> str:
        """The name of a payment's transaction."""
        return f"t{number:08d}"

    def say(self, refusal: Refusal) -> web.StreamResponse:
        """A no, as a problem document."""
        return problems.answer(refusal)

    def routes(self, till: Till, door: Door) -> list[web.RouteDef]:
        """All that merchants may ask."""
        return _Counter(till, door, self._believes).routes()

    def _believes(self, body: bytes, headers: Mapping[str, str]) -> str | None:
        if not self._checks:
            return None
        tolerance = max(signature.TOLERANCE, 5.0 * self._speed())  # two clocks that run fast differ by more
        return signature.fault("Merchant", self._secret, body, headers, self._now(), tolerance)


class _Counter:
    """Takes merchants' requests; `believes` says what is wrong with a request's signature."""

    def __init__(self, till: Till, door: Door, believes: Callable[[bytes, Mapping[str, str]], str | None]) -> None:
        self._till, self._door, self._believes = till, door, believes

    def routes(self) -> list[web.RouteDef]:
        """All of it, on the primary domain and on the backup."""
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/payments", self._create),
            ("GET", "/payments/{merchant_order}", self._show),
            ("POST", "/payments/{merchant_order}/close", self._close),
            ("POST", "/refunds", self._refund),
            ("GET", "/refunds/{refund}", self._refund_shown),
            ("GET", "/bill", self._bill),
        )
        return [web.route(method, domain + path, handler) for domain in ("", BACKUP) for method, path, handler in table]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        await self._signed(request)
        key = request.headers.get("Idempotency-Key")
        if key is None:
            raise refused("key_missing", "send one key for all tries of a payment", "Idempotency-Key")
        if not _KEY.fullmatch(key):
            raise refused("key_malformed", "1 to 64 visible ASCII characters", "Idempotency-Key")
        order = await parsed(request, _ORDER)

        async def carry() -> web.StreamResponse:
            return json_answer(shown(await self._till.create(order)), 201)

        async def through() -> web.StreamResponse:
            return await self._door.passed(request, "create", order.merchant_order, carry, order.bank, order.channel)

        return await self._door.kept(request, key, order.fingerprint, through)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        await self._signed(request)
        number = _number(request, "merchant_order", "no_such_payment")

        async def carry() -> web.StreamResponse:
            return json_answer(shown(await self._till.payment(number)))

        return await self._door.passed(request, "query", number, carry)

    async def _close(self, request: web.Request) -> web.StreamResponse:
        await self._signed(request)
        number = _number(request, "merchant_order", "no_such_payment")

        async def carry() -> web.StreamResponse:
            return json_answer(shown(await self._till.close(number)))

        return await self._door.passed(request, "close", number, carry)

    async def _refund(self, request: web.Request) -> web.StreamResponse:
        await self._signed(request)
        wanted = await parsed(request, _GIVE_BACK)

        async def carry() -> web.StreamResponse:
            return json_answer(await self._refund_of(await self._till.refund(wanted)), 201)

        return await self._door.passed(request, "refund", wanted.merchant_order, carry)

    async def _refund_shown(self, request: web.Request) -> web.StreamResponse:
        await self._signed(request)
        number = _number(request, "refund", "no_such_refund")
        order = (await self._till.refund_shown(number)).merchant_order

        async def carry() -> web.StreamResponse:
            return json_answer(await self._refund_of(await self._till.refund_shown(number)))

        return await self._door.passed(request, "query_refund", order, carry)

    async def _bill(self, request: web.Request) -> web.StreamResponse:
        await self._signed(request)
        day = bill.day_of(request.query.get("day", ""))

        async def carry() -> web.StreamResponse:
            return web.Response(body=bill.written(await self._till.bill(day)), headers={"Content-Type": "text/csv; charset=utf-8"})

        return await self._door.passed(request, "bill", day.isoformat(), carry)

    async def _refund_of(self, refund: Refund) -> RefundShown:
        payment = await self._till.payment(refund.merchant_order)
        at = refund.at if refund.state == "processing" else refund.succeeded_at or refund.decides_at
        return RefundShown(refund.refund, refund.merchant_order, payment.transaction, refund.state, refund.amount, at)

    async def _signed(self, request: web.Request) -> None:
        if fault := self._believes(await request.read(), request.headers):
            raise Refused(Refusal("bad_signature", fault))


_ORDER: Final = msgspec.json.Decoder(Order).decode
_GIVE_BACK: Final = msgspec.json.Decoder(GiveBack).decode


def shown(payment: Payment) -> PaymentShown:
    """The payment as merchants see it."""
    return PaymentShown(payment.transaction, payment.merchant_order, payment.state, payment.amount, notices.of_payment(payment).at)


def _number(request: web.Request, name: str, code: str) -> str:
    number = request.match_info[name]
    if not _NUMBER.fullmatch(number):
        raise refused(code, "1 to 64 letters, digits or . _ : -", name)
    return number
