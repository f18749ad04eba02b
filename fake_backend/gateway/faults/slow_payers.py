"""Payers who take their time."""

from typing import ClassVar

from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Chance, ClockSeconds, OrderFault, Payment


class SlowPayers(OrderFault, frozen=True, kw_only=True):
    """The payer opens the bank's app at once and takes `takes` seconds of the gateway's clock to confirm; until then the payment is
    `paying`, however often one asks.  WeChat Pay's USER_PAYING and Alipay's WAIT_BUYER_PAY: ask every few seconds for about a minute, then
    revoke."""

    name: ClassVar[str] = "slow_payers"
    behaviour: ClassVar[str] = "G14"

    takes: ClockSeconds = 50.0

    def planned(self, payment: Payment, chance: Chance) -> Payment:
        """Opened at once, decided much later."""
        return replace(payment, opens_at=payment.at, decides_at=max(payment.at + self.takes, payment.decides_at))
