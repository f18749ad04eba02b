"""What the gateway's parts stand on: its clock, its books, its chance, and the faults that are on."""

import time
from collections.abc import Callable

from fake_backend.books import Bookkeeper
from fake_backend.clock import Clock
from fake_backend.database import Database
from fake_backend.gateway.active import Active
from fake_backend.gateway.chance import Chance
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.idempotency import WAYS, Way
from fake_backend.gateway.meter import Meter
from fake_backend.gateway.settings import Settings
from fake_backend.outside import Outside


class Premises:
    """Made once; `monotonic` is what faults end by."""

    def __init__(self, database: Database, settings: Settings, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.settings, self.clock = settings, clock
        self.chance = Chance(settings.seed)
        self.active = Active(self.chance, monotonic)
        self.outside, self.meter = Outside(), Meter(monotonic)
        self.books = Bookkeeper(database, self.now)

    def now(self) -> float:
        """The gateway's time."""
        return self.clock.now() + self.active.skew()

    def remaining(self, fault: Fault) -> float:
        """Wall seconds until the fault ends."""
        return self.active.remaining(fault)

    def way(self) -> Way:
        """What the same request gets a second time."""
        way = WAYS[self.settings.idempotency]
        for fault in self.active.all():
            way = fault.kept(way)
        return way
