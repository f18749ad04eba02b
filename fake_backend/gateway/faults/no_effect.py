"""Requests whose outcome nobody is told, and that never took effect."""

from typing import ClassVar, Literal

from aiohttp import web

from fake_backend.gateway import transport
from fake_backend.gateway.faults.fault import Asked, Carry, House, OrderFault, Tries, WallSeconds
from fake_backend.problems import refused


class NoEffect(OrderFault, frozen=True, kw_only=True):
    """The first `tries` requests for a payment or refund do nothing, and their answer is `silence` for `hold` seconds of wall time, or an
    `error` that says that the outcome is unknown: not to be told from `unknown_outcomes` but by asking later."""

    name: ClassVar[str] = "no_effect"
    behaviour: ClassVar[str] = "G10"

    answer: Literal["silence", "error"] = "silence"
    hold: WallSeconds = 6.0
    tries: Tries = 1

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """Neither done nor told."""
        if asked.operation not in ("create", "refund") or asked.attempt > self.tries:
            return await carry()
        if self.answer == "silence":
            return await transport.silence(request, self.hold)
        raise refused("outcome_unknown", "ask later what became of it")
