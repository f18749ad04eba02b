"""What looks out while load runs, and may end it before its time."""

from typing import Protocol

import msgspec

from rushproof.frame import Frame
from rushproof.manifest import Ending


class Halt(msgspec.Struct, frozen=True):
    """Arrivals end now; visits that are under way still have the drain."""

    ending: Ending
    """what the run will have ended as; `COMPLETE` where it has only told enough already"""
    why: str
    """one sentence: what was seen, and when"""


class Lookout(Protocol):
    """Is shown every frame as it comes, each worker's in its order, and answers once where the load has to end."""

    def add(self, frame: Frame) -> Halt | None:
        """Takes a frame in; must not block."""


class Lookouts:
    """Several that look out together: the first that says so ends the load."""

    def __init__(self, *lookouts: Lookout | None) -> None:
        self._lookouts = [lookout for lookout in lookouts if lookout is not None]

    def add(self, frame: Frame) -> Halt | None:
        """Shows the frame to each of them, whatever the others say."""
        halts = [lookout.add(frame) for lookout in self._lookouts]
        return next((halt for halt in halts if halt is not None), None)
