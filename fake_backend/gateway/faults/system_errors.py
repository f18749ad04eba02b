"""Errors after which the same has to be asked again."""

from typing import ClassVar

from aiohttp import web

from fake_backend.gateway.faults.fault import Asked, Carry, House, OrderFault, Tries
from fake_backend.problems import refused


class SystemErrors(OrderFault, frozen=True, kw_only=True):
    """The first `tries` requests for a payment, its closing or a refund are answered 500 `system_error`: ask again with the same
    parameters.  With `effect` they were done all the same, so that only the number tells the next one from a new payment.  WeChat Pay:
    the same number and parameters are the same order, other parameters are OUT_TRADE_NO_USED."""

    name: ClassVar[str] = "system_errors"
    behaviour: ClassVar[str] = "G11"

    effect: bool = True
    tries: Tries = 1

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """An error, done or not."""
        if asked.operation not in ("create", "close", "refund") or asked.attempt > self.tries:
            return await carry()
        if self.effect:
            await carry()
        raise refused("system_error", "ask again with the same parameters")
