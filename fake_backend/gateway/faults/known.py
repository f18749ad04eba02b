"""Every fault there is, by name, in the order of the behaviours they stand for."""

from typing import Final

from fake_backend.gateway.faults.bill_differences import BillDifferences
from fake_backend.gateway.faults.broken_tls import BrokenTls
from fake_backend.gateway.faults.broken_transport import BrokenTransport
from fake_backend.gateway.faults.brownouts import Brownouts
from fake_backend.gateway.faults.clock_skew import ClockSkew
from fake_backend.gateway.faults.close_races import CloseRaces
from fake_backend.gateway.faults.disabled_endpoints import DisabledEndpoints
from fake_backend.gateway.faults.duplicate_notices import DuplicateNotices
from fake_backend.gateway.faults.early_notices import EarlyNotices
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.faults.forged_notices import ForgedNotices
from fake_backend.gateway.faults.idempotency_ways import IdempotencyWays
from fake_backend.gateway.faults.impatience import Impatience
from fake_backend.gateway.faults.late_authorisations import LateAuthorisations
from fake_backend.gateway.faults.late_successes import LateSuccesses
from fake_backend.gateway.faults.lost_notices import LostNotices
from fake_backend.gateway.faults.no_effect import NoEffect
from fake_backend.gateway.faults.outages import Outages
from fake_backend.gateway.faults.queued_notices import QueuedNotices
from fake_backend.gateway.faults.rate_limits import RateLimits
from fake_backend.gateway.faults.reordered_notices import ReorderedNotices
from fake_backend.gateway.faults.slow_payers import SlowPayers
from fake_backend.gateway.faults.slow_refunds import SlowRefunds
from fake_backend.gateway.faults.status_beats_body import StatusBeatsBody
from fake_backend.gateway.faults.system_errors import SystemErrors
from fake_backend.gateway.faults.unknown_outcomes import UnknownOutcomes
from fake_backend.gateway.faults.wrong_amounts import WrongAmounts

FAULTS: Final[dict[str, type[Fault]]] = {
    fault.name: fault
    for fault in (
        LostNotices, DuplicateNotices, ReorderedNotices, EarlyNotices, StatusBeatsBody, Impatience, ForgedNotices, WrongAmounts,
        UnknownOutcomes, NoEffect, SystemErrors, IdempotencyWays, CloseRaces, SlowPayers, LateAuthorisations, LateSuccesses, SlowRefunds,
        RateLimits, Outages, Brownouts, BrokenTransport, BrokenTls, DisabledEndpoints, QueuedNotices, BillDifferences, ClockSkew,
    )
}  # fmt: skip
"""name → type"""
