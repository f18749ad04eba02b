"""Too many requests."""

from typing import Annotated, ClassVar

import msgspec
from aiohttp import web

from fake_backend.facts import Refusal
from fake_backend.gateway.faults.fault import Asked, Carry, Fault, House
from fake_backend.problems import Refused


class RateLimits(Fault, frozen=True, kw_only=True):
    """More than `rate` requests of merchants in a second of wall time, or more than `concurrency` at the same time, are answered 429
    `rate_limited` with Retry-After.  Stripe: 100 a second in earnest, 25 in its sandbox.  Which requests it meets depends on when they
    come: the one fault that cannot be replayed to the order."""

    name: ClassVar[str] = "rate_limits"
    behaviour: ClassVar[str] = "G18"

    rate: Annotated[float, msgspec.Meta(gt=0, le=1e6, description="a second of wall time")] = 25.0
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 100

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """Not so many."""
        meter = house.meter
        if meter.under_way >= self.concurrency or not meter.admits(self.rate):
            raise Refused(Refusal("rate_limited", f"{self.rate:g} a second, {self.concurrency} at a time", None, {"Retry-After": "1"}))
        meter.under_way += 1
        try:
            return await carry()
        finally:
            meter.under_way -= 1
