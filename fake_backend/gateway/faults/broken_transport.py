"""Answers that do not arrive whole."""

from typing import ClassVar, Literal

from aiohttp import web

from fake_backend.gateway import transport
from fake_backend.gateway.faults.fault import Asked, Carry, House, OrderFault, Tries, WallSeconds


class BrokenTransport(OrderFault, frozen=True, kw_only=True):
    """The connection of the first `tries` requests of each kind breaks: `reset_before` anything was done, `reset_after` it was done and
    committed, `empty` (closed without a byte), `truncated` in the middle of the body, `malformed` (no JSON), or the answer drips in over
    `seconds` of wall time (`drip`)."""

    name: ClassVar[str] = "broken_transport"
    behaviour: ClassVar[str] = "G21"

    how: Literal["reset_before", "reset_after", "empty", "truncated", "malformed", "drip"]
    seconds: WallSeconds = 10.0
    tries: Tries = 1

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """Broken."""
        if asked.attempt > self.tries:
            return await carry()
        if self.how == "reset_before":
            return transport.reset(request)
        answer = await carry()
        if self.how == "drip":
            return await transport.dripped(request, answer, self.seconds)
        if self.how == "truncated":
            return transport.truncated(request, answer)
        if self.how == "malformed":
            return transport.malformed(request, answer)
        return transport.reset(request) if self.how == "reset_after" else transport.empty(request)
