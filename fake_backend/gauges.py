"""Gauges: how much of what there is at the moment, read when somebody asks."""

from collections.abc import Sequence

from fake_backend.clock import Clock
from fake_backend.ledger import Ledger
from fake_backend.metrics import Metrics
from fake_backend.reservations import Desk
from fake_backend.room import Room
from fake_backend.shared_ledger import SharedLedger
from fake_backend.switches import SWITCHES, Switches


def read(
    counts: Metrics, ledger: Ledger | SharedLedger, time: Clock, lies: Switches, desk: Desk, most_waiting: int, rooms: Sequence[Room]
) -> None:  # fmt: skip
    """Have the metrics read them, and those of the rooms."""
    counts.gauges.outcomes = lambda: desk.outcomes
    counts.gauges.switches = lambda: {name: lies.setting(name) is not None for name in SWITCHES}
    counts.gauges.read = {
        "fake_backend_queue_depth": lambda: ledger.commits.depth,
        "fake_backend_queue_limit": lambda: most_waiting,
        "fake_backend_ledger_reservations": lambda: len(ledger),
        "fake_backend_ledger_duplicates": lambda: ledger.duplicates,
        "fake_backend_clock_seconds": time.now,
        "fake_backend_clock_speed": lambda: time.speed,
    }
    counts.gauges.of(rooms)
