"""What every fault of a drill says: when it begins, how long it lasts, and on whom it is."""

import msgspec

from rushproof.quantity import Duration
from rushproof.timetable import Moment


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="inject", kw_only=True, rename={"lasting": "for"}):
    """The words that all kinds share; each kind is a file of its own."""

    at: Moment
    lasting: Duration
    """scenario time, as the moment is: 39 minutes take 39 seconds of the wall at speed 60"""
    on: str = "target"
    """`target`, or the name of a process beside it"""
