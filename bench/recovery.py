"""Goal 8: whether the service clock tells the truth (`python -m bench.recovery [--quick]`), beside the rules that others go by.

Recoveries are drawn of which the answer is known (`bench.curves`), a thousand runs of each.  How often does the true moment lie within the
bracket that is printed, how wide is that, and how far off are the figures: ours, and those of the simple rules?  The true moment is
the first from which on the share of good ones is never short by more than one point, for half a minute.
"""

import time
from typing import Any

import numpy as np

from bench.curves import AFTER, BEFORE, CURVES, DROP, HOLD, MENDED, Drawn
from bench.goal import Mark
from bench.room import enter
from bench.simple import SIMPLE
from rushproof.keyed import FloatArray
from rushproof.recovery.baseline import Baseline, baseline
from rushproof.recovery.cohort import Cohorts
from rushproof.recovery.looked import Rule
from rushproof.recovery.service import Served, served

RUNS, INSIDE, WITHIN = 1000, 0.93, 20.0
"""of each kind; the share of them in which the truth lies in the bracket; CPU seconds for all"""
OURS = "cohorts, Wilson, held"


def told(cohorts: Cohorts) -> Served | None:
    """What the service clock says of a run; None where its baseline was refused."""
    usual = baseline(cohorts, 0.0, BEFORE, DROP)
    return served(cohorts, usual, Rule(drop=DROP, hold=HOLD), MENDED, MENDED + AFTER) if isinstance(usual, Baseline) else None


def right(found: Served | None, truth: float | None) -> bool:
    """Whether the truth lies in the bracket; of what never recovers, whether that is what it says."""
    if truth is None:
        return found is not None and found.status == "not recovered"
    bracket = bounded(found)
    return bracket is not None and bracket[1] - 1e-9 <= truth <= bracket[2] + 1e-9


def bounded(found: Served | None) -> tuple[float, float, float] | None:
    """The figure and both ends of its bracket, seconds from the mend on; None where there are not all three."""
    if found is None or found.at is None or found.low is None or found.high is None:
        return None
    return found.at - MENDED, found.low - MENDED, found.high - MENDED


def measured(drawn: Drawn, runs: int) -> dict[str, Any]:
    """A kind of recovery, told by every rule."""
    truth = drawn.truth()
    drafts = [drawn.cohorts(seed) for seed in range(runs)]
    begun = time.process_time()
    found = [told(each) for each in drafts]
    took = time.process_time() - begun
    sure = [bracket for each in found if (bracket := bounded(each)) is not None]
    errors = {OURS: np.array([at for at, _, _ in sure])} if truth is not None else {}
    for name, rule in SIMPLE.items():
        errors[name] = np.array([rule(each.good, each.good[:BEFORE], MENDED) for each in drafts])
    return {
        "truth": truth,
        "inside": sum(right(each, truth) for each in found) / runs,
        "refused": sum(each is None for each in found),
        "recovered": len(sure),
        "width": _ends(np.array([high - low for _, low, high in sure])) if truth is not None else None,
        "errors": {name: _ends(each - (truth if truth is not None else AFTER)) for name, each in errors.items()},
        "took": took,
    }


def _ends(values: FloatArray) -> list[float] | None:
    """The 5th, the 50th and the 95th in a hundred."""
    return [float(each) for each in np.percentile(values, (5, 50, 95))] if len(values) else None


def _row(name: str, facts: dict[str, Any]) -> str:
    cells = [
        "–" if each is None else f"{each[1]:+.1f} ({each[0]:+.0f} … {each[2]:+.0f})" for each in map(facts["errors"].get, (OURS, *SIMPLE))
    ]
    truth = "never" if facts["truth"] is None else f"{facts['truth']:.1f}"
    width = "–" if facts["width"] is None else f"{facts['width'][1]:.0f}"
    return " | ".join([name.ljust(17), truth.rjust(5), f"{facts['inside']:6.1%}", width.rjust(5), *(cell.ljust(21) for cell in cells)])


def main() -> None:
    """Draw, tell, compare."""
    with enter("recovery", __doc__) as room:
        runs = RUNS // 5 if room.quick else RUNS
        facts = {name: measured(drawn, runs) for name, drawn in CURVES.items()}
        room.say(f"seconds by which each rule is off, median (5 … 95 in 100), {runs:,} runs of each; bracket: median width, seconds")
        room.say(" | ".join(["recovery".ljust(17), "truth", "inside", "brack", *(rule[:21].ljust(21) for rule in (OURS, *SIMPLE))]))
        for name, each in facts.items():
            room.say(_row(name, each))
        marks = [
            Mark(8, f"service clock right: {name}", each["inside"], "≥", INSIDE, "", f"{each['refused']} baselines of {runs:,} refused")
            for name, each in facts.items()
        ]
        took = sum(each["took"] for each in facts.values())
        marks.append(Mark(8, "service clock: CPU time for all", took, "≤", WITHIN, "s", f"{1e3 * took / runs / len(facts):.1f} ms a run"))
        room.leave(marks, {"curves": facts})


if __name__ == "__main__":
    main()
