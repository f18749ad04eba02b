"""Requests whose outcome nobody is told, and that took effect."""

from typing import ClassVar, Literal

from aiohttp import web
from msgspec.structs import replace

from fake_backend.gateway import transport
from fake_backend.gateway.faults.fault import Asked, Carry, Chance, ClockSeconds, House, OrderFault, Payment, Tries, WallSeconds
from fake_backend.problems import refused


class UnknownOutcomes(OrderFault, frozen=True, kw_only=True):
    """A payment or refund is begun, and the answer to the first `tries` requests is `silence` for `hold` seconds of wall time, or an
    `error` that says that the outcome is unknown.  It took effect; with `later` only so many seconds of the gateway's clock afterwards,
    and until then the gateway itself knows of no such payment.  Alipay: after code 20000 the result is unknown, ask."""

    name: ClassVar[str] = "unknown_outcomes"
    behaviour: ClassVar[str] = "G9"

    answer: Literal["silence", "error"] = "silence"
    hold: WallSeconds = 6.0
    later: ClockSeconds = 0.0
    tries: Tries = 1

    def planned(self, payment: Payment, chance: Chance) -> Payment:
        """Everything so much later."""
        later = self.later
        return replace(
            payment, shown_from=payment.shown_from + later, opens_at=payment.opens_at + later, decides_at=payment.decides_at + later
        )

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """Done, and not told."""
        answer = await carry()
        if asked.operation not in ("create", "refund") or asked.attempt > self.tries:
            return answer
        if self.answer == "silence":
            return await transport.silence(request, self.hold)
        raise refused("outcome_unknown", "ask later what became of it")
