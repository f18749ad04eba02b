"""A run judged, as one value: what every renderer is given, and the only thing it is given."""

from collections.abc import Callable, Mapping

import msgspec

from rushproof.clocks import Recovery
from rushproof.manifest import Manifest
from rushproof.quantity import Unit
from rushproof.sample import VISIT
from rushproof.verdict import Finding, Status


class Quantiles(msgspec.Struct, frozen=True, rename={"p999": "p99.9"}):
    """One distribution in six figures, seconds, each within 0.8 %."""

    p50: float
    p90: float
    p95: float
    p99: float
    p999: float
    max: float
    n: int


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one crowd over the whole run; `counts` sums to the samples due."""

    crowd: str
    step: str
    counts: Mapping[str, int]
    intents: Mapping[str, int]
    """what persons ended up with: intents by the outcome of the try that settled them"""
    distributions: Mapping[str, Mapping[str, Quantiles]]
    """by distribution, then outcome"""


class VisitCounts(msgspec.Struct, frozen=True):
    """offered = finished + unfinished + missed + lost."""

    offered: int
    finished: int
    unfinished: int
    missed: int
    lost: int


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The run in journal buckets: equally long columns; rates are per wall second, latencies in seconds, `None` where nothing was."""

    at: tuple[float, ...]
    """wall seconds since the start"""
    clock: tuple[str, ...]
    """the same in scenario time"""
    offered: tuple[float, ...]
    """visits begun"""
    due: tuple[float, ...]
    """samples due"""
    outcomes: Mapping[str, tuple[float, ...]]
    """samples due, by what they came to"""
    served: tuple[float, ...]
    """samples ok, at the moment they were done"""
    p50: tuple[float | None, ...]
    p99: tuple[float | None, ...]
    """response of ok samples"""
    in_flight: tuple[int, ...]
    tainted: tuple[bool, ...]


class Generator(msgspec.Struct, frozen=True, kw_only=True):
    """What the generator says of itself."""

    workers: int
    cores: int
    busy: float
    """mean share of a worker's core taken"""
    busy_peak: float
    lag_p99: float
    """the worst second's"""
    turn: float
    """the longest loop turn"""
    memory: int
    """bytes, the largest worker at its peak"""
    seconds: int
    tainted_seconds: int
    reasons: Mapping[str, int]
    """tainted seconds by sign: lag, busy, turn, unsent, missed"""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A run judged."""

    verdict: Status
    manifest: Manifest
    counts: VisitCounts
    steps: tuple[StepReport, ...]
    findings: tuple[Finding, ...]
    timeline: Timeline
    generator: Generator
    recovery: Recovery | None = None
    """where there was a drill"""


def principal(report: Report) -> StepReport | None:
    """The step that a reader asks about first: the one the budget bounds in time, otherwise the last of the first crowd."""
    steps = [step for step in report.steps if step.step != VISIT]
    timed = [limit for limit in report.manifest.scenario.budget if limit.step and limit.bound.unit is Unit.SECONDS]
    for limit in timed:
        for step in steps:
            if step.step == limit.step and limit.crowd in (None, step.crowd):
                return step
    return next((step for step in reversed(steps) if step.crowd == steps[0].crowd), None)


def quantiles(step: StepReport, distribution: str, outcome: str = "ok") -> Quantiles | None:
    """One distribution of a step, or None where no sample came to that outcome."""
    found = step.distributions.get(distribution, {}).get(outcome)
    return found if found is not None and found.n else None


Render = Callable[[Report], bytes]
