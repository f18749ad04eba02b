"""capacity.txt and capacity.md: the limit as an interval, what gave first, and the rungs it was read from."""

from rushproof.capacity import Capacity, Rung, per_second, percent
from rushproof.quantity import Unit, show
from rushproof.render.headline import NOTHING
from rushproof.render.series import SeriesPage, renderers
from rushproof.render.sheet import Sheet
from rushproof.render.steps import Grid
from rushproof.verdict import Status

_WORDS = {Status.PASS: "held", Status.FAIL: "did not", Status.UNKNOWN: "unknown", Status.NOT_CLAIMED: ""}
_FIGURES = ("offered", "served", "p50", "p99", "at once", "core", "seconds")
UNSURE = "~ the longest time was not enough to be sure: the rung counts by its figure"


def page(capacity: Capacity) -> SeriesPage:
    """The page of a search."""
    rows = tuple((f"{rung.number}", verdict(rung), *figures(rung)) for rung in capacity.rungs)
    unsure = [UNSURE] if any(map(_estimated, capacity.rungs)) else []
    why = (f"{rung.number}: {rung.why}" for rung in capacity.rungs)
    rungs = Sheet("Rungs, in the order they were made", Grid(("rung", "budget"), _FIGURES, rows), (*unsure, *why))
    return SeriesPage(capacity, said(capacity), (rungs,), notes(capacity))


def interval(capacity: Capacity) -> str:
    """The limit as an interval: `3,150/s … 3,280/s`."""
    low, high = (NOTHING if rate is None else per_second(rate) for rate in (capacity.limit, capacity.beyond))
    return f"{low} … {high}"


def said(capacity: Capacity) -> tuple[str, ...]:
    """What was found, in sentences."""
    source = "as given" if capacity.given else "the timetable's worst second at full size and speed 1"
    return (
        f"Limit: {interval(capacity)} visits (the highest rate that held, the lowest that did not).",
        f"Forecast: {per_second(capacity.forecast)} ({source}); headroom {room(capacity)}.",
        capacity.gave,
        _law(capacity),
    )


def room(capacity: Capacity) -> str:
    """`57 %`, below 0 where the limit is short of the forecast."""
    return NOTHING if capacity.headroom is None else percent(capacity.headroom)


def _law(capacity: Capacity) -> str:
    law = capacity.law
    if law is None:
        return f"Universal Scalability Law: not fitted: {capacity.unfitted}."
    most = "no highest rate" if law.highest is None else f"a highest rate of {per_second(law.highest)}"
    most = "a highest rate that no rung came near, so that it would be a guess" if law.far else most
    at = f" with {law.best:,.1f} requests at once" if law.best is not None else ""
    return (
        f"Universal Scalability Law: {per_second(law.gamma)} one at a time, contention {law.alpha:.3g}, coherency {law.beta:.3g}: "
        f"{most}{at}; it misses the {law.rungs} rungs by {show(law.residual, Unit.SHARE)} in the mean."
    )


def notes(capacity: Capacity) -> tuple[str, ...]:
    """Assumptions, and what was asked and what not."""
    asked = f"asked of every rung: {'; '.join(capacity.budget)}"
    left = f"left out, since a rate or a count is no part of this question: {'; '.join(capacity.left_out)}"
    arrivals = "Poisson" if capacity.spacing == "poisson" else "evenly spaced"
    test = (
        f"{arrivals} arrivals; each rung from {show(capacity.shortest, Unit.SECONDS)} to "
        f"{show(capacity.longest, Unit.SECONDS)} after its warm-up, ended by a sequential test; the bracket was to be within "
        f"{show(capacity.within, Unit.SHARE)}"
    )
    return (asked, *([left] if capacity.left_out else []), test, *capacity.notes)


def verdict(rung: Rung) -> str:
    """`held`, `did not`, `unknown`; with `~` where the figure decided and not the test."""
    return f"{_WORDS[rung.status]}{' ~' if _estimated(rung) else ''}"


def _estimated(rung: Rung) -> bool:
    return not rung.sure and rung.status is not Status.UNKNOWN


def figures(rung: Rung) -> tuple[str, ...]:
    """The cells of a rung's row."""
    p50, p99 = (NOTHING if value is None else show(value, Unit.SECONDS) for value in (rung.p50, rung.p99))
    at_once = NOTHING if rung.concurrency is None else f"{rung.concurrency:,.3g}"
    taken = percent(rung.busy) + (f", {rung.tainted} s tainted" if rung.tainted else "")
    return (per_second(rung.rate), per_second(rung.served), p50, p99, at_once, taken, f"{rung.seconds:.0f}")


def line(rung: Rung) -> str:
    """A rung in one line, while the search goes on."""
    offered, served, _, p99, _, taken, seconds = figures(rung)
    return f"{offered} {verdict(rung)} after {seconds} s (served {served}, p99 {p99}, core {taken})"


def between(low: float | None, high: float | None) -> str:
    """Where the limit lies by now."""
    if low is None:
        return "" if high is None else f"| the limit is below {per_second(high)}"
    return f"| the limit is above {per_second(low)}" + ("" if high is None else f" and below {per_second(high)}")


RENDERERS = renderers("capacity", page)
