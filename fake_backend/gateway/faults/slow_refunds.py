"""Refunds that take long, and fail."""

from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Chance, ClockSeconds, OrderFault, Refund


class SlowRefunds(OrderFault, frozen=True, kw_only=True):
    """A refund is `processing` for `takes` seconds more of the gateway's clock, and its first `failures` tries end as `failed`: it has to
    be asked for again under the same number.  Its notice is sent by the same schedule as a payment's.  A refund in parts is the
    merchant's to ask for."""

    name: ClassVar[str] = "slow_refunds"
    behaviour: ClassVar[str] = "G17"

    takes: ClockSeconds = 120.0
    failures: Annotated[int, msgspec.Meta(ge=0, le=100)] = 1

    def refunded(self, refund: Refund, chance: Chance) -> Refund:
        """Later, and perhaps in vain."""
        decision = "failed" if refund.tries <= self.failures else "succeeded"
        return replace(refund, decides_at=refund.decides_at + self.takes, decision=decision)
