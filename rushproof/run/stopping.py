"""The rules that end load before its time, held against every wall second of it as the workers report it."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof import histogram
from rushproof.frame import Frame
from rushproof.manifest import Ending
from rushproof.quantity import Unit, show
from rushproof.run.lookout import Halt
from rushproof.sample import OUTCOMES, VISIT, Distribution, Outcome
from rushproof.scenario import Scenario
from rushproof.stop_rule import StopRule
from rushproof.targets import Host

SCENARIO = "the scenario"
"""whose a rule is that no owner wrote"""
BLIND = 5.0
"""wall seconds without an answer after which a rule that hangs on a query ends the load: it cannot be seen to hold"""
_SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
_NEVER_SENT = (Outcome.UNFINISHED, Outcome.MISSED)
"""samples without an answer, of which there is no latency"""
_EVER = -1


class Standing(msgspec.Struct, frozen=True):
    """A rule that stands, and whose it is."""

    rule: StopRule
    whose: str
    """`the scenario` or `the target's owner, Ada`"""
    prometheus: str | None = None
    """where its query is asked, as it was written"""

    @property
    def name(self) -> str:
        """`share error above 20% (a rule of the scenario)`."""
        return f"{self.rule.name} (a rule of {self.whose})"


def standing(scenario: Scenario, host: Host | None) -> tuple[Standing, ...]:
    """Every rule that stands: the owner's first, which no scenario can take away, then the scenario's."""
    owners = [] if host is None else [_with(rule, f"the target's owner, {host.owner}", host.prometheus) for rule in host.stop_when]
    return (*owners, *(_with(rule, SCENARIO, scenario.target.prometheus) for rule in scenario.stop_when))


def _with(rule: StopRule, whose: str, prometheus: str | None) -> Standing:
    return Standing(rule, whose, rule.prometheus or prometheus)


class Streak:
    """Since when a rule has been broken without a break; a second of which nothing is known neither adds to it nor ends it."""

    def __init__(self, lasting: float) -> None:
        self._lasting = lasting
        self._since: float | None = None

    def broken(self, at: float, broken: bool | None) -> bool:
        """Takes in the wall second that begins at `at`; True when the rule has been broken for as long as it says."""
        if broken is None:
            return False
        if not broken:
            self._since = None
            return False
        self._since = at if self._since is None else self._since
        return at + 1.0 - self._since >= self._lasting - 1e-6


class Stopping:
    """A lookout over the stop rules of a scenario and of its target's owner.

    A rule over the load looks at whole wall seconds of all workers together.  Of a second it takes the samples that ended in it, whenever
    they were due; a percentile also takes, from each worker, the call that has waited longest so far, at its age: a target that answers
    nobody is seen by that alone.  A second is looked at when every worker has told of it, or one of them already of the next.
    """

    def __init__(self, standing: Sequence[Standing], workers: int, clock: Callable[[float], str]) -> None:
        self._standing, self._workers, self._clock = tuple(standing), workers, clock
        self._loads = [number for number, one in enumerate(self._standing) if one.rule.query is None]
        self._streaks = [Streak(float(one.rule.lasting)) for one in self._standing]
        self._answered = dict.fromkeys((number for number, one in enumerate(self._standing) if one.rule.query is not None), 0.0)
        self._told: dict[int, int] = {}
        self._seconds: dict[int, dict[int, NDArray[Any]]] = {}
        self._judged = _EVER

    def add(self, frame: Frame) -> Halt | None:
        """Takes a frame in; the reason to stop, where one of the seconds it completes gives one."""
        if not frame.health or not self._loads:
            return None  # attempts that go ahead of their second, or nothing to look at
        second = frame.health[-1].at
        self._told[frame.worker] = second
        if second > self._judged:
            self._take(second, frame)
        whole = min(self._told.values()) if len(self._told) >= self._workers else _EVER
        return self._judge(max(whole, max(self._told.values()) - 1))

    def read(self, number: int, at: float, value: float | None, problem: str = "") -> Halt | None:
        """Takes in what a query of a rule came to `at` wall seconds after the start: None and why, where it came to nothing."""
        standing = self._standing[number]
        if value is None:
            blind = at - self._answered[number]
            why = f"{standing.name} could not be watched for {blind:.1f} s, and load must not go on unwatched: {problem}"
            return Halt(Ending.STOPPED, why) if blind >= BLIND else None
        self._answered[number] = max(at, 0.0)
        if at < 0 or not self._streaks[number].broken(at, value > standing.rule.above.value):
            return None
        return Halt(Ending.STOPPED, f"{standing.name}: it was {value:.6g} {self._when(at)}")

    def _take(self, second: int, frame: Frame) -> None:
        gathered = self._seconds.setdefault(second, {})
        rows = frame.cell_rows
        rows = rows[rows["distribution"] == Distribution.RESPONSE]
        for number in self._loads:
            counts = gathered.setdefault(number, np.zeros((len(Outcome), histogram.BUCKETS), dtype=np.int64))
            step = self._standing[number].rule.step
            steps = [place for place, (_, name) in enumerate(frame.steps) if (name != VISIT if step is None else name == step)]
            mine = rows[np.isin(rows["step"], steps)]
            np.add.at(counts, (mine["outcome"], mine["bucket"]), mine["count"])
            counts[Outcome.UNFINISHED] = 0 if frame.final else counts[Outcome.UNFINISHED]  # what the end cut off
            oldest = max((frame.oldest[place] for place in steps if place < len(frame.oldest)), default=0.0)
            if oldest > 0:
                counts[Outcome.UNFINISHED, histogram.bucket(np.array([oldest]))] += 1

    def _judge(self, last: int) -> Halt | None:
        for second in range(self._judged + 1, last + 1):
            gathered = self._seconds.pop(second, {})
            self._judged = second
            for number in self._loads:
                found = _reading(self._standing[number].rule, gathered[number]) if number in gathered else None
                broken = None if found is None else found[0] > self._standing[number].rule.above.value
                if self._streaks[number].broken(second, broken) and found is not None:
                    return Halt(Ending.STOPPED, f"{self._standing[number].name}: it was {found[1]} {self._when(second)}")
        return None

    def _when(self, at: float) -> str:
        return f"in the second from {at:.4g} s on ({self._clock(at)})"


def _reading(rule: StopRule, counts: NDArray[Any]) -> tuple[float, str] | None:
    """What the rule's measure comes to in one second, and in words; None where nothing ended in it and nothing waited."""
    if rule.measure == "share":
        assert rule.outcome is not None, "checked when it was read"
        ended = int(counts.sum() - counts[Outcome.UNFINISHED].sum())
        if not ended:
            return None
        share = float(counts[OUTCOMES[rule.outcome]].sum()) / ended
        return share, f"{show(share, Unit.SHARE)} of {ended:,} samples"
    assert rule.measure is not None, "checked when it was read"
    outcomes = [OUTCOMES[rule.outcome]] if rule.outcome else [outcome for outcome in Outcome if outcome not in _NEVER_SENT]
    answered = counts[outcomes].sum(axis=0)
    waiting = counts[Outcome.UNFINISHED]
    if not (answered + waiting).any():
        return None
    value = histogram.quantile(answered + waiting, _SHARES[rule.measure])
    eldest = f", and the eldest call had waited {show(histogram.quantile(waiting, 1.0), Unit.SECONDS)}" if waiting.any() else ""
    return value, f"{show(value, Unit.SECONDS)} of {int(answered.sum()):,} samples{eldest}"
