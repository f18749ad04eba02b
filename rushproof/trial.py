"""A rung while it goes on: what each line of the budget has seen by second, and whether that is enough to end it."""

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof.budget import Budget, Limit
from rushproof.frame import Frame
from rushproof.histogram import BUCKETS, middle
from rushproof.keyed import FloatArray, IntArray
from rushproof.quantity import Unit, show
from rushproof.sample import OUTCOMES, VISIT, Distribution, Outcome
from rushproof.sequential import SILENT, Weighed, drifts, weigh
from rushproof.verdict import Status

_SHARES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
_ENDED = (Outcome.OK, Outcome.REFUSED, Outcome.BLOCKED)
_FAILED = (Outcome.ERROR, Outcome.DOUBT, Outcome.MISSED)
_WHOLE = 0.99
"""share of a second's requests that must have ended before its mean is looked at"""
_STUCK = 0.2
"""share of requests overdue and without an answer that no chance explains"""
_ENOUGH = 5
"""answers of a step in a second, for its mean to say something"""
_MIDDLE = middle(np.arange(BUCKETS))
Mask = NDArray[np.bool_]


class Question(msgspec.Struct, frozen=True):
    """A line of a budget as a share of bad samples: which samples are looked at, which of them are bad, and how many may be."""

    limit: Limit
    allowed: float

    @property
    def reach(self) -> float:
        """Seconds after which a sample that is still open is bad."""
        timed = self.limit.within or (self.limit.bound if self.limit.measure in _SHARES else None)
        return timed.value if timed is not None else 0.0


def question(limit: Limit) -> Question | None:
    """The line as a question, or None where only the whole run can answer it."""
    if limit.measure in _SHARES:
        return Question(limit, 1 - _SHARES[limit.measure]) if limit.at_most is not None else None
    if limit.measure in ("share", "good_share", "acknowledged", "finished"):
        return Question(limit, limit.bound.value if _wants_few(limit) else 1 - limit.bound.value)
    return None


class Ruled(msgspec.Struct, frozen=True):
    """What a trial comes to: pass or fail, and why."""

    status: Status
    why: str
    line: str = ""
    """the line of the budget that was broken"""


class Trial:
    """Takes a rung's frames and says when it has told enough; seconds are wall seconds since the start, the warm-up is not looked at."""

    def __init__(self, budget: Budget, warm_up: float, shortest: float, longest: float, workers: int = 1) -> None:
        self._questions = [asked for asked in map(question, budget) if asked is not None]
        self._open = len(self._questions) < len(budget)
        self._skip, self._shortest, self._longest = math.ceil(warm_up), shortest, longest
        self._until = dict.fromkeys(range(workers), 0.0)
        size = self._skip + math.ceil(longest) + 2
        self._asked, self._bad = (np.zeros((len(self._questions), size)) for _ in range(2))
        self._due = np.zeros(size)
        self._means: dict[tuple[str, str], FloatArray] = {}
        """by step: how many were answered of those due in each second, and the sum of their responses"""
        self._waits: dict[tuple[str, int], float] = {}
        self._looked = 0
        self.ruled: Ruled | None = None
        """the answer, once there is one"""

    def add(self, frame: Frame) -> Ruled | None:
        """Takes a frame in; the answer, when it is there for the first time."""
        self._until[frame.worker] = max(self._until.get(frame.worker, 0.0), frame.until)
        for health in frame.health:
            if 0 <= health.at < len(self._due):
                self._due[health.at] += health.due
        if frame.oldest:
            self._wait(frame)
        self._count_in(frame)
        seconds = math.floor(min(self._until.values()) + 1e-6) - self._skip
        if self.ruled is not None or seconds <= self._looked or seconds < self._shortest:
            return None
        self._looked = seconds
        self.ruled = self._ruled(seconds)
        return self.ruled

    def concurrency(self, until: float) -> float | None:
        """Requests at the target at once in the mean, until a wall second: their rate × their response (Little's law)."""
        span = slice(self._skip, max(math.floor(until + 1e-6), self._skip))
        seconds = len(self._due[span])
        spent = sum(float(sums[1, span].sum()) for sums in self._means.values())
        return spent / seconds if seconds and spent else None

    def _wait(self, frame: Frame) -> None:
        """How long the oldest call of each line's steps has waited, on the worker where that is longest."""
        for asked in self._questions:
            waits = [frame.oldest[index] for index in _steps(asked.limit, frame.steps) if index < len(frame.oldest)]
            self._waits[asked.limit.name, frame.worker] = max(waits, default=0.0)

    def _count_in(self, frame: Frame) -> None:
        rows = frame.cell_rows
        rows = rows[(rows["at"] >= 0) & (rows["at"] < len(self._due))]
        for number, asked in enumerate(self._questions):
            whom = _steps(asked.limit, frame.steps)
            mine = rows[np.isin(rows["step"], whom)]
            looked_at, bad = _picked(asked.limit, mine["outcome"], mine["distribution"], mine["bucket"])
            np.add.at(self._asked[number], mine["at"][looked_at], mine["count"][looked_at])
            np.add.at(self._bad[number], mine["at"][looked_at & bad], mine["count"][looked_at & bad])
        answered = rows[rows["distribution"] == Distribution.RESPONSE]
        for index in np.unique(answered["step"]):
            if frame.steps[index][1] != VISIT:
                mine = answered[answered["step"] == index]
                count, spent = self._means.setdefault(frame.steps[index], np.zeros((2, len(self._due))))
                np.add.at(count, mine["at"], mine["count"])
                np.add.at(spent, mine["at"], mine["count"] * _MIDDLE[mine["bucket"]])

    def _ruled(self, seconds: int) -> Ruled | None:
        elapsed = seconds / self._longest
        weighed = [self._weighed(number, seconds, elapsed) for number in range(len(self._questions))]
        failed = [(one, found) for one, found in zip(self._questions, weighed, strict=True) if found.status is Status.FAIL]
        if failed:
            asked, found = max(failed, key=lambda pair: pair[1].share / max(pair[0].allowed, 1e-9))
            return Ruled(Status.FAIL, f"{_told(asked, found)} after {seconds} s", asked.limit.name)
        if stuck := self._stuck(seconds):
            return Ruled(Status.FAIL, stuck)
        for (_, step), slope in self._slopes(seconds):
            return Ruled(
                Status.FAIL, f"the response of {step} grew by {show(slope, Unit.SECONDS)} in each second: the backlog does not end"
            )
        if self._open or not self._questions or not self._settled(seconds):
            return None
        if all(found.status is Status.PASS for found in weighed):
            return Ruled(Status.PASS, f"every line was kept beyond doubt after {seconds} s")
        return None

    def _weighed(self, number: int, seconds: int, elapsed: float) -> Weighed:
        span = slice(self._skip, self._skip + seconds)
        asked = self._questions[number]
        # slowness comes by queueing, little by little; of failures, none is none
        return weigh(self._asked[number][span], self._bad[number][span], asked.allowed, elapsed, SILENT if asked.reach else 0.0)

    def _slopes(self, seconds: int) -> Iterator[tuple[tuple[str, str], float]]:
        """The steps whose response grows, over the leading seconds of which nearly every request has ended."""
        span = slice(self._skip, self._skip + seconds)
        whole = self._answered(span) >= _WHOLE * self._due[span]
        last = seconds if whole.all() else int(np.argmin(whole))
        for step, sums in self._means.items():
            count, spent = sums[:, span]
            first = int(np.argmax(count[:last] >= _ENOUGH)) if last else 0
            if (count[first:last] >= _ENOUGH).all() and (slope := drifts(spent[first:last] / count[first:last], seconds / self._longest)):
                yield step, slope

    def _answered(self, span: slice) -> FloatArray:
        """Requests answered of those due in each second, all steps together."""
        return sum((count[span] for count, _ in self._means.values()), np.zeros(len(self._due[span])))

    def _stuck(self, seconds: int) -> str:
        """Why what has no answer yet is late for certain: much of what was due longer ago than its bound; empty where little is."""
        late = [asked for asked in self._questions if asked.reach and self._waited(asked) > asked.reach + 1.0]
        for asked in late:
            span = slice(self._skip, self._skip + max(seconds - 1 - math.ceil(asked.reach), 0))
            due = float(self._due[span].sum())
            missing = due - float(self._answered(span).sum())
            if due >= _ENOUGH / _STUCK and missing > _STUCK * due:
                bound = show(asked.reach, Unit.SECONDS)
                return f"{missing / due:.0%} of {due:,.0f} requests due more than {bound} before had no answer after {seconds} s"
        return ""

    def _waited(self, asked: Question) -> float:
        return max((wait for (name, _), wait in self._waits.items() if name == asked.limit.name), default=0.0)

    def _settled(self, seconds: int) -> bool:
        """Whether nearly all that was due long enough ago has been answered: what is still open could be bad."""
        reach = math.ceil(max(asked.reach for asked in self._questions))
        span = slice(self._skip, self._skip + max(seconds - 1 - reach, 0))
        return bool(self._answered(span).sum() >= _WHOLE * self._due[span].sum())


def _wants_few(limit: Limit) -> bool:
    """Whether what is counted is bad by itself, rather than its lack."""
    return limit.at_most is not None


def _steps(limit: Limit, steps: Sequence[tuple[str, str]]) -> list[int]:
    """The indexes of the steps that a line is about."""
    visit = limit.measure == "finished" or limit.step == VISIT
    return [
        index
        for index, (crowd, step) in enumerate(steps)
        if limit.crowd in (None, crowd) and (step == VISIT if visit else step != VISIT and limit.step in (None, step))
    ]


def _picked(limit: Limit, outcome: IntArray, distribution: IntArray, bucket: IntArray) -> tuple[Mask, Mask]:
    """Which rows a line looks at, and which are bad, as masks."""
    if limit.measure in _SHARES:
        return _slow(limit, outcome, distribution, bucket)
    kinds = {"share": Distribution.RESPONSE, "good_share": Distribution.RESPONSE, "finished": Distribution.STRETCH}
    looked_at = distribution == kinds.get(limit.measure, Distribution.INTENT)
    named = OUTCOMES[limit.outcome] if limit.measure == "share" and limit.outcome else Outcome.OK
    counted = outcome == named
    if limit.within is not None:
        counted &= limit.within.value * (1 + 1e-9) >= _MIDDLE[bucket]
    return looked_at, counted if _wants_few(limit) else ~counted


def _slow(limit: Limit, outcome: IntArray, distribution: IntArray, bucket: IntArray) -> tuple[Mask, Mask]:
    """A percentile's: over the bound; without an outcome, what failed and what was given up is endless, as the measure has it."""
    over = _MIDDLE[bucket] > limit.bound.value
    of = distribution == Distribution[limit.of.upper()]
    if limit.outcome is not None:
        return of & (outcome == OUTCOMES[limit.outcome]), over
    endless = (distribution == Distribution.RESPONSE) & np.isin(outcome, _FAILED)
    endless |= (distribution == Distribution.INTENT) & (outcome == Outcome.SHED)
    return (of & np.isin(outcome, _ENDED)) | endless, over | endless


def _told(asked: Question, found: Weighed) -> str:
    return f"{asked.limit.name}: {found.share:.3%} were beyond it, {asked.allowed:.3%} may be"
