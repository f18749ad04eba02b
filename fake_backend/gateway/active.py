"""The faults that are on, and whom each concerns.

They are kept in memory only: a gateway that is started again is honest.  What a fault has already done to a payment, a refund or a notice
stands in the ledger and stays.
"""

import time
from collections.abc import Callable, Iterable

from fake_backend.gateway.chance import Chance
from fake_backend.gateway.faults.fault import Fault


class Active:
    """Which faults are on; `wall` is monotonic seconds."""

    def __init__(self, chance: Chance, wall: Callable[[], float] = time.monotonic) -> None:
        self.chance = chance
        self.tls = False
        """whether there are handshakes that could fail"""
        self._wall = wall
        self._on: dict[str, tuple[Fault, float]] = {}

    def put(self, fault: Fault) -> None:
        """Turn a fault on, or set it anew."""
        self._on[fault.name] = (fault, self._wall() + fault.ttl)

    def drop(self, name: str) -> None:
        """Turn a fault off; one that is off stays so."""
        self._on.pop(name, None)

    def all(self) -> list[Fault]:
        """Those that are on."""
        if not self._on:
            return []
        now = self._wall()
        return [fault for fault, until in list(self._on.values()) if now < until]

    def named(self, name: str) -> Fault | None:
        """The fault of that name, if it is on."""
        return next((fault for fault in self.all() if fault.name == name), None)

    def remaining(self, fault: Fault) -> float:
        """Wall seconds until it ends; 0 where it is off."""
        return max(self._on.get(fault.name, (fault, 0.0))[1] - self._wall(), 0.0)

    def skew(self) -> float:
        """How far the gateway's clock is off."""
        return sum(fault.skewed() for fault in self.all())


def concerning(faults: Iterable[Fault], chance: Chance, order: str, bank: str, channel: str) -> list[Fault]:
    """Those of the faults that concern the order."""
    return [fault for fault in faults if fault.concerns(chance, order, bank, channel)]
