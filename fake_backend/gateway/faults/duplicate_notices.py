"""Notices that come more than once."""

from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import ClockSeconds, OrderFault, Payment, Posting, Refund


class DuplicateNotices(OrderFault, frozen=True, kw_only=True):
    """Every notice comes `copies` times more, each sent again on its own until it is taken: all at the same time where `apart` is 0, or
    `apart` seconds of the gateway's clock one after the other.  WeChat Pay: the same notice may be sent several times."""

    name: ClassVar[str] = "duplicate_notices"
    behaviour: ClassVar[str] = "G2"

    copies: Annotated[int, msgspec.Meta(ge=1, le=20)] = 2
    apart: ClockSeconds = 0.0

    def posted(self, postings: list[Posting], subject: Payment | Refund) -> list[Posting]:
        """Each with its copies."""
        true = [posting for posting in postings if posting.flavour == "true"]
        numbers = range(1, self.copies + 1)
        copies = [replace(one, flavour="copy", hold=one.hold + self.apart * number) for one in true for number in numbers]
        return postings + copies
