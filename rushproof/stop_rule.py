"""When load has to stop by itself: what its owner, or the scenario, will not bear."""

from typing import Literal

import msgspec

from rushproof.quantity import Bound, Duration


class StopRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"lasting": "for"}):
    """A line of `stop_when`: a measure of the load, or a query of a Prometheus, that stays above a bound.

    Arrivals stop within two wall seconds of its having been so for as long as `for` says.
    """

    above: Bound
    measure: Literal["share", "p50", "p90", "p95", "p99", "max"] | None = None
    """of one wall second; a percentile is of response, and one that nobody has answered yet counts at its age"""
    step: str | None = None
    outcome: str | None = None
    query: str | None = None
    """PromQL that comes to one number"""
    prometheus: str | None = None
    """a Prometheus's URL; the target's where it is left out"""
    lasting: Duration = Duration(1)

    @property
    def name(self) -> str:
        """`share reserve error above 20%`, as messages call it."""
        subject = [self.query] if self.query else [word for word in (self.measure, self.step, self.outcome) if word]
        return " ".join([*subject, "above", self.above])
