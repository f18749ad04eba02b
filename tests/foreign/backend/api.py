"""The API: every business answer is HTTP 200 with a `code`; 0 is yes."""

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from booking import BookingService, BusinessError
from pool import PoolExhausted
from stats import Stats

INVALID = BusinessError(4001, "bad request")
LOGIN_AGAIN = BusinessError(4011, "token expired or invalid")
BUSY = BusinessError(4290, "busy, come back later")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Api:
    """An ASGI application."""

    def __init__(self, service: BookingService, stats: Stats, secret: str, moved_to: str) -> None:
        self.service, self.stats, self.secret, self.moved_to = service, stats, secret, moved_to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.live(receive, send)
        if scope["type"] != "http":
            return None
        begun = time.perf_counter()
        body = await self.read(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        if path == "/livez":
            await self.answer(send, 200, b"alive", "text/plain")
        elif path == "/metrics":
            await self.answer(send, 200, self.stats.exposition(), "text/plain; version=0.0.4")
        elif path.startswith("/api/v1/"):
            await self.answer(send, 308, b"", "text/plain", [(b"location", (self.moved_to + path).encode())])
        else:
            said = await self.business(scope["method"], path, headers, body)
            self.stats.answers.labels(said["code"]).inc()
            given = [] if "SEATS_SESSION=" in headers.get("cookie", "") else [self.cookie()]
            await self.answer(send, 200, json.dumps(said).encode(), "application/json", given)
        self.stats.seconds.observe(time.perf_counter() - begun)
        return None

    async def business(self, method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """The answer that the app reads; nothing that comes in makes it break."""
        try:
            user = self.user(headers.get("authorization", ""))
            if (method, path) == ("GET", "/api/v2/activities"):
                data: Any = [{"activityId": name, "stores": stores} for name, stores in self.service.offer.items()]
            elif (method, path) == ("POST", "/api/v2/bookings"):
                data = {"bookingNo": await self.book(user, body)}
            else:
                raise INVALID
        except BusinessError as no:
            return {"code": no.code, "msg": no.message, "data": None}
        except PoolExhausted:
            return {"code": BUSY.code, "msg": BUSY.message, "data": None}
        return {"code": 0, "msg": "ok", "data": data}

    async def book(self, user: str, body: bytes) -> str:
        try:
            wish = json.loads(body)
            activity, store, phone = wish["activityId"], wish["storeCode"], wish["contactPhone"]
        except (ValueError, KeyError, TypeError):
            raise INVALID from None
        if not all(isinstance(word, str) and 0 < len(word) <= 64 and word.isprintable() for word in (activity, store, phone)):
            raise INVALID
        return await self.service.book(user, activity, store, phone)

    def user(self, authorization: str) -> str:
        try:
            claims = jwt.decode(authorization.removeprefix("Bearer "), self.secret, ["HS256"], {"require": ["sub", "exp"]})
        except jwt.InvalidTokenError:
            raise LOGIN_AGAIN from None
        return str(claims["sub"])

    def cookie(self) -> tuple[bytes, bytes]:
        return b"set-cookie", f"SEATS_SESSION=sess.{secrets.token_hex(12)}; Path=/; Secure; HttpOnly".encode()

    async def answer(self, send: Send, status: int, body: bytes, kind: str, more: list[tuple[bytes, bytes]] | None = None) -> None:
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body)), *(more or [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def read(self, receive: Receive) -> bytes:
        body, more = b"", True
        while more and len(body) < 65_536:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return body

    async def live(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
