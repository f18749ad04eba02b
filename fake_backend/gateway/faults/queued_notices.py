"""One notice that holds up all the others."""

from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Fault, Schedule
from fake_backend.gateway.schedules import SCHEDULES


class QueuedNotices(Fault, frozen=True, kw_only=True):
    """After `retries` more sendings in vain the notices for an endpoint queue up: only the first one is sent again, at the gaps of Adyen's
    queue (2, 5, 10, 15, 30 min, 1, 2, 4, 8 h …), and all others wait behind it until it is taken, new ones too.  With the schedule
    `adyen` it is always so."""

    name: ClassVar[str] = "queued_notices"
    behaviour: ClassVar[str] = "G22"

    retries: Annotated[int, msgspec.Meta(ge=0, le=100)] = 3

    def ways(self, schedule: Schedule) -> Schedule:
        """A queue after a few tries."""
        return replace(schedule, gaps=schedule.gaps[: self.retries], queue=SCHEDULES["adyen"].queue)
