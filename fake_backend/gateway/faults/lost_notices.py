"""Notices that are lost for ever."""

from typing import ClassVar, Literal

from msgspec.structs import replace

from fake_backend.gateway.faults.fault import OrderFault, Payment, Posting, Refund


class LostNotices(OrderFault, frozen=True, kw_only=True):
    """What happens to the orders concerned is never told: no notice is sent, not even later.  WeChat Pay does not promise that a notice
    arrives in the end; merchants have to ask.  `of`: notices of payments, of refunds, or of both."""

    name: ClassVar[str] = "lost_notices"
    behaviour: ClassVar[str] = "G1"

    of: Literal["payment", "refund", "both"] = "both"

    def posted(self, postings: list[Posting], subject: Payment | Refund) -> list[Posting]:
        """None is sent."""
        return [replace(posting, lost=True) if self.of in ("both", posting.content.kind) else posting for posting in postings]
