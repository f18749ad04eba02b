"""The figures of each step over the whole run, as reports print them."""

import numpy as np

from rushproof.histogram import middle, quantile
from rushproof.keyed import IntArray
from rushproof.report import Quantiles, StepReport
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.summary import Summary


def step_reports(summary: Summary) -> tuple[StepReport, ...]:
    """Each step of each crowd, then the crowd's visits as the step `visit`."""
    crowds = list(dict.fromkeys(crowd for crowd, _ in summary.steps))
    crowds += [crowd for crowd in summary.visits if crowd not in crowds]
    found = []
    for crowd in crowds:
        found += [_step(summary, crowd, step, Distribution.RESPONSE) for of, step in summary.steps if of == crowd]
        if any(of == crowd and step == VISIT for of, step, _, _ in summary.cells):
            found.append(_step(summary, crowd, VISIT, Distribution.STRETCH))
    return tuple(found)


def _step(summary: Summary, crowd: str, step: str, due: Distribution) -> StepReport:
    histograms: dict[Distribution, dict[Outcome, IntArray]] = {
        distribution: summary.histograms(distribution, summary.entire, crowd=crowd, step=step)
        for distribution in Distribution
        if distribution is not Distribution.SERVED
    }
    return StepReport(
        crowd=crowd,
        step=step,
        counts={outcome.word: int(counts.sum()) for outcome, counts in sorted(histograms[due].items())},
        intents={outcome.word: int(counts.sum()) for outcome, counts in sorted(histograms[Distribution.INTENT].items())},
        distributions={
            distribution.word: {outcome.word: quantiles(counts) for outcome, counts in sorted(by_outcome.items())}
            for distribution, by_outcome in histograms.items()
            if by_outcome
        },
    )


def quantiles(counts: IntArray) -> Quantiles:
    """Six figures of a histogram that is not empty."""
    highest = float(middle(np.flatnonzero(counts)[-1:])[0])
    p50, p90, p95, p99, p999 = (quantile(counts, share) for share in (0.5, 0.9, 0.95, 0.99, 0.999))
    return Quantiles(p50, p90, p95, p99, p999, highest, int(counts.sum()))
