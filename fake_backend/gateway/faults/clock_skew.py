"""A gateway whose clock is wrong."""

from typing import Annotated, ClassVar

import msgspec

from fake_backend.gateway.faults.fault import Fault


class ClockSkew(Fault, frozen=True, kw_only=True):
    """The gateway's clock is `by` seconds ahead (behind, where negative) of what /clock says: its signatures, its moments and the expiry of
    payments go by the wrong time, which is the one that counts for them."""

    name: ClassVar[str] = "clock_skew"
    behaviour: ClassVar[str] = "G24"

    by: Annotated[float, msgspec.Meta(ge=-86400, le=86400, description="seconds of the gateway's clock")]

    def skewed(self) -> float:
        """So far."""
        return self.by
