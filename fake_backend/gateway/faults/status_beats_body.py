"""A no that is taken for a yes."""

from typing import ClassVar

from msgspec.structs import replace

from fake_backend.gateway.faults.fault import OrderFault, Schedule


class StatusBeatsBody(OrderFault, frozen=True, kw_only=True):
    """An answer 200 means that the notice was taken, whatever its body says: one that says FAIL stops the sending too.  So it is with
    WeChat Pay's APIv3 (schedule `wechat`, always); this makes it so with every schedule."""

    name: ClassVar[str] = "status_beats_body"
    behaviour: ClassVar[str] = "G5"

    def ways(self, schedule: Schedule) -> Schedule:
        """The status alone counts."""
        return replace(schedule, rule="status")
