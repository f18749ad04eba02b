"""capacity.txt and capacity.md: the limit as an interval, what gave first, the rungs it was read from, and how to ask again."""

import datetime as dt
from collections.abc import Callable, Mapping

from rushproof.capacity import Capacity, Rung, per_second, percent
from rushproof.quantity import Unit, show
from rushproof.render.grid import Heading, paragraph
from rushproof.render.grid import table as grid
from rushproof.render.headline import NOTHING
from rushproof.render.markdown import SIGNS
from rushproof.render.marked import escape
from rushproof.render.marked import table as markdown_table
from rushproof.render.plain import visible
from rushproof.verdict import Status

_WORDS = {Status.PASS: "held", Status.FAIL: "did not", Status.UNKNOWN: "unknown", Status.NOT_CLAIMED: ""}
_FIGURES = ("offered", "served", "p50", "p99", "at once", "core", "seconds")
UNSURE = "~ the longest time was not enough to be sure: the rung counts by its figure"


def text(capacity: Capacity) -> bytes:
    """For a terminal."""
    headings: list[Heading] = [("", "left"), ("budget", "left"), *((name, "right") for name in _FIGURES)]
    lines = [
        paragraph(headline(capacity), indent=""),
        visible(f"{capacity.scenario} · {started(capacity)}"),
        "",
        *(paragraph(line, hang="  ") for line in said(capacity)),
        "",
        "Rungs, in the order they were made",
        grid(headings, [(f"{rung.number}", verdict(rung), *figures(rung)) for rung in capacity.rungs]),
    ]
    lines += [f"  {UNSURE}"] if any(not rung.sure for rung in capacity.rungs) else []
    lines += ["", "Why", *(paragraph(f"{rung.number}: {rung.why}", hang="   ") for rung in capacity.rungs)]
    lines += ["", "Assumptions", *(paragraph(note, hang="  ") for note in notes(capacity))]
    lines += ["", "The same again", f"  {visible(capacity.again)}"]
    return ("\n".join(lines) + "\n").encode()


def markdown(capacity: Capacity) -> bytes:
    """For a page or a comment."""
    rows = [(f"{rung.number}", escape(verdict(rung)), *map(escape, figures(rung)), escape(rung.why)) for rung in capacity.rungs]
    parts = [
        f"### {SIGNS[capacity.status]} {escape(headline(capacity))}",
        f"**{escape(capacity.scenario)}** · {started(capacity)}",
        "\n".join(f"- {escape(line)}" for line in said(capacity)),
        markdown_table(("rung", "budget"), (*_FIGURES, "why"), rows),
        escape(UNSURE) if any(not rung.sure for rung in capacity.rungs) else "",
        "\n".join(f"- {escape(note)}" for note in notes(capacity)),
        f"```\n{visible(capacity.again)}\n```",
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def headline(capacity: Capacity) -> str:
    """`Pass: …`, for the reader who has only this line."""
    return f"{capacity.status.value.capitalize()}: {capacity.sentence}"


def started(capacity: Capacity) -> str:
    """When the search began."""
    return dt.datetime.fromtimestamp(capacity.started, dt.UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")


def interval(capacity: Capacity) -> str:
    """The limit as an interval: `3,150.0/s … 3,280.0/s`."""
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
        f"{most}{at}; it misses the {law.rungs} rungs by {law.residual:.1%} in the mean."
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
    return f"{_WORDS[rung.status]}{'' if rung.sure or rung.status is Status.UNKNOWN else ' ~'}"


def figures(rung: Rung) -> tuple[str, ...]:
    """The cells of a rung's row."""
    p50, p99 = (NOTHING if value is None else show(value, Unit.SECONDS) for value in (rung.p50, rung.p99))
    at_once = NOTHING if rung.concurrency is None else f"{rung.concurrency:,.3g}"
    taken = f"{rung.busy:.0%}" + (f", {rung.tainted} s tainted" if rung.tainted else "")
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


RENDERERS: Mapping[str, Callable[[Capacity], bytes]] = {"capacity.txt": text, "capacity.md": markdown}
"""By file name, as written into the capacity's folder."""
