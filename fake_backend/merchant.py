"""The merchant's client: speaks the gateway's native API, and tells what was said from what is not known.

An answer that did not come, came broken, or says that something went wrong at the gateway's leaves the outcome open; it is never taken for
a no.  Only what the gateway clearly says is `Said`, `Absent` or `Denied`.
"""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from fake_backend.alarm import Alarm
from fake_backend.facts import moment
from fake_backend.faults import RetryStorm
from fake_backend.room import Site
from fake_backend.sale import RefundState, Truth, TruthState
from fake_backend.signature import signed
from fake_backend.storm import Storm
from fake_backend.switches import Switches


class Said(msgspec.Struct, frozen=True):
    """The gateway said what became of a payment."""

    truth: Truth


class SaidOfRefund(msgspec.Struct, frozen=True):
    """The gateway said what became of a refund."""

    state: RefundState
    amount: int
    at: float


class Absent(msgspec.Struct, frozen=True):
    """The gateway does not know it."""


class Denied(msgspec.Struct, frozen=True):
    """The gateway will not do it, and says why with a code."""

    code: str


class Unknown(msgspec.Struct, frozen=True):
    """There is no telling what became of it; `away`: nobody was there to ask."""

    why: str
    away: bool = True


Reply = Said | Absent | Denied | Unknown
RefundReply = SaidOfRefund | Absent | Denied | Unknown

T = TypeVar("T")
_REFUND_STATES: Final[Mapping[str, RefundState]] = {"processing": "processing", "succeeded": "done", "failed": "failed"}
_NOT_NOW: Final = (401, 408, 425, 429)
"""refused for the moment, or for a reason that has nothing to do with what was asked"""
_THERE: Final = ("system_error", "outcome_unknown", "bank_away", "rate_limited")
"""what only a gateway says that is there itself"""


class _Answer(msgspec.Struct, frozen=True):
    """An answer that came whole."""

    status: int
    body: bytes


class _Payment(msgspec.Struct, frozen=True):
    """A payment as the gateway tells it."""

    merchant_order: str
    state: TruthState
    amount: int
    at: float | str = 0.0
    transaction: str = ""


class _Refund(msgspec.Struct, frozen=True):
    """A refund as the gateway tells it."""

    state: Literal["processing", "succeeded", "failed"]
    amount: int | None = None
    at: float | str = 0.0


class _No(msgspec.Struct, frozen=True):
    """Why the gateway does not do something."""

    code: str = ""


class Merchant:
    """Asks the gateway, of which `site.links` says where it is, and lets the alarm count what comes of it."""

    def __init__(self, site: Site, alarm: Alarm, lies: Switches) -> None:
        self._site, self._alarm, self._lies, self._storm = site, alarm, lies, Storm()
        self._notify_url = f"{site.links.own}/gateway/notices"

    @property
    def there(self) -> bool:
        """Whether there is a gateway at all."""
        return bool(self._site.links.gateway)

    async def create(self, payment: Mapping[str, Any]) -> Reply:
        """Begin the payment {payment, amount, bank, channel, person, expires_at}; the key makes it one however often it is asked."""
        body = {
            "merchant_order": payment["payment"], "amount": payment["amount"], "currency": "CNY", "bank": payment["bank"],
            "channel": payment["channel"], "notify_url": self._notify_url, "payer": payment["person"], "expires_at": payment["expires_at"],
        }  # fmt: skip
        return _of_payment(await self._ask("POST", "/payments", body, str(payment["payment"])), str(payment["payment"]))

    async def query(self, payment: str) -> Reply:
        """What became of the payment."""
        return _of_payment(await self._ask("GET", f"/payments/{quote(payment)}"), payment)

    async def close(self, payment: str) -> Reply:
        """Have the payment closed, so that it cannot be paid any more."""
        return _of_payment(await self._ask("POST", f"/payments/{quote(payment)}/close", {}), payment)

    async def refund(self, refund: Mapping[str, Any]) -> RefundReply:
        """Give back the money of {refund, payment, amount, key}."""
        body = {
            "merchant_order": refund["payment"], "refund": refund["refund"], "amount": refund["amount"], "notify_url": self._notify_url,
        }  # fmt: skip
        return _of_refund(await self._ask("POST", "/refunds", body, str(refund["key"])), int(refund["amount"]))

    async def query_refund(self, refund: str, amount: int) -> RefundReply:
        """What became of the refund."""
        return _of_refund(await self._ask("GET", f"/refunds/{quote(refund)}"), amount)

    async def bill(self, day: str) -> str | Unknown:
        """The gateway's bill of the day, as CSV."""
        answer = await self._ask("GET", f"/bill?day={day}")
        if isinstance(answer, Unknown):
            return answer
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else Unknown(f"answered {answer.status}", away=False)

    async def _ask(self, method: str, path: str, body: Any = None, key: str = "") -> _Answer | Unknown:
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        sent = partial(self._sent, method, self._site.links.gateway + path, content, headers)
        storm = self._lies.fault("retry_storm", RetryStorm)
        nobody: _Answer | Unknown = Unknown("nobody waited for it")
        answer = await (self._storm.ask(storm, sent, _failed, nobody) if storm else sent())
        self._alarm.count(not _failed(answer))
        return answer

    async def _sent(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> _Answer | Unknown:
        signed_ = {**signed("Merchant", self._site.links.secret, content, self._site.clock.now()), **headers}
        try:
            async with self._site.http().request(method, url, data=content or None, headers=signed_, allow_redirects=False) as answer:
                text = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            return Unknown(type(problem).__name__)
        code = _code(text)
        if answer.status >= 500:
            return Unknown(code or f"answered {answer.status}", away=code not in _THERE)
        if answer.status in _NOT_NOW or code == "key_in_use":
            return Unknown(code or f"answered {answer.status}", away=False)
        return _Answer(answer.status, text)


def _failed(answer: _Answer | Unknown) -> bool:
    return isinstance(answer, Unknown)


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_No).code
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _no(answer: _Answer) -> Absent | Denied | Unknown | None:
    """What an answer says that is not a success."""
    if answer.status == 404:
        return Absent() if _code(answer.body) in ("no_such_payment", "no_such_refund") else Unknown("answered 404", away=False)
    if 400 <= answer.status < 500:
        return Denied(_code(answer.body) or f"answered {answer.status}")
    return None if answer.status in (200, 201) else Unknown(f"answered {answer.status}")


def _read(answer: _Answer | Unknown, kind: type[T]) -> T | Absent | Denied | Unknown:
    """What a success says, or what it is instead."""
    if isinstance(answer, Unknown):
        return answer
    no = _no(answer)
    if no is not None:
        return no
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Unknown("cannot be read", away=False)


def _of_payment(answer: _Answer | Unknown, payment: str) -> Reply:
    said = _read(answer, _Payment)
    if not isinstance(said, _Payment):
        return said
    if said.merchant_order != payment:
        return Unknown("speaks of another payment", away=False)
    return Said(Truth(said.state, said.amount, moment_of(said.at), said.transaction))


def _of_refund(answer: _Answer | Unknown, amount: int) -> RefundReply:
    said = _read(answer, _Refund)
    if not isinstance(said, _Refund):
        return said
    return SaidOfRefund(_REFUND_STATES[said.state], amount if said.amount is None else said.amount, moment_of(said.at))


def moment_of(at: float | str) -> float:
    """A moment as the gateway writes it: seconds, or a date and time."""
    if isinstance(at, str):
        try:
            return moment(dt.datetime.fromisoformat(at).replace(tzinfo=None))
        except ValueError:
            return 0.0
    return at
