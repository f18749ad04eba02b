"""What a drill itself has to have been for its figures to mean anything: findings about the faults, the baseline and the people."""

from collections.abc import Iterator

from rushproof.budget import Budget
from rushproof.clocks import Recovery, Switched
from rushproof.drill import DrillSpec
from rushproof.measures import Missing
from rushproof.recovery_measures import clock_of
from rushproof.sentence import sentence as said
from rushproof.verdict import Finding, Kind, Status


def rehearsal(recovery: Recovery | Missing, spec: DrillSpec, budget: Budget) -> Iterator[Finding]:
    """The findings of a drill beside its limits."""
    if isinstance(recovery, Missing):
        yield _finding("the recovery could be computed", f"The recovery is not known: {recovery.why}.", "")
        return
    yield _mended(recovery, spec)
    yield _baseline(recovery)
    if not any(limit.measure == "recovery.service" for limit in budget):
        yield _came_back(recovery)
    if spec.people is not None:
        yield _added_up(recovery)
    doubt = recovery.not_the_incident
    yield _finding("the drill was the incident it is about", doubt, "What happened was what the drill is about.", 1)


def _finding(name: str, doubt: str, sentence: str, n: int = 0) -> Finding:
    status = Status.UNKNOWN if doubt else Status.PASS
    return Finding(name=name, kind=Kind.HEALTH, status=status, sentence=said(doubt) or sentence, n=n)


def _mended(recovery: Recovery, spec: DrillSpec) -> Finding:
    doubts = [doubt for fault in recovery.faults if (doubt := _open(fault))]
    n, begun = len(recovery.faults), {fault.fault for fault in recovery.faults}
    if not n:
        doubts = ["no fault was switched on at all, so there was nothing to recover from"]
    elif never := [name for name in spec.faults if name not in begun]:
        doubts.append(f"of the drill's faults, {' and '.join(never)} never began")
    told = f"{'The fault' if n == 1 else f'Each of the {n:,} faults'} was confirmed to be on, and mended afterwards."
    return _finding("every fault was mended", "; ".join(doubts), told, n)


def _open(fault: Switched) -> str:
    """What is not known of a fault; empty where both ends were confirmed."""
    why = f": {fault.problem.rstrip('.')}" if fault.problem else ""
    if fault.injected[1] is None:
        return f"it was not confirmed that {fault.fault} was on{why}"
    if fault.mended[1] is None:
        return f"it was not confirmed that {fault.fault} was mended{why}"
    return ""


def _baseline(recovery: Recovery) -> Finding:
    doubt = "" if recovery.baseline is not None else recovery.baseline_why or "There is no baseline to measure against."
    sentence = f"Before the first fault {100 * (recovery.baseline or 0.0):.4g} % of the intents were good, in both halves of that time."
    return _finding("the baseline was steady", doubt, sentence, recovery.baseline_n)


def _came_back(recovery: Recovery) -> Finding:
    """Where no limit says how soon, it must have come back all the same."""
    clock = clock_of(recovery, "service")
    if clock.status == "recovered":
        status, sentence = Status.PASS, "After the last mend the service was well again, and stayed so."
    elif clock.status == "not recovered":
        called = f" It is called {recovery.stability}." if recovery.stability == "metastable" else ""
        status, sentence = Status.FAIL, f"After the last mend the service did not come back. {said(clock.why)}{called}"
    else:
        status, sentence = Status.UNKNOWN, f"It is not known whether the service came back. {said(clock.why)}"
    return Finding(name="the service came back", kind=Kind.LIMIT, status=status, sentence=sentence.strip(), n=clock.n)


def _added_up(recovery: Recovery) -> Finding:
    wrong = next((row for row in recovery.people if sum(row.became.values()) != row.affected), None)
    doubt = ""
    if not recovery.people:
        doubt = "Nobody was counted, so it is not known what became of those affected."
    elif wrong is not None:
        sums = " + ".join(f"{many:,} {what}" for what, many in wrong.became.items())
        doubt = f"They do not, at {wrong.clock} for the first time: {wrong.affected:,} affected ≠ {sums}."
    told = "At each moment those affected are the sum of what became of them."
    return _finding("those affected add up at every moment", doubt, told, len(recovery.people))
