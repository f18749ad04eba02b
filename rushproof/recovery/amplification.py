"""What retries make of the load: tries an intent, before the fault, during it, and after the mend."""

from rushproof.clocks import Amplification
from rushproof.recovery.cohort import Cohorts, share
from rushproof.summary import Span


def amplification(cohorts: Cohorts, before: Span, during: Span, after: Span) -> Amplification | None:
    """Of the intents due in each of the three times; None where one of them has none, or nobody counted tries before."""
    usual, then, later = (_tries(cohorts, span) for span in (before, during, after))
    return None if not usual or then is None or later is None else Amplification(before=usual, during=then, after=later)


def _tries(cohorts: Cohorts, span: Span) -> float | None:
    return share(float(cohorts.tries[span.first : span.last].sum()), float(cohorts.asked[span.first : span.last].sum()))
