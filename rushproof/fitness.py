"""Health findings: whether the run itself was fit to be judged.  None of them can fail; each can make the verdict `unknown`."""

import math
from collections.abc import Iterable

from rushproof.health import Taint, spoiled
from rushproof.manifest import Ending
from rushproof.quantity import Unit, show
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.summary import Summary, total
from rushproof.verdict import Finding, Kind, Status

UNMAPPED = 0.001
"""share of answers that no rule knew, above which nothing can be said of the outcomes"""


def fitness(summary: Summary, tainted: Taint, judged: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings about the run itself; `judged` are those about the target."""
    return (
        _something(judged),
        _complete(summary),
        _offered(summary),
        _unbroken(summary),
        _schedule(summary, tainted),
        _understood(summary),
        _journal(summary),
    )


def _finding(name: str, doubt: str, sentence: str, n: int = 0, measured: float | None = None, unit: Unit | None = None) -> Finding:
    return Finding(
        name=name, kind=Kind.HEALTH, status=Status.UNKNOWN if doubt else Status.PASS, sentence=doubt or sentence, n=n,
        measured=measured, unit=unit,
    )  # fmt: skip


def _something(judged: Iterable[Finding]) -> Finding:
    claimed = [finding for finding in judged if finding.status is not Status.NOT_CLAIMED]
    doubt = "" if claimed else "The scenario has neither a limit nor a claimed invariant, so there is nothing to judge."
    return _finding("something is judged", doubt, "The scenario has limits or claimed invariants.", len(claimed))


def _complete(summary: Summary) -> Finding:
    manifest = summary.manifest
    ending = {
        Ending.RUNNING: "The harness ended before the run did",
        Ending.INTERRUPTED: "The run was interrupted",
        Ending.STOPPED: "The load was stopped before its time",
        Ending.WORKER_LOST: "A worker was lost",
        Ending.DISK: "The journal could not be written to the end",
        Ending.TARGET_LOST: "A process that was started for this run was gone at its end",
    }
    doubt = f"{ending[manifest.ending]}{': ' + manifest.why.rstrip('.') if manifest.why else ''}." if manifest.ending in ending else ""
    return _finding("the run is complete", doubt, "The run went to its end.", 1)


def _offered(summary: Summary) -> Finding:
    counts, name = total(summary.judged), "every visit was begun"
    if not counts.offered:
        samples = _samples(summary)
        doubt = "" if samples else "Nothing was offered, so there is nothing to judge."
        return _finding(name, doubt, "Ordinary Locust users came in a closed loop; no visit was due at any time.", samples)
    begun = counts.missed + counts.lost == 0
    doubt = "" if begun else f"Of {counts.offered:,} visits offered {counts.missed:,} were missed and {counts.lost:,} lost."
    return _finding(name, doubt, f"Of {counts.offered:,} visits offered none was missed or lost.", counts.offered)


def _unbroken(summary: Summary) -> Finding:
    """A visit that a persona's own mistake ended says nothing of the target, and what it would have done is not known."""
    name, visits = "no visit broke off", dict.fromkeys(Outcome, 0)
    for outcome, counts in summary.histograms(Distribution.STRETCH, summary.whole, step=VISIT).items():
        visits[outcome] += int(counts.sum())
    broken, ended = visits[Outcome.ERROR], sum(visits.values())
    doubt = f"{broken:,} of {ended:,} visits ended in an exception of the persona's own; the notes name it." if broken else ""
    return _finding(name, doubt, "No visit ended in an exception of its persona.", ended)


def _schedule(summary: Summary, tainted: Taint) -> Finding:
    name = "the generator kept its schedule"
    if not tainted.seconds:
        return _finding(name, "The generator reported no second of the run.", "")
    doubt = spoiled(tainted, summary, summary.whole)
    warm = math.floor(summary.warm * summary.resolution + 1e-6)
    bad, seconds = [second for second in tainted.signs if second >= warm], max(tainted.seconds - warm, 0)
    found = f"{len(bad)} of {seconds} wall seconds{' after the warm-up' if warm else ''} are tainted"
    signs = f" ({tainted.told(bad)})" if bad else ""
    return _finding(
        name,
        f"{doubt[0].upper()}{doubt[1:]}." if doubt else "",
        f"{found}{signs}." if bad else f"No one of {seconds} wall seconds{' after the warm-up' if warm else ''} is tainted.",
        seconds,
        len(bad),
        Unit.COUNT,
    )


def _understood(summary: Summary) -> Finding:
    n = _samples(summary)
    unmapped = summary.recorded.unmapped
    share = unmapped / n if n else 0.0
    found = f"{unmapped:,} of {n:,} answers ({show(share, Unit.SHARE)}) were of a kind that no rule knows"
    doubt = f"{found}; name their outcome in the persona's step." if share > UNMAPPED or (unmapped and not n) else ""
    return _finding("answers are understood", doubt, f"{found}.", n, share, Unit.SHARE)


def _samples(summary: Summary) -> int:
    return sum(int(counts.sum()) for counts in summary.histograms(Distribution.RESPONSE, summary.whole).values())


def _journal(summary: Summary) -> Finding:
    gaps = summary.recorded.gaps
    rest = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
    doubt = f"The journal has gaps: {'; '.join(gaps[:3])}{rest}." if gaps else ""
    n = summary.recorded.frames
    return _finding("the journal is whole", doubt, f"Every frame that a worker numbered is in the journal, {n:,} of them.", n)
