"""Notices that nobody must believe."""

from typing import Annotated, ClassVar, Literal

import msgspec

from fake_backend.gateway.faults.fault import OrderFault, Payment, Posting, Refund

Forgery = Literal["wrong_signature", "wrong_serial", "old_timestamp", "probe"]


class ForgedNotices(OrderFault, frozen=True, kw_only=True):
    """Before each notice come others that have to be refused: `wrong_signature`, `wrong_serial` (of a key that is not in use),
    `old_timestamp` (well signed an hour ago), `probe` (WeChat Pay tries its merchants with signatures that begin with SIGNTEST).  They are
    sent once; the ledger of notices says what they were and what they were answered."""

    name: ClassVar[str] = "forged_notices"
    behaviour: ClassVar[str] = "G7"

    of: Annotated[tuple[Forgery, ...], msgspec.Meta(min_length=1)] = ("wrong_signature", "wrong_serial", "old_timestamp", "probe")

    def posted(self, postings: list[Posting], subject: Payment | Refund) -> list[Posting]:
        """The forged ones first."""
        forged = [Posting(one.content, one.hold, flavour) for one in postings if one.flavour == "true" for flavour in self.of]
        return forged + postings
