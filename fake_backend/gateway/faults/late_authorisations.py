"""Failed, and paid after all."""

from typing import ClassVar

from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Chance, ClockSeconds, OrderFault, Payment


class LateAuthorisations(OrderFault, frozen=True, kw_only=True):
    """The bank gives no answer: after `fails_after` seconds of the gateway's clock the payment is `failed`, and at some moment within the
    `within` seconds that follow the bank authorises it after all, so that it has `succeeded`.  Razorpay: failed after ten minutes, asked
    for up to three days, less than 0.5 % of the payments.  What is authorised is captured at once here, and never given back by itself."""

    name: ClassVar[str] = "late_authorisations"
    behaviour: ClassVar[str] = "G15"

    fails_after: ClockSeconds = 600.0
    within: ClockSeconds = 259_200.0

    def planned(self, payment: Payment, chance: Chance) -> Payment:
        """Failed first."""
        fails = payment.at + self.fails_after
        late = fails + 1.0 + self.within * chance(f"fault:{self.name}:late", payment.merchant_order)
        return replace(payment, decides_at=fails, decision="failed", late_at=late, opens_at=min(payment.opens_at, fails))
