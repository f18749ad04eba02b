"""The tables of steps that every page for people shows: samples by outcome, intents by outcome, latencies by quantile."""

from collections.abc import Iterator, Mapping

import msgspec

from rushproof.quantity import Unit, show
from rushproof.render.headline import step_key
from rushproof.report import Report, StepReport, quantiles
from rushproof.sample import OUTCOMES, VISIT

DISTRIBUTIONS: Mapping[str, str] = {
    "response": "due → done",
    "service": "sent → done",
    "wait": "ready → sent",
    "lag": "due → ready",
    "intent": "due → settled",
    "stretch": "arrival → last done, less its thinking (visits)",
}
"""The distributions in the order of a reader's interest, and what each is the time of."""

QUANTILES = ("p50", "p90", "p95", "p99", "p99.9", "max", "n")


class Grid(msgspec.Struct, frozen=True):
    """A table: `words` columns that hold text, then columns of figures."""

    words: tuple[str, ...]
    figures: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def samples(report: Report) -> Grid:
    """Samples by step and outcome; outcomes that never came are left out, and so are whole visits, which are no samples."""
    return _by_outcome("samples", "due", {step_key(report, step): step.counts for step in report.steps if step.step != VISIT})


def intents(report: Report) -> Grid:
    """Intents by the outcome of the try that settled them."""
    counts = {step_key(report, step): step.intents for step in report.steps if step.intents and step.step != VISIT}
    return _by_outcome("intents", "all", counts)


def latencies(report: Report) -> Grid:
    """Quantiles of samples that came out ok, a distribution a row."""
    rows = tuple(row for step in report.steps for row in _quantile_rows(step_key(report, step), step))
    return Grid(("samples ok", "of"), QUANTILES, rows)


def unserved(report: Report) -> Grid:
    """Quantiles of the response to samples of the other outcomes: how fast a no came, how long a doubt took."""
    rows = tuple(
        (step_key(report, step), word, *_cells(step, "response", word))
        for step in report.steps
        for word in OUTCOMES
        if word != "ok" and quantiles(step, "response", word)
    )
    return Grid(("samples", "outcome"), QUANTILES, rows)


def caveats(report: Report) -> tuple[str, ...]:
    """What has to be known before the tables are compared with anything."""
    crowds = report.manifest.scenario.crowds
    closed = sorted(name for name, crowd in crowds.items() if crowd.users is not None)
    said = []
    if len(closed) < len(crowds):
        said.append(
            "Visits are offered by the plan, whatever the target does. The steps inside a visit depend on each other, so the load of a "
            "second step and of later ones is an output of the run."
        )
    if closed:
        said.append(
            f"Closed loop: {', '.join(closed)}. These are ordinary Locust users, who ask again only when they have been answered: "
            "their samples have no due times, a slow target is asked less, and who would have come meanwhile is not seen."
        )
    return tuple(said)


def _by_outcome(what: str, total: str, counts: Mapping[str, Mapping[str, int]]) -> Grid:
    present = tuple(word for word in OUTCOMES if any(of.get(word) for of in counts.values()))
    rows = tuple((name, f"{sum(of.values()):,}", *(f"{of.get(word, 0):,}" for word in present)) for name, of in counts.items())
    return Grid((what,), (total, *present), rows if present else ())


def _quantile_rows(name: str, step: StepReport) -> Iterator[tuple[str, ...]]:
    for distribution in DISTRIBUTIONS:
        if quantiles(step, distribution):
            yield (name, distribution, *_cells(step, distribution, "ok"))
            name = ""


def _cells(step: StepReport, distribution: str, outcome: str) -> tuple[str, ...]:
    found = quantiles(step, distribution, outcome)
    if found is None:
        return ()
    values = (found.p50, found.p90, found.p95, found.p99, found.p999, found.max)
    return (*(show(value, Unit.SECONDS) for value in values), f"{found.n:,}")
