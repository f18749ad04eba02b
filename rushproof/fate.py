"""What became of a load that was held through a fault, from what its run wrote down; and what many such runs say together."""

import math
from collections.abc import Sequence
from itertools import pairwise

from rushproof.capacity import per_second, percent
from rushproof.clocks import Amplification
from rushproof.held import Ordeal
from rushproof.injection import Injection
from rushproof.metastability import Fate, Hold
from rushproof.quantity import Unit, show
from rushproof.recovery.amplification import amplification
from rushproof.recovery.baseline import Baseline, Unsteady
from rushproof.recovery.ground import Ground, ground_of
from rushproof.recovery.looked import Rule
from rushproof.recovery.service import Served, served
from rushproof.recovery.stability import FAULTS, Stability, stability
from rushproof.summary import Summary
from rushproof.verdict import Status


def hold_of(number: int, folder: str, ordeal: Ordeal, summary: Summary, injections: Sequence[Injection]) -> Hold:
    """One hold, from its run."""
    drill = summary.manifest.scenario.drill
    assert drill is not None, "checked before"
    on = ground_of(drill, summary, injections, {}, {})
    on = on._replace(end=min(on.end, ordeal.let_down))
    found = on.served()
    tries = None
    if on.course.injected is not None and on.course.mended is not None and on.course.length is not None:
        mended = on.course.mended.confirmed
        after = min(on.end, mended + max(FAULTS * on.course.length, ordeal.hold))
        during = on.span(math.floor(on.course.injected.asked), math.ceil(mended))
        tries = amplification(on.tried(), on.span(*on.before), during, on.span(mended, after))
    called = _called(on, found, tries)
    released, in_vain = _let_down(on, ordeal) if called.word in ("metastable", "slow") else (None, None)
    itself = found if isinstance(found, Served) and found.status == "recovered" and called.word != "unknown" else None
    mended = on.course.mended.confirmed if on.course.mended is not None else 0.0
    return Hold(
        number=number, folder=folder, rate=ordeal.rate, fault=ordeal.fault, fate=called.word, why=called.why,
        seconds=_since(mended, itself.at) if itself else None, low=_since(mended, itself.low) if itself else None,
        high=_since(mended, itself.high) if itself else None,
        baseline=on.baseline.share if isinstance(on.baseline, Baseline) else None,
        before=tries.before if tries else None, after=tries.after if tries else None,
        waited=ordeal.waited, released=released, in_vain=in_vain,
        hysteresis=1.0 if itself else None if released is None else released / ordeal.rate,
    )  # fmt: skip


def _called(on: Ground, found: Served | str, tries: Amplification | None) -> Stability:
    of = on.course
    if of.mended is None or of.length is None:
        return Stability("unknown", of.why)
    if doubts := on.doubts(of.mended.confirmed, on.end):
        return Stability("unknown", doubts)
    return stability(found, of.mended.confirmed, on.end, of.length, None, tries, on.drill.retries == "on")


def _let_down(on: Ground, ordeal: Ordeal) -> tuple[float | None, float | None]:
    """The load at which it came back, and the lowest at which it had not."""
    if isinstance(on.baseline, Unsteady) or not ordeal.step or on.summary.elapsed <= ordeal.let_down:
        return None, None
    found = served(on.cohort, on.baseline, Rule.of(on.drill.service), ordeal.let_down, on.summary.elapsed)
    until = found.at if found.at is not None else on.summary.elapsed
    past = [rate for (_, rate), (ends, _) in pairwise(ordeal.stairs) if ends <= until]
    return (None if found.at is None else ordeal.offered(found.at)), min(past, default=None)


def _since(mended: float, at: float | None) -> float | None:
    return None if at is None else max(at - mended, 0.0)


def verdict(holds: Sequence[Hold]) -> Status:
    """Fail where one was metastable; unknown where none was, and one cannot be told."""
    fates: set[Fate] = {one.fate for one in holds}
    if "metastable" in fates:
        return Status.FAIL
    return Status.UNKNOWN if "unknown" in fates or not fates else Status.PASS


def sentence(holds: Sequence[Hold]) -> str:
    """What was found, for a reader who has only this line."""
    if len(holds) == 1:
        return _alone(holds[0])
    down = [one for one in holds if one.fate == "metastable"]
    if down:
        least = min(down, key=lambda one: (one.rate, one.fault))
        return (
            f"Metastable in {len(down)} of {len(holds)} holds: the lowest load that stayed down was {per_second(least.rate)}, "
            f"after a fault of {show(least.fault, Unit.SECONDS)}."
        )
    told = sum(one.fate != "unknown" for one in holds)
    if not told:
        return f"None of the {len(holds)} holds could be told."
    whole = f"{len(holds)} holds" if told == len(holds) else f"{told} of {len(holds)} holds that could be told"
    return f"No metastable failure in the {whole}."


def _alone(one: Hold) -> str:
    at = f"at {per_second(one.rate)} after a fault of {show(one.fault, Unit.SECONDS)}"
    if one.fate == "recovered":
        return f"It came back by itself {show(one.seconds or 0.0, Unit.SECONDS)} after the mend, {at}."
    if one.fate == "metastable":
        return f"Metastable {at}: {one.why}. {_push(one)}"
    if one.fate == "slow":
        back = "" if one.seconds is not None else f" {_push(one)}"
        return f"Slow, and not metastable, {at}: {one.why}.{back}"
    return f"It cannot be told {at}: {one.why}."


def _push(one: Hold) -> str:
    """What it took to bring it back."""
    if one.released is not None and one.hysteresis is not None:
        return (
            f"It came back when the load was let down to {per_second(one.released)}, {percent(one.hysteresis)} of what had brought it down."
        )
    if one.in_vain is not None:
        return f"Not even {per_second(one.in_vain)} let it come back: it needs another push, such as a restart."
    return "The load was not stepped down."
