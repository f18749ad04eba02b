"""What a run takes of the machine that makes it, by arithmetic from what earlier runs were measured to take."""

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from rushproof.keyed import IntArray
from rushproof.plan import CrowdPlan, Plan

ATTEMPT = 49.3
"""bytes of an attempt in the journal; like the next three as measured in a run of `daily_reservation` at scale 0.003 and speed 48:
21,386 attempts in 1,054,478 bytes, 83,179 histogram cells in 177,675 bytes and so on, in segments of ten seconds"""
STEP_SECOND = 780.0
"""bytes of one step's histograms in one journal bucket: 365 cells of 2.14 bytes"""
WORKER_SECOND = 546.0
"""bytes of one worker's health, visits and frame in one wall second"""
ENTRY = 26.6
"""bytes of a ledger's row as the audit keeps it"""
VISIT = 1280.0
"""bytes of a visit in flight (`docs/figures.md`: 1,039,998 of them in 1.33 GB)"""
WORKER = 80e6
"""bytes of a worker with nobody in flight (`docs/figures.md`)"""
TIME_WAIT = 60
"""wall seconds that the kernel keeps a port back after its connection was closed"""
SUSTAINED: Mapping[tuple[bool, str], float] = {(False, "pool"): 25_485.0, (True, "pool"): 18_422.0, (True, "visit"): 602.0}
"""requests a second that one worker sustained on the machine of `docs/figures.md`, by (TLS, `keep`); with `visit`, new connections"""


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine has to give."""

    cores: int
    memory: int
    """bytes"""
    descriptors: int | None
    """the most a process may open; None: as many as it likes"""
    ports: int
    """local ports for each source address and target"""


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a run takes, all workers together unless it says otherwise."""

    connections: int
    """the most at once"""
    descriptors: int
    """of one worker, for its connections alone"""
    ports: int
    """the most in use or kept back at once, on the source address that has the most"""
    attempts: int
    """bytes in the journal"""
    histograms: int
    frames: int
    entries: int
    """bytes of the ledger that is compared with them, if it holds one row for each attempt"""
    each_second: int
    """bytes of memory for every second that a visit of the busiest second lasts"""
    at_most: int
    """bytes of memory if nobody who came ever left"""
    load: float | None
    """the busiest second, in workers that are fully taken; None where no such load was measured"""
    measured: tuple[str, ...] = ()
    """the sustained rates that `load` was reckoned with"""
    here: Here


def needs(plan: Plan, tls: bool, steps: Mapping[str, int], attempts: int, seconds: Sequence[IntArray], here: Here) -> Needs:
    """`steps`: how many requests a visit makes, by crowd; `attempts`: rows of the whole run; `seconds`: visits begun in each wall second,
    by crowd in the plan's order."""
    length = plan.pace.wall(plan.timetable.end)
    load, measured = _load(plan, tls, steps, seconds)
    visits = sum(int(each.sum()) for each in seconds)
    peak = int(sum(seconds, np.zeros(1, dtype=np.int64)).max())
    caps = sum(int(crowd.connections.cap) for crowd in plan.crowds)
    columns = sum(steps.get(crowd.name, 0) + 1 for crowd in plan.crowds)
    return Needs(
        connections=caps * plan.workers,
        descriptors=caps,
        ports=sum(_ports(crowd, each, plan.workers) for crowd, each in zip(plan.crowds, seconds, strict=True)),
        attempts=round(attempts * ATTEMPT),
        histograms=round(columns * math.ceil(length / plan.resolution) * STEP_SECOND),
        frames=round(plan.workers * math.ceil(length) * WORKER_SECOND),
        entries=round(attempts * ENTRY),
        each_second=round(peak * VISIT),
        at_most=round(plan.workers * WORKER + min(visits, int(plan.in_flight) * plan.workers) * VISIT),
        load=load,
        measured=measured,
        here=here,
    )


def _ports(crowd: CrowdPlan, seconds: IntArray, workers: int) -> int:
    """A pool keeps its ports; a connection of its own for each visit leaves its port behind for a minute."""
    spec = crowd.connections
    at_once = int(spec.cap) * workers
    if spec.keep == "visit":
        behind = np.concatenate(([0], np.cumsum(seconds)))
        at_once += int((behind[TIME_WAIT:] - behind[:-TIME_WAIT]).max()) if len(behind) > TIME_WAIT else int(behind[-1])
    return -(-at_once // max(len(spec.sources), 1))


def _load(plan: Plan, tls: bool, steps: Mapping[str, int], seconds: Sequence[IntArray]) -> tuple[float | None, tuple[str, ...]]:
    total, measured = np.zeros(1), dict[str, None]()
    for crowd, each in zip(plan.crowds, seconds, strict=True):
        keep, requests = crowd.connections.keep, steps.get(crowd.name, 0)
        if not each.any() or not requests:
            continue
        if plan.transport.http == "2" or (tls, keep) not in SUSTAINED:
            return None, ()
        more = requests - 1 if keep == "visit" else requests
        total = total + each * (more / SUSTAINED[tls, "pool"])
        measured[_named(tls, "pool")] = None
        if keep == "visit":
            total = total + each / SUSTAINED[tls, "visit"]
            measured[_named(tls, "visit")] = None
    return float(total.max()), tuple(measured)


def _named(tls: bool, keep: str) -> str:
    what = "new connections" if keep == "visit" else "requests"
    return f"{SUSTAINED[tls, keep]:,.0f} {what}/s {'over TLS' if tls else 'in plain HTTP'}"
