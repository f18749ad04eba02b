"""What a run of the generator told: its frames, read back as counts, quantiles and tainted seconds."""

from collections.abc import Iterable
from functools import cached_property

import msgspec
import numpy as np

from rushproof.frame import Frame, Health
from rushproof.histogram import BUCKETS, middle, quantile
from rushproof.keyed import FloatArray, IntArray
from rushproof.plan import Plan
from rushproof.sample import Distribution, Outcome
from rushproof.scenario import GeneratorSpec

Reasons = dict[int, str]
"""By wall second: why it is tainted."""
_SPEC = GeneratorSpec()


class Ride(msgspec.Struct, frozen=True, dict=True):
    """All frames of a run, its plan, and the unix time it began."""

    frames: tuple[Frame, ...]
    plan: Plan
    start: float

    @cached_property
    def _cells(self) -> np.ndarray:
        return np.concatenate([frame.cell_rows for frame in self.frames])

    @cached_property
    def health(self) -> tuple[Health, ...]:
        return tuple(health for frame in self.frames for health in frame.health)

    @property
    def seconds(self) -> float:
        """How long arrivals were due."""
        return self.plan.timetable.end - self.plan.timetable.begin

    @property
    def finished(self) -> int:
        return sum(visits.finished for visits in self.frames[-1].visits)

    @property
    def offered(self) -> int:
        return sum(visits.offered for visits in self.frames[-1].visits)

    @property
    def missed(self) -> int:
        return sum(visits.missed for visits in self.frames[-1].visits)

    def counts(
        self,
        step: str,
        distribution: Distribution,
        outcomes: Iterable[Outcome] = (Outcome.OK,),
        first: float = 0.0,
        last: float = float("inf"),
    ) -> IntArray:
        """How many samples of the step fell into each bucket, of those placed from wall second `first` up to `last`."""
        rows = self._rows(step, distribution, outcomes)
        at = rows["at"] * float(self.plan.resolution)
        rows = rows[(at >= first - 1e-9) & (at < last - 1e-9)]
        return np.bincount(rows["bucket"], weights=rows["count"], minlength=BUCKETS).astype(np.int64)

    def quantile(self, step: str, distribution: Distribution, share: float, first: float = 0.0, last: float = float("inf")) -> float:
        """Seconds; NaN where there was no sample."""
        counts = self.counts(step, distribution, first=first, last=last)
        return quantile(counts, share) if counts.any() else float("nan")

    def rate(self, step: str, first: float, last: float) -> float:
        """Answers a second that came out `ok` between the two wall seconds."""
        return float(self.counts(step, Distribution.SERVED, first=first, last=last).sum()) / (last - first)

    def served(self, step: str | None = None) -> IntArray:
        """Answers in each journal bucket of time, of one step or of all."""
        rows = self._cells[self._cells["distribution"] == Distribution.SERVED]
        if step is not None:
            rows = rows[rows["step"] == self._step(step)]
        return np.bincount(np.maximum(rows["at"], 0), weights=rows["count"]).astype(np.int64)

    def slow_until(self, step: str, bound: float, first: float) -> float:
        """The wall second after which no person due later waited longer than `bound` for their answer; `first` where none did."""
        rows = self._rows(step, Distribution.RESPONSE, tuple(Outcome))
        slow = rows["at"][middle(rows["bucket"].astype(np.int64)) > bound]
        return max(first, (int(slow.max()) + 1) * float(self.plan.resolution)) if len(slow) else first

    def other_than(self, outcome: Outcome, step: str) -> int:
        """How many samples of the step came to anything else."""
        everything = tuple(each for each in Outcome if each is not outcome)
        return int(self.counts(step, Distribution.RESPONSE, everything).sum())

    def _rows(self, step: str, distribution: Distribution, outcomes: Iterable[Outcome]) -> np.ndarray:
        cells = self._cells
        wanted = np.isin(cells["outcome"], [int(each) for each in outcomes])
        return cells[(cells["step"] == self._step(step)) & (cells["distribution"] == distribution) & wanted]

    def _step(self, step: str) -> int:
        return [name for _, name in self.frames[-1].steps].index(step)

    def tainted(self, first: int = 0, last: int | None = None) -> Reasons:
        """The tainted whole wall seconds from `first` up to `last` (the last arrival, unless told), and why."""
        until = int(self.seconds + 1e-9) if last is None else last
        reasons = {health.at: why for health in self.health if first <= health.at < until and (why := taint(health))}
        told = {health.at for health in self.health}
        return reasons | {second: "no health was told" for second in range(first, until) if second not in told}


def taint(health: Health, spec: GeneratorSpec = _SPEC) -> str:
    """Why the generator cannot vouch for this second; empty where it can."""
    reasons = []
    if health.lag_p99 > spec.lag:
        reasons.append(f"lag p99 {health.lag_p99 * 1e3:.1f} ms")
    if health.busy > spec.busy:
        reasons.append(f"{health.busy:.0%} busy")
    if health.turn > spec.turn:
        reasons.append(f"turn {health.turn * 1e3:.0f} ms")
    if health.unsent > spec.unsent * max(health.due, 1):
        reasons.append(f"{health.unsent} of {health.due} unsent")
    if health.missed:
        reasons.append(f"{health.missed} missed")
    return ", ".join(reasons)


def values(counts: IntArray) -> FloatArray:
    """Every sample at the value its bucket stands for, sorted."""
    return np.repeat(middle(np.arange(BUCKETS)), counts)
