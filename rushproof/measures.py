"""What a limit can be put on: each measure a pure function of the summary and the limit.

A measured figure is an interval wherever the run itself leaves it open: a sample that was still in flight had lasted at least its age.
"""

import math
from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from rushproof.budget import Limit
from rushproof.histogram import BUCKETS, middle
from rushproof.keyed import IntArray
from rushproof.sample import OUTCOMES, VISIT, Distribution, Outcome
from rushproof.summary import Span, Summary, total

_MIDDLE = middle(np.arange(BUCKETS))
"""the value each latency bucket stands for, in seconds"""

FAILED = frozenset({Outcome.ERROR, Outcome.DOUBT, Outcome.MISSED})
"""outcomes that count as infinitely late where a limit names no outcome"""

_OF_ALL = frozenset({Distribution.RESPONSE, Distribution.INTENT, Distribution.STRETCH})
"""distributions that have a value for whatever was due, sent or not"""


class Measured(msgspec.Struct, frozen=True):
    """A figure: anywhere from `low` to `high`; `high` is infinite where it has no end."""

    value: float
    low: float
    high: float
    n: int
    """how many things it was taken of"""
    remark: str = ""
    """what the sentence has to add: how many failed, how many were still open"""


class Missing(msgspec.Struct, frozen=True):
    """Why there is no figure."""

    why: str


Measure = Callable[[Summary, Limit], Measured | Missing]


def _quantile(share: float) -> Measure:
    def measure(summary: Summary, limit: Limit) -> Measured | Missing:
        span = summary.span(limit.window)
        if isinstance(span, str):
            return Missing(span)
        known, young, endless = _lasted(summary, limit, span)
        n = int(known.sum() + young.sum()) + endless
        if not n:
            return Missing(f"no {_things(limit)} {_when(limit)}")
        place = min(max(math.ceil(share * n - 1e-9), 1), n)
        low, high = _at(known + young, place), _at(known, place)
        parts = [f"{endless:,} failed and count as endless"] * bool(endless)
        parts += [f"{int(young.sum()):,} still open, of which only the age is known"] * bool(young.any())
        return Measured(high if math.isfinite(high) else low, low, high, n, "; ".join(parts))

    return measure


def _lasted(summary: Summary, limit: Limit, span: Span) -> tuple[IntArray, IntArray, int]:
    """Counts by bucket of what ended, of what was still open (at its age), and how many are endless.

    With an outcome named, its own samples alone.  Without, errors, doubts and visits never begun are endless; a try that was asked to come
    later is left out where the person came back, since the try that settled it counts from the same due time, and is endless where the
    person gave up: a fast 429 improves nothing.  What was never sent has no service time, but is counted all the same.
    """
    distribution = Distribution[limit.of.upper()]
    by_outcome = summary.histograms(distribution, span, crowd=limit.crowd, step=limit.step)
    none = np.zeros(len(_MIDDLE), dtype=np.int64)
    if limit.outcome is not None:
        outcome = OUTCOMES[limit.outcome]
        counts = by_outcome.get(outcome, none)
        return (none, counts, 0) if outcome is Outcome.UNFINISHED else (counts, none, 0)
    known = sum((by_outcome.get(outcome, none) for outcome in (Outcome.OK, Outcome.REFUSED, Outcome.BLOCKED)), none)
    due = by_outcome if distribution in _OF_ALL else summary.histograms(Distribution.RESPONSE, span, crowd=limit.crowd, step=limit.step)
    endless = sum(int(due[outcome].sum()) for outcome in FAILED if outcome in due)
    settled = summary.histograms(Distribution.INTENT, span, crowd=limit.crowd, step=limit.step)
    endless += int(settled.get(Outcome.SHED, none).sum())
    young = by_outcome.get(Outcome.UNFINISHED, none).copy()
    young[0] += due.get(Outcome.UNFINISHED, none).sum() - young.sum()
    return known, young, endless


def _at(counts: IntArray, place: int) -> float:
    """The value at a place (from 1) of the sorted whole; infinite beyond the counted ones."""
    if place > counts.sum():
        return math.inf
    return float(_MIDDLE[np.searchsorted(np.cumsum(counts), place)])


def _share(summary: Summary, limit: Limit) -> Measured | Missing:
    assert limit.outcome is not None, "checked when the budget was read"
    return _part(summary, limit, Distribution.RESPONSE, OUTCOMES[limit.outcome])


def _acknowledged(summary: Summary, limit: Limit) -> Measured | Missing:
    return _part(summary, limit, Distribution.INTENT, Outcome.OK)


def _part(summary: Summary, limit: Limit, distribution: Distribution, wanted: Outcome) -> Measured | Missing:
    span = summary.span(limit.window)
    if isinstance(span, str):
        return Missing(span)
    counts = _sums(summary, limit, distribution, span)
    n = sum(counts.values())
    if not n:
        return Missing(f"no {_things(limit, intents=distribution is Distribution.INTENT)} {_when(limit)}")
    return _of(counts.get(wanted, 0), n, counts.get(Outcome.UNFINISHED, 0) if summary.cut and wanted is not Outcome.UNFINISHED else 0)


def _of(part: int, n: int, unsettled: int) -> Measured:
    remark = f"{unsettled:,} were still open at the end of a run that ended early or was starved" if unsettled else ""
    return Measured(part / n, part / n, (part + unsettled) / n, n, remark)


def _good_share(summary: Summary, limit: Limit) -> Measured | Missing:
    assert limit.within is not None, "checked when the budget was read"
    span = summary.span(limit.window)
    if isinstance(span, str):
        return Missing(span)
    by_outcome = summary.histograms(Distribution.RESPONSE, span, crowd=limit.crowd, step=limit.step)
    n = sum(int(counts.sum()) for counts in by_outcome.values())
    if not n:
        return Missing(f"no {_things(limit)} {_when(limit)}")
    within = limit.within.value * (1 + 1e-9) >= _MIDDLE
    good = int(by_outcome[Outcome.OK][within].sum()) if Outcome.OK in by_outcome else 0
    young = int(by_outcome[Outcome.UNFINISHED][within].sum()) if Outcome.UNFINISHED in by_outcome else 0
    remark = f"{young:,} were still open and younger than that" if young else ""
    return Measured(good / n, good / n, (good + young) / n, n, remark)


def _finished(summary: Summary, limit: Limit) -> Measured | Missing:
    span = summary.span(limit.window)
    if isinstance(span, str):
        return Missing(span)
    if limit.window is None:
        visits = summary.judged
        counts = total({crowd: visits[crowd] for crowd in visits if limit.crowd in (None, crowd)})
        finished, n, unsettled = counts.finished, counts.offered, counts.unfinished + counts.lost
    else:
        sums = _sums(summary, msgspec.structs.replace(limit, step=VISIT), Distribution.STRETCH, span)
        finished, n, unsettled = sums.get(Outcome.OK, 0), sum(sums.values()), sums.get(Outcome.UNFINISHED, 0)
    if not n:
        return Missing(f"no visit was offered {_when(limit)}")
    return _of(finished, n, unsettled if summary.cut else 0)


def _count(summary: Summary, limit: Limit) -> Measured | Missing:
    span = summary.span(limit.window)
    if isinstance(span, str):
        return Missing(span)
    counts = _sums(summary, limit, _due(limit), span)
    n = sum(counts.values())
    if not n:
        return Missing(f"no {_things(limit)} {_when(limit)}")
    part = counts.get(OUTCOMES[limit.outcome], 0) if limit.outcome else n
    return Measured(part, part, part, n)


def _rate(served: bool) -> Measure:
    def measure(summary: Summary, limit: Limit) -> Measured | Missing:
        span = summary.span(limit.window)
        if isinstance(span, str):
            return Missing(span)
        if limit.window is None:
            span = Span(span.first, max(math.floor(summary.elapsed / summary.resolution + 1e-6), span.first + 1))
        counts = _sums(summary, limit, Distribution.SERVED if served else _due(limit), span)
        outcome = OUTCOMES[limit.outcome] if limit.outcome else Outcome.OK if served else None
        due = sum(_sums(summary, limit, _due(limit), span).values())
        if not due and not counts:
            return Missing(f"no {_things(limit)} {_when(limit)}")
        part = counts.get(outcome, 0) if outcome is not None else sum(counts.values())
        rate = part / ((span.last - span.first) * summary.resolution)
        return Measured(rate, rate, rate, max(due, part))

    return measure


def _due(limit: Limit) -> Distribution:
    """The distribution that has one value for each thing due."""
    return Distribution.STRETCH if limit.step == VISIT else Distribution.RESPONSE


def _sums(summary: Summary, limit: Limit, distribution: Distribution, span: Span) -> dict[Outcome, int]:
    found = summary.histograms(distribution, span, crowd=limit.crowd, step=limit.step)
    return {outcome: int(counts.sum()) for outcome, counts in found.items()}


def _things(limit: Limit, intents: bool = False) -> str:
    words = [limit.step or "", limit.outcome or "", "intent" if intents else "" if limit.step == VISIT else "sample"]
    return " ".join(word for word in words if word) + (f" of {limit.crowd}" if limit.crowd else "")


def _when(limit: Limit) -> str:
    return f"was due in the window {limit.window}" if limit.window else "was due in the whole run"


MEASURES: Mapping[str, Measure] = {
    "p50": _quantile(0.5), "p90": _quantile(0.9), "p95": _quantile(0.95), "p99": _quantile(0.99), "p99.9": _quantile(0.999),
    "max": _quantile(1.0),
    "share": _share,
    "good_share": _good_share,
    "acknowledged": _acknowledged,
    "finished": _finished,
    "throughput": _rate(served=True),
    "offered": _rate(served=False),
    "count": _count,
}  # fmt: skip
"""Every measure of `budget.MEASURES`, computed."""
