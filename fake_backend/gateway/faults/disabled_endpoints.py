"""Endpoints that get no more notices."""

from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Fault, Schedule


class DisabledEndpoints(Fault, frozen=True, kw_only=True):
    """A notice is sent at most `retries` times more, and after `after` notices in a row that were given up their endpoint gets none at
    all, until somebody enables it again (DELETE /endpoints); they wait meanwhile.  Razorpay disables an endpoint after a day of failures,
    PayMongo after three notices in vain."""

    name: ClassVar[str] = "disabled_endpoints"
    behaviour: ClassVar[str] = "G22"

    after: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    retries: Annotated[int, msgspec.Meta(ge=0, le=100)] = 3

    def ways(self, schedule: Schedule) -> Schedule:
        """Fewer tries, and a limit."""
        return replace(schedule, gaps=schedule.gaps[: self.retries], queue=(), disabled_after=self.after)
