"""Slow, and sometimes wrong."""

import asyncio
from typing import ClassVar

from aiohttp import web

from fake_backend.gateway.faults.fault import Asked, Carry, House, OrderFault, Part, WallSeconds
from fake_backend.problems import refused


class Brownouts(OrderFault, frozen=True, kw_only=True):
    """Every request takes `latency` seconds of wall time more, and the part `errors` of them is answered 500 `system_error` without having
    been done.  In the last `ramp` seconds of `ttl` both grow less, down to nothing: so gateways come back."""

    name: ClassVar[str] = "brownouts"
    behaviour: ClassVar[str] = "G20"

    latency: WallSeconds = 0.5
    errors: Part = 0.05
    ramp: WallSeconds = 0.0

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """Later, or not at all."""
        remaining = house.remaining(self)
        strength = min(remaining / self.ramp, 1.0) if self.ramp else 1.0
        await asyncio.sleep(self.latency * strength)
        if house.chance(f"fault:{self.name}:{asked.operation}", asked.order, asked.attempt) < self.errors * strength:
            raise refused("system_error", "ask again with the same parameters")
        return await carry()
