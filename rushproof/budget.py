"""What we can afford: limits, each a measure, whom it is about, when, and a bound."""

from collections.abc import Mapping

import msgspec

from rushproof.quantity import Bound, Unit

MEASURES: Mapping[str, Unit] = {
    "p50": Unit.SECONDS, "p90": Unit.SECONDS, "p95": Unit.SECONDS, "p99": Unit.SECONDS, "p99.9": Unit.SECONDS,
    "max": Unit.SECONDS,
    "share": Unit.SHARE,
    "good_share": Unit.SHARE,
    "acknowledged": Unit.SHARE,
    "finished": Unit.SHARE,
    "throughput": Unit.RATE,
    "offered": Unit.RATE,
    "count": Unit.COUNT,
}  # fmt: skip
"""Every measure a limit can name, and the unit of its bound.

Quantiles and `max` are of `of:` (response by default; also service, wait, stretch for the step `visit`).  `share`: samples of the
outcome ÷ samples due.  `good_share`: samples `ok` within the limit's `within:` ÷ due.  `acknowledged`: intents settled `ok` ÷ intents.
`finished`: visits finished ÷ offered.  `throughput`: samples of the outcome (ok unless named) done per second.  `offered`: samples due per
second.  `count`: samples of the outcome.
"""

RECOVERY: Mapping[str, Unit] = {
    "recovery.service": Unit.SECONDS, "recovery.backlog": Unit.SECONDS, "recovery.ledger": Unit.SECONDS, "recovery.customer": Unit.SECONDS,
    "recovery.detection": Unit.SECONDS,
    "recovery.loss": Unit.SECONDS,
    "recovery.requests": Unit.COUNT,
    "recovery.resilience": Unit.SHARE,
    "recovery.depth": Unit.SHARE,
    "recovery.goodput": Unit.SHARE,
    "recovery.isolation": Unit.SHARE,
    "recovery.relapses": Unit.COUNT,
    "recovery.amplification": Unit.COUNT,
}  # fmt: skip
"""Every measure of a drill's recovery, and the unit of its bound.

The four clocks count from the last mend, `detection` from the onset of harm, each in the time that the drill names for it.  `loss`: seconds
of outage.  `requests`: intents that would have been good.  `resilience`: 1 where nothing was lost.  `depth`: how deep it fell, as a share
of the baseline.  `goodput`: share of good intents of the step while the fault lasted.  `isolation`: the same ÷ that of the baseline;
without a step the lowest of those that are `apart`.  `relapses`: how often the service went bad again.  `amplification`: tries an intent,
during or after the fault, whichever is worse.
"""

UNITS: Mapping[str, Unit] = {**MEASURES, **RECOVERY}


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a budget; exactly one of `at_most` and `at_least` is given."""

    measure: str
    step: str | None = None
    """None: all steps together"""
    crowd: str | None = None
    """None: all crowds together"""
    outcome: str | None = None
    window: str | None = None
    """a named window of the scenario; None: the whole run"""
    of: str = "response"
    within: Bound | None = None
    at_most: Bound | None = None
    at_least: Bound | None = None

    @property
    def bound(self) -> Bound:
        """The one bound there is."""
        bound = self.at_most or self.at_least
        assert bound is not None, "checked when the scenario was read"
        return bound

    @property
    def name(self) -> str:
        """`p99 reserve ok (rush) ≤ 500ms`: how reports and JUnit call this limit."""
        whom = [word for word in (self.crowd, self.step, self.outcome) if word]
        of = [] if self.of == "response" else [f"of {self.of}"]
        within = [f"within {self.within}"] if self.within else []
        window = [f"({self.window})"] if self.window else []
        sign = "≤" if self.at_most else "≥"
        return " ".join([self.measure, *of, *whom, *within, *window, sign, self.bound])


Budget = tuple[Limit, ...]
