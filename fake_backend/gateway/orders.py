"""What merchants want: a payment, a refund; the same in every dialect."""

import datetime as dt
import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from fake_backend.facts import Identifier, moment

Amount = Annotated[int, msgspec.Meta(ge=1, le=10**12, description="cents (fen)")]
Url = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^https?://[!-~]+(?!\n)$")]
Instant = Annotated[float, msgspec.Meta(ge=0, le=7_258_118_400)] | Annotated[dt.datetime, msgspec.Meta(tz=False)]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /payments."""

    merchant_order: Identifier
    amount: Amount
    currency: Literal["CNY"] = "CNY"
    bank: Identifier
    channel: Identifier
    notify_url: Url
    payer: Identifier
    expires_at: Instant | None = None
    """a moment of the gateway's clock, in seconds since 1970 of its local time, or a date and time without a zone"""

    @property
    def expires(self) -> float | None:
        """When the payer can no longer pay."""
        return moment(self.expires_at) if isinstance(self.expires_at, dt.datetime) else self.expires_at

    @property
    def fingerprint(self) -> str:
        """Of all parameters: the same number with another one is another order."""
        return hashlib.sha256(msgspec.json.encode(replace(self, expires_at=self.expires))).hexdigest()[:32]


class GiveBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /refunds; a payment may be refunded in parts."""

    merchant_order: Identifier
    refund: Identifier
    amount: Amount
    notify_url: Url
