"""The contract as an OpenAPI 3.1 document, its schemas taken from the very types that are read and written."""

from functools import partial
from typing import Final, Literal

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.clock import ClockShown, SetClock
from fake_backend.contract import BODY, TEXT, Json, parameter, ref
from fake_backend.contract import operation as _operation
from fake_backend.gateway.banks import BanksShown
from fake_backend.gateway.dialects.native import PaymentShown, RefundShown
from fake_backend.gateway.door import BACKUP
from fake_backend.gateway.faults.known import FAULTS
from fake_backend.gateway.mail import EndpointsShown
from fake_backend.gateway.orders import GiveBack, Order
from fake_backend.gateway.problems import CODES
from fake_backend.gateway.switchboard import FaultShown, FaultsShown
from fake_backend.gateway.watch import Health, Quiet
from fake_backend.problems import Problem

operation: Final = partial(_operation, known=CODES)
_TYPES: Final = (
    Order, GiveBack, PaymentShown, RefundShown, BanksShown, FaultShown, FaultsShown, Health, Quiet, EndpointsShown, ClockShown, SetClock,
    Problem, *FAULTS.values(),
)  # fmt: skip
_ANY: Final = ("bad_signature", "rate_limited", "system_error", "bank_away", "gateway_away", "not_stored", "database_away")
"""with which every request of a merchant may be refused"""
_SIGNED: Final = tuple(parameter(f"Merchant-{name}", "header", TEXT) for name in ("Timestamp", "Nonce", "Serial", "Signature"))
_KEY: Final = parameter("Idempotency-Key", "header", {"type": "string", "pattern": "^[!-~]{1,64}$"})
_PAGE: Final = partial(
    operation, schema=TEXT, media="text/csv", codes=("bad_field", "not_stored", "database_away"),
    parameters=(
        parameter("after", "query", {"type": "integer", "minimum": 0}, required=False),
        parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 200_000}, required=False),
    ),
)  # fmt: skip


def _path(name: str) -> tuple[Json, ...]:
    return (parameter(name, "path", TEXT), *_SIGNED)


_MERCHANTS: Final[dict[str, Json]] = {
    "/payments": {
        "post": operation(
            "Begin a payment; the same number and parameters are the same payment", ref("PaymentShown"), 201,
            (*BODY, *_ANY, "key_missing", "key_malformed", "key_reused", "key_in_use", "number_used", "order_closed", "unknown_bank",
             "unknown_channel", "notify_url_refused", "outcome_unknown"),
            (_KEY, *_SIGNED), ref("Order"),
        ),
    },
    "/payments/{merchant_order}": {
        "get": operation(
            "What became of a payment", ref("PaymentShown"), codes=("no_such_payment", *_ANY), parameters=_path("merchant_order")
        ),
    },
    "/payments/{merchant_order}/close": {
        "post": operation(
            "Close a payment, so that nobody can pay it any more", ref("PaymentShown"),
            codes=("no_such_payment", "order_paid", "frequency_limited", *_ANY), parameters=_path("merchant_order"),
        ),
    },
    "/refunds": {
        "post": operation(
            "Give back what was paid, or a part of it; the same number is the same refund", ref("RefundShown"), 201,
            (*BODY, *_ANY, "no_such_payment", "not_paid", "refund_number_used", "refund_too_large", "notify_url_refused",
             "outcome_unknown"),
            _SIGNED, ref("GiveBack"),
        ),
    },
    "/refunds/{refund}": {
        "get": operation("What became of a refund", ref("RefundShown"), codes=("no_such_refund", *_ANY), parameters=_path("refund")),
    },
    "/bill": {
        "get": operation(
            "What was paid and given back on a day that is over", TEXT, codes=("bad_field", "bill_not_ready", *_ANY),
            parameters=(parameter("day", "query", {"type": "string", "format": "date"}), *_SIGNED), media="text/csv",
        ),
    },
}  # fmt: skip
_FAULT: Final = (parameter("name", "path", TEXT),)
_QUIET: Final = operation("Whether anything is still under way: 200 if not, 503 if so", ref("Quiet"))
_QUIET["responses"]["503"]["content"]["application/json"] = {"schema": ref("Quiet")}
_ANYBODYS: Final[dict[str, Json]] = {
    "/banks": {"get": operation("The banks and their channels", ref("BanksShown"))},
    "/faults": {"get": operation("The faults there are, what each takes, and which are on", ref("FaultsShown"))},
    "/faults/{name}": {
        "put": operation(
            "Turn a fault on", ref("FaultShown"), codes=(*BODY, "no_such_fault", "no_certificate"), parameters=_FAULT,
            body={"anyOf": [ref(fault.__name__) for fault in FAULTS.values()]},
        ),
        "delete": operation("Turn a fault off", ref("FaultShown"), codes=("no_such_fault",), parameters=_FAULT),
    },
    "/endpoints": {
        "get": operation("The endpoints that get no more notices", ref("EndpointsShown")),
        "delete": operation("Let them have notices again", ref("EndpointsShown"), codes=("not_stored", "database_away")),
    },
    "/ledger/payments.csv": {"get": _PAGE("The true ledger of payments")},
    "/ledger/refunds.csv": {"get": _PAGE("The true ledger of refunds")},
    "/ledger/notices.csv": {"get": _PAGE("Every sending of a notice")},
    "/clock": {
        "get": operation("The gateway's clock", ref("ClockShown")),
        "put": operation("Set it; durable", ref("ClockShown"), codes=(*BODY, "not_stored", "database_away"), body=ref("SetClock")),
    },
    "/health": {"get": operation("Whether it is well, and which faults are on", ref("Health"))},
    "/quiet": {"get": _QUIET},
    "/openapi.json": {"get": operation("This document", {"type": "object"})},
}  # fmt: skip


def document(dialect: Literal["native", "wechat", "alipay"] = "native") -> Json:
    """The whole contract; what merchants may ask stands in it in the native dialect, other dialects have documents elsewhere."""
    merchants = {domain + path: methods for domain in ("", BACKUP) for path, methods in _MERCHANTS.items()} if dialect == "native" else {}
    _, schemas = msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fake payment gateway", "version": "1"},
        "paths": {**merchants, **_ANYBODYS},
        "components": {"schemas": schemas},
    }


def routes(dialect: Literal["native", "wechat", "alipay"]) -> list[web.RouteDef]:
    """GET /openapi.json."""
    contract = document(dialect)

    async def show(request: web.Request) -> web.Response:
        return json_answer(contract)

    return [web.get("/openapi.json", show)]
