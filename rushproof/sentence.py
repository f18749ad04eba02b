"""What a limit's finding says: one English sentence with its numbers, for a reader who has only this line."""

import math

from rushproof.budget import MEASURES, Limit
from rushproof.measures import Measured
from rushproof.quantity import Unit, show
from rushproof.sample import VISIT
from rushproof.summary import Summary
from rushproof.verdict import Status


def told(limit: Limit, found: Measured, bound: float, status: Status, doubts: str, summary: Summary) -> str:
    """`The p99 response of reserve, ok, in the window rush was 80.9 ms; at most 500 ms was allowed (n = 9,120).`"""
    unit = MEASURES[limit.measure]
    allowed = f"at most {show(bound, unit)} was allowed" if limit.at_most is not None else f"at least {show(bound, unit)} was asked for"
    remarks = [remark for remark in (_factors(limit, summary), found.remark, _loop(limit, summary)) if remark]
    sentence = f"{_subject(limit)} was {_figure(found, unit)}; {allowed}{_factor_text(remarks)} (n = {found.n:,})."
    if doubts:
        return f"{sentence} It is not judged, because {doubts}."
    if status is Status.UNKNOWN:
        return f"{sentence} What was still open when the run ended decides, so this cannot be told."
    return sentence


def sentence(text: str) -> str:
    """A remark as a sentence: with a capital and a full stop; empty where there is none."""
    bare = text.strip()
    return f"{bare[:1].upper()}{bare[1:]}{'' if bare[-1] in '.!?' else '.'}" if bare else ""


def _figure(found: Measured, unit: Unit) -> str:
    if found.low == found.high:
        return show(found.value, unit) if math.isfinite(found.value) else "endless"
    high = show(found.high, unit) if math.isfinite(found.high) else "no end"
    return f"somewhere from {show(found.low, unit)} to {high}"


def _factor_text(remarks: list[str]) -> str:
    return "".join(f"; {remark}" for remark in remarks)


def _factors(limit: Limit, summary: Summary) -> str:
    if limit.bound.unit is not Unit.RATE:
        return ""
    return f"that is {limit.bound} × scale {summary.manifest.people:g} × speed {summary.speed(limit.window) or 0.0:g}"


def _loop(limit: Limit, summary: Summary) -> str:
    closed = summary.recorded.closed
    if MEASURES[limit.measure] is not Unit.SECONDS and limit.within is None:
        return ""
    touched = [crowd for crowd, step in summary.steps if crowd in closed and limit.crowd in (None, crowd) and limit.step in (None, step)]
    if not touched:
        return ""
    return (
        f"{', '.join(sorted(set(touched)))} came in a closed loop, so this is service time, without the waiting that persons would have had"
    )


def _subject(limit: Limit) -> str:
    samples = "samples" if limit.step is None else "visits" if limit.step == VISIT else f"{limit.step} samples"
    outcome = f" that came out {limit.outcome}" if limit.outcome else ""
    whom = f" of the crowd {limit.crowd}" if limit.crowd else ""
    when = f" in the window {limit.window}" if limit.window else ""
    match limit.measure:
        case "share":
            subject = f"The share of {samples} that came out {limit.outcome}"
        case "good_share":
            subject = f"The share of {samples} that came out ok within {limit.within}"
        case "acknowledged":
            subject = f"The share of {limit.step + ' ' if limit.step else ''}intents that were acknowledged in the end"
        case "finished":
            subject = "The share of visits that were finished"
        case "throughput":
            subject = f"The rate of {samples} served{outcome or ' that came out ok'}"
        case "offered":
            subject = f"The rate of {samples} offered{outcome}"
        case "count":
            subject = f"The number of {samples}{outcome}"
        case _:
            subject = f"The {limit.measure} {limit.of} of {samples}{outcome}"
    return subject + whom + when
