"""A gateway that does not wait."""

from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import OrderFault, Schedule


class Impatience(OrderFault, frozen=True, kw_only=True):
    """An endpoint that has not answered a notice within `patience` seconds of wall time has not taken it, and gets it again, though it
    may be working on it.  Always so after 5 s (WeChat Pay) or 10 s (Adyen); this makes it sooner."""

    name: ClassVar[str] = "impatience"
    behaviour: ClassVar[str] = "G6"

    patience: Annotated[float, msgspec.Meta(gt=0, le=60, description="seconds of wall time")] = 0.5

    def ways(self, schedule: Schedule) -> Schedule:
        """Less patience."""
        return replace(schedule, patience=min(schedule.patience, self.patience))
