"""Notices that overtake one another."""

from typing import ClassVar

from msgspec.structs import replace

from fake_backend.gateway import notices
from fake_backend.gateway.faults.fault import ClockSeconds, OrderFault, Payment, Posting, Refund


class ReorderedNotices(OrderFault, frozen=True, kw_only=True):
    """The notice of a payment is held back `hold` seconds of the gateway's clock, so that the one of its refund may come first; and where
    `stale` is on, the notice that the payment was created comes after it, as if it were news.  Stripe and Razorpay promise no order."""

    name: ClassVar[str] = "reordered_notices"
    behaviour: ClassVar[str] = "G3"

    hold: ClockSeconds = 60.0
    stale: bool = True

    def posted(self, postings: list[Posting], subject: Payment | Refund) -> list[Posting]:
        """Payments' notices later, and an older one after them."""
        if not isinstance(subject, Payment):
            return postings
        held = [replace(posting, hold=posting.hold + self.hold) for posting in postings]
        if not self.stale:
            return held
        created = notices.of_payment(replace(subject, state="created", succeeded_at=None))
        return [*held, Posting(created, hold=self.hold + 1.0, flavour="stale")]
