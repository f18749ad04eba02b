"""Paid after the order has expired."""

from typing import ClassVar

from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Chance, ClockSeconds, OrderFault, Payment


class LateSuccesses(OrderFault, frozen=True, kw_only=True):
    """The payer confirms `after` seconds of the gateway's clock after the payment's `expires_at` (or after its creation, where it has
    none) and succeeds all the same: the bank had begun in time.  Until then the payment is `paying` and closing it is answered 429
    `frequency_limited`.  WeChat Pay: money that comes for an order given up has to be refunded."""

    name: ClassVar[str] = "late_successes"
    behaviour: ClassVar[str] = "G16"

    after: ClockSeconds = 300.0

    def planned(self, payment: Payment, chance: Chance) -> Payment:
        """Decided after the expiry, whatever the merchant does."""
        ends = payment.at if payment.expires_at is None else max(payment.expires_at, payment.at)
        return replace(payment, stubborn=1, decision="succeeded", decides_at=ends + self.after, opens_at=payment.at)
