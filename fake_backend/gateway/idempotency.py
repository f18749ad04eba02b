"""What the same request gets a second time: the ways of real gateways, as a setting.

By `order` the merchant's number alone tells requests apart.  The others keep the first answer under the Idempotency-Key: a request with
the same key and other parameters is refused, one that comes while the first is under way is refused and not kept.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec
from aiohttp import web

from fake_backend.books import Bookkeeper, Books
from fake_backend.facts import Refusal
from fake_backend.problems import Refused

Flavour = Literal["order", "first_result", "success_only", "until_success"]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway's way."""

    name: Flavour
    keeps: Literal["nothing", "everything", "successes"]
    lasts: float = 0.0
    """seconds of the gateway's clock that an answer is kept"""
    about: str
    source: str


WAYS: Final = {
    way.name: way
    for way in (
        Way(
            name="order", keeps="nothing",
            about="the same number and parameters are the same payment, as it is now; other parameters: number_used; closed: order_closed",
            source="pay.weixin.qq.com, error tables: OUT_TRADE_NO_USED, ORDER_CLOSED, SYSTEM_ERROR (ask again with the same parameters)",
        ),
        Way(
            name="first_result", keeps="everything", lasts=86400.0,
            about="the first answer is kept for 24 h whatever it was, a 500 too; concurrent requests conflict and are not kept",
            source="docs.stripe.com/api/idempotent_requests (v1)",
        ),
        Way(
            name="success_only", keeps="successes", lasts=86400.0,
            about="only an answer 2xx is kept; what failed is done anew",
            source="checkout.com, idempotency",
        ),
        Way(
            name="until_success", keeps="successes", lasts=30 * 86400.0,
            about="what failed is done again under the same key, and the success is kept for 30 days",
            source="docs.stripe.com, API v2",
        ),
    )
}  # fmt: skip
"""name → way"""

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS results (
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, media TEXT NOT NULL, body TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL)""",
)


class Results:
    """The answers that are kept; `way` is asked at every request."""

    def __init__(self, books: Bookkeeper, now: Callable[[], float], way: Callable[[], Way]) -> None:
        self._books, self._now, self._way = books, now, way
        self._under_way: set[str] = set()

    async def kept(self, key: str, fingerprint: str, carry: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        """The answer kept under the key, or what `carry` answers now."""
        way = self._way()
        if way.keeps == "nothing":
            return await carry()
        if key in self._under_way:
            raise Refused(Refusal("key_in_use", "the first request under this key is still under way", "Idempotency-Key"))
        self._under_way.add(key)
        try:
            return await self._first(way, key, fingerprint) or await self._anew(way, key, fingerprint, carry)
        finally:
            self._under_way.discard(key)

    async def _first(self, way: Way, key: str, fingerprint: str) -> web.StreamResponse | None:
        rows = await self._books.read(
            "SELECT fingerprint, status, media, body FROM results WHERE key = ? AND at > ?", key, self._now() - way.lasts
        )
        if not rows:
            return None
        known, status, media, body = rows[0]
        if known != fingerprint:
            raise Refused(Refusal("key_reused", "other parameters went with this key", "Idempotency-Key"))
        return web.Response(status=status, body=body.encode(), headers={"Content-Type": media, "Idempotent-Replayed": "true"})

    async def _anew(self, way: Way, key: str, fingerprint: str, carry: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        answer = await carry()
        if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            return answer
        status, media, body = answer.status, answer.headers.get("Content-Type", ""), answer.body.decode("utf-8", "replace")
        if way.keeps == "everything" or 200 <= status < 300:
            await asyncio.shield(self._books.write(lambda books: _keep(books, (key, fingerprint, status, media, body, self._now()))))
        return answer


def _keep(books: Books, row: tuple[str, str, int, str, str, float]) -> None:
    books.run("DELETE FROM results WHERE key = ?", row[0])
    books.run("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?)", *row)
