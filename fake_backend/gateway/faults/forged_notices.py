"""Notices that nobody must believe."""

from typing import Annotated, ClassVar, Literal

import msgspec

from fake_backend.gateway.faults.fault import OrderFault, Payment, Posting, Refund

Forgery = Literal["wrong_signature", "wrong_serial", "old_timestamp", "probe", "replayed"]


class ForgedNotices(OrderFault, frozen=True, kw_only=True):
    """Before each notice come others that have to be refused: `wrong_signature`, `wrong_serial` (of a key that is not in use),
    `old_timestamp` (well signed an hour ago), `probe` (WeChat Pay tries its merchants with signatures that begin with SIGNTEST).
    `replayed`: after the notice was taken it comes once more with the same timestamp, nonce and signature.  They are sent once; the ledger
    of notices says what they were and what they were answered."""

    name: ClassVar[str] = "forged_notices"
    behaviour: ClassVar[str] = "G7"

    of: Annotated[tuple[Forgery, ...], msgspec.Meta(min_length=1)] = (
        "wrong_signature",
        "wrong_serial",
        "old_timestamp",
        "probe",
        "replayed",
    )

    def posted(self, postings: list[Posting], subject: Payment | Refund) -> list[Posting]:
        """The forged ones first."""
        flavours = [flavour for flavour in self.of if flavour != "replayed"]
        forged = [Posting(one.content, one.hold, flavour) for one in postings if one.flavour == "true" for flavour in flavours]
        return forged + postings

    def echoes(self) -> bool:
        """Once more."""
        return "replayed" in self.of
