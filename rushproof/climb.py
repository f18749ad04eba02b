"""What a rung came to, and what all rungs together say of the limit."""

from collections.abc import Iterable, Mapping

import msgspec

from rushproof.budget import Limit
from rushproof.capacity import Exhausted, Law, Rung, per_second, percent
from rushproof.manifest import Ending
from rushproof.probe import ProbeSpec
from rushproof.report import Report, principal, quantiles
from rushproof.sample import VISIT
from rushproof.search import Search
from rushproof.trial import Ruled
from rushproof.usl import fitted
from rushproof.verdict import Finding, Kind, Status

_OF_THE_TARGET = frozenset({Ending.STOPPED, Ending.TARGET_LOST})
"""endings that say that it was too much"""


class Bracket(msgspec.Struct, frozen=True):
    """What is said of a capacity beside its rungs."""

    status: Status
    sentence: str


def rung(
    number: int, folder: str, rate: float, report: Report, ruled: Ruled | None, concurrency: float | None, probes: Mapping[str, float]
) -> Rung:
    """One rung, from its report and what ended it (None: it went its whole time)."""
    status, sure, why, line = _ruling(report, ruled)
    step = principal(report)
    ok = quantiles(step, "response") if step else None
    invariants = [finding for finding in report.findings if finding.kind is Kind.INVARIANT]
    return Rung(
        number=number,
        folder=folder,
        rate=rate,
        status=status,
        sure=sure,
        why=why,
        seconds=max(report.manifest.elapsed - float(report.manifest.scenario.warm_up), 0.0),
        served=_served(report),
        p50=ok.p50 if ok else None,
        p99=ok.p99 if ok else None,
        concurrency=concurrency,
        busy=report.generator.busy_peak,
        tainted=report.generator.tainted_seconds,
        limit=line or None,
        broken=tuple(finding.name for finding in invariants if finding.status is Status.FAIL),
        unproven=tuple(finding.name for finding in invariants if finding.status is Status.UNKNOWN),
        acknowledged=max((finding.n for finding in invariants), default=0),
        probes=probes,
    )


def _ruling(report: Report, ruled: Ruled | None) -> tuple[Status, bool, str, str]:
    """Status, whether it is sure, why, and the line of the budget that was broken."""
    manifest = report.manifest
    if manifest.ending in _OF_THE_TARGET:
        return Status.FAIL, True, manifest.why or manifest.ending.value, ""
    limits = [finding for finding in report.findings if finding.kind is Kind.LIMIT]
    failed = [finding for finding in limits if finding.status is Status.FAIL]
    if failed:
        furthest = max(failed, key=_beyond)
        sure = ruled is not None and ruled.status is Status.FAIL
        return Status.FAIL, sure, ruled.why if ruled and sure else furthest.sentence, ruled.line if ruled and ruled.line else furthest.name
    broken = next((finding for finding in report.findings if finding.kind is Kind.INVARIANT and finding.status is Status.FAIL), None)
    if broken is not None:
        return Status.FAIL, True, broken.sentence, ""
    doubted = next((finding for finding in report.findings if finding.kind is Kind.HEALTH and finding.status is Status.UNKNOWN), None)
    if doubted is not None:
        return Status.UNKNOWN, False, doubted.sentence, ""
    if ruled is not None and ruled.status is Status.FAIL:
        return Status.FAIL, True, ruled.why, ruled.line
    return _estimated(list(zip(manifest.scenario.budget, limits, strict=False)), ruled)


def _estimated(lines: list[tuple[Limit, Finding]], ruled: Ruled | None) -> tuple[Status, bool, str, str]:
    """Nothing failed: what is open is decided by its figure, and said to be."""
    for limit, finding in lines:
        if finding.status is Status.UNKNOWN and finding.measured is None:
            return Status.UNKNOWN, False, finding.sentence, ""
        if finding.status is Status.UNKNOWN and finding.measured is not None and finding.bound is not None:
            beyond = finding.measured > finding.bound if limit.at_most is not None else finding.measured < finding.bound
            if beyond:
                return Status.FAIL, False, finding.sentence, finding.name
    if ruled is not None:
        return Status.PASS, True, ruled.why, ""
    return Status.PASS, False, "every line was kept by its figure; the longest time was not enough to be sure", ""


def _beyond(finding: Finding) -> float:
    """How many times its bound a broken line's figure is, or the other way round."""
    if finding.measured is None or not finding.bound or not finding.measured:
        return float("inf")
    return max(finding.measured / finding.bound, finding.bound / finding.measured)


def _served(report: Report) -> float:
    """Visits a second: samples ok by the time they were done, over what a finished visit has of them."""
    line, manifest = report.timeline, report.manifest
    first, last = float(manifest.scenario.warm_up), manifest.elapsed - float(manifest.scenario.resolution) + 1e-6
    within = [rate for at, rate in zip(line.at, line.served, strict=True) if first <= at <= last]
    visits, samples = (sum(step.counts.get("ok", 0) for step in report.steps if (step.step == VISIT) is whole) for whole in (True, False))
    return sum(within) / len(within) * visits / samples if within and samples else 0.0


def exhausted(rungs: Iterable[Rung], probes: Mapping[str, ProbeSpec]) -> Exhausted | None:
    """The probe that reached its `full` at the lowest rate; of several there, the one furthest beyond."""
    full = {name: spec.full for name, spec in probes.items() if spec.full is not None}
    for each in sorted(rungs, key=lambda one: one.rate):
        reached = [
            Exhausted(name, each.rate, each.probes[name], bound)
            for name, bound in full.items()
            if each.probes.get(name, float("-inf")) >= bound
        ]
        if reached:
            return max(reached, key=lambda one: one.value / one.full if one.full > 0 else one.value)
    return None


def gave(rungs: Iterable[Rung], first: Exhausted | None, probes: Mapping[str, ProbeSpec]) -> str:
    """What gave first, in one sentence."""
    if first is not None:
        return f"First to give: {first.probe}, which reached {first.value:.4g} (full at {first.full:.4g}) at {per_second(first.rate)}."
    metrics = (
        "none of the target's probes became full"
        if any(spec.full is not None for spec in probes.values())
        else "the target gave no metrics that say what ran out"
    )
    last = {each.rate: each for each in rungs}
    failed = [each for each in last.values() if each.status is Status.FAIL]
    if not failed:
        return f"Nothing gave; {metrics}."
    lowest = min(failed, key=lambda each: each.rate)
    what = f"the line `{lowest.limit}`" if lowest.limit else lowest.why.rstrip(".")
    return f"First to give: {what}, at {per_second(lowest.rate)}; {metrics}."


def law(rungs: Iterable[Rung]) -> tuple[Law | None, str]:
    """The Universal Scalability Law through every rung that the generator vouched for, or why not."""
    usable = [each for each in rungs if each.status is not Status.UNKNOWN and each.concurrency]
    found = fitted([each.concurrency or 0.0 for each in usable], [each.served for each in usable])
    return (None, found) if isinstance(found, str) else (Law(**msgspec.structs.asdict(found)), "")


def bracket(search: Search, rungs: tuple[Rung, ...], forecast: float, given: bool, ended: str = "") -> Bracket:
    """The verdict of a search and its sentence; `ended` says why it ended before its time, where it did."""
    low, high = search.low, search.high
    failed = broken(rungs)
    parts = []
    if failed:
        at = per_second(min(each.rate for each in rungs if each.broken))
        parts.append(f"{', '.join(failed)} failed at {at}: capacity with broken promises is no capacity.")
    parts.append(_sentence(search, ended))
    if low is not None and forecast > 0:
        parts.append(f"The forecast is {per_second(forecast)}: {_room(low / forecast - 1)}.")
    below = given and ((search.found and (low or 0.0) < forecast) or (high is not None and high <= forecast))
    status = Status.FAIL if failed or below else Status.PASS if search.found else Status.UNKNOWN
    return Bracket(status, " ".join(parts))


def broken(rungs: Iterable[Rung]) -> tuple[str, ...]:
    """The invariants that failed at any rung."""
    return tuple(dict.fromkeys(name for each in rungs for name in each.broken))


def _sentence(search: Search, ended: str) -> str:
    low, high, blind = search.low, search.high, search.blind
    if low is None:
        tried = min((each.rate for each in search.told), default=search.first)
        if high is None:
            return f"There is no limit to tell: {ended.rstrip('.') or f'the run could not vouch for {per_second(tried)}'}."
        return f"Not even {per_second(high)} held the budget."
    if blind is not None:
        return f"At least {per_second(low)}; at {per_second(blind)} the generator, not the target, was the limit."
    if high is None:
        return f"At least {per_second(low)}: {ended.rstrip('.') or 'every rung held'}."
    return f"{per_second(low)} held the budget, {per_second(high)} did not."


def _room(headroom: float) -> str:
    return f"{percent(headroom)} headroom" if headroom >= 0 else f"{percent(-headroom)} short of it"
