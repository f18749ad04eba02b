"""What retries make of the load: tries an intent, before the fault, during it, and after the mend."""

import numpy as np

from rushproof.clocks import Amplification
from rushproof.recovery.cohort import Cohorts
from rushproof.summary import Span


def amplification(cohorts: Cohorts, before: Span, during: Span, after: Span) -> Amplification | None:
    """Of the intents due in each of the three times; None where one of them has none."""
    usual, then, later = (_tries(cohorts, span) for span in (before, during, after))
    return None if usual is None or then is None or later is None else Amplification(before=usual, during=then, after=later)


def _tries(cohorts: Cohorts, span: Span) -> float | None:
    asked = int(cohorts.asked[span.first : span.last].sum())
    return float(np.sum(cohorts.tries[span.first : span.last]) / asked) if asked else None
