"""A bank, a channel, a region or the whole gateway is away."""

from typing import ClassVar, Literal

from aiohttp import web

from fake_backend.facts import Refusal
from fake_backend.gateway import banks, transport
from fake_backend.gateway.faults.fault import Asked, Carry, Chance, House, Notice, OrderFault, Part, Payment, WallSeconds
from fake_backend.problems import Refused


class Outages(OrderFault, frozen=True, kw_only=True):
    """Requests about payments of the `bank`, the `channel` or the `region` (all of them where none is named) come to nothing: 503
    (`error`), `silence` for `hold` seconds of wall time, or a `reset`.  With `domain` it is the primary domain or the backup (everything
    under `/backup`) that is away, and the other one works.  Payers of that bank cannot confirm meanwhile (`payers`), and nothing is sent
    (`notices`).  The part `begins` of the new payments is begun all the same, and what is sent does not arrive and is sent again as the
    schedule says (`unheard`): then people pay and nobody is told.  WeChat Pay has two domains, for this."""

    name: ClassVar[str] = "outages"
    behaviour: ClassVar[str] = "G19"

    region: Literal["north", "east", "south", "west"] | None = None
    domain: Literal["primary", "backup", "both"] = "both"
    how: Literal["error", "silence", "reset"] = "error"
    hold: WallSeconds = 6.0
    payers: bool = True
    notices: bool = False
    begins: Part = 0.0
    unheard: bool = False

    def concerns(self, chance: Chance, order: str, bank: str, channel: str) -> bool:
        """Whether the order's bank, channel and region are meant, and the order is one of its victims."""
        here = self.region is None or banks.region(bank) == self.region
        return here and super().concerns(chance, order, bank, channel)

    def held(self, payment: Payment) -> bool:
        """Nobody confirms."""
        return self.payers and self.domain == "both"

    def silent(self, notice: Notice) -> bool:
        """Nothing is sent."""
        return self.notices

    def in_vain(self, notice: Notice) -> bool:
        """What is sent does not arrive."""
        return self.unheard

    async def carried(self, asked: Asked, request: web.Request, house: House, carry: Carry) -> web.StreamResponse:
        """Away."""
        lucky = asked.operation == "create" and house.chance(f"fault:{self.name}:begins", asked.order) < self.begins
        if lucky or self.domain not in ("both", asked.domain):
            return await carry()
        if self.how == "silence":
            return await transport.silence(request, self.hold)
        if self.how == "reset":
            return transport.reset(request)
        partial = self.bank or self.channel or self.region
        why = f"{partial} is away" if partial else "out of order"
        raise Refused(Refusal("bank_away" if partial else "gateway_away", why, None, {"Retry-After": "5"}))
