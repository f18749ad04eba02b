"""Closing while the payer is paying."""

from typing import ClassVar

from fake_backend.gateway.faults.fault import ClockSeconds, OrderFault, Payment


class CloseRaces(OrderFault, frozen=True, kw_only=True):
    """A payment cannot be closed while its payer is confirming, nor before it is `youngest` seconds old by the gateway's clock: closing is
    answered 429 `frequency_limited`, and the payer may well succeed meanwhile.  WeChat Pay: closing may be answered so because the user is
    paying; not before five minutes."""

    name: ClassVar[str] = "close_races"
    behaviour: ClassVar[str] = "G13"

    youngest: ClockSeconds = 300.0

    def closing(self, payment: Payment, now: float) -> str | None:
        """Not now."""
        if payment.state == "paying":
            return "the payer is confirming"
        return f"not before it is {self.youngest:g} s old" if now - payment.at < self.youngest else None
