"""Notices that are faster than the answer."""

import asyncio
from typing import ClassVar

from aiohttp import web
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Asked, Carry, Chance, House, OrderFault, Payment, WallSeconds


class EarlyNotices(OrderFault, frozen=True, kw_only=True):
    """The payer confirms at once, and the notice of it arrives before the answer to the request that created the payment, which waits
    for it, at most `hold` seconds of wall time.  A race that every gateway can lose."""

    name: ClassVar[str] = "early_notices"
    behaviour: ClassVar[str] = "G4"

    hold: WallSeconds = 2.0

    def planned(self, payment: Payment, chance: Chance) -> Payment:
        """Confirmed at once."""
        return replace(payment, opens_at=payment.at, decides_at=payment.at)

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """The answer, after the notice."""
        answer = await carry()
        if asked.operation == "create":
            try:
                async with asyncio.timeout(self.hold):
                    await house.told(asked.order)
            except TimeoutError:
                return answer
        return answer
