"""Step by step, what share of intents came out well while the fault lasted, and whether those felt it that need not have."""

from collections.abc import Sequence

from rushproof.clocks import Goodput
from rushproof.recovery.cohort import cohorts, share
from rushproof.summary import Span, Summary


def goodput(summary: Summary, within: float, apart: Sequence[str], before: Span, during: Span) -> tuple[Goodput, ...]:
    """All steps in the order of the scenario, crowds together, in the baseline and while the fault lasted."""
    return tuple(_of(summary, step, within, step in apart, before, during) for step in dict.fromkeys(step for _, step in summary.steps))


def _of(summary: Summary, step: str, within: float, apart: bool, before: Span, during: Span) -> Goodput:
    cohort = cohorts(summary, step, within)
    usual, then = (
        share(float(cohort.good[span.first : span.last].sum()), float(cohort.asked[span.first : span.last].sum()))
        for span in (before, during)
    )
    return Goodput(
        step=step, apart=apart, before=usual, during=then,
        isolation=then / usual if usual and then is not None else None,
        n=int(cohort.asked[during.first : during.last].sum()),
    )  # fmt: skip
