"""Whether a budget can be meant: what it names exists, its bounds are in the measure's unit, its percentiles have their guard."""

from collections.abc import Collection, Iterator, Mapping

from rushproof.budget import MEASURES, RECOVERY, UNITS, Budget, Limit
from rushproof.drill import DrillSpec
from rushproof.errors import nearest
from rushproof.quantity import Unit
from rushproof.sample import OUTCOMES, VISIT

Path = tuple[str, ...]
Mistakes = Iterator[tuple[str, str]]

_OF = ("response", "service", "wait", "intent", "stretch")
"""what a percentile can be of"""
_GUARDS = ("good_share", "acknowledged")
_WITH_OUTCOME = ("share", "throughput", "offered", "count")
_PROBED = ("backlog", "ledger", "customer")
"""clocks that a drill has only where it says by what they are told"""
_STEPPED = ("recovery.goodput", "recovery.isolation")
_EXPECTED = {
    Unit.SECONDS: "a duration such as 500ms or 10s",
    Unit.SHARE: "a share such as 99.9%",
    Unit.RATE: "a rate such as 2000/s",
    Unit.COUNT: "a whole number such as 100",
}


def check_budget(
    budget: Budget, steps: Mapping[str, Collection[str]], windows: Collection[str], drill: DrillSpec | None = None
) -> list[tuple[Path, str]]:
    """Every place of a budget that cannot be meant, as a path and what was expected there.

    `steps`: by crowd, the steps of its persona (whole visits are known without being named).  `windows`: the scenario's.
    """
    found: list[tuple[Path, str]] = []
    for place, limit in enumerate(budget):
        recovers = limit.measure in RECOVERY
        for field, problem in _of_recovery(limit, steps, drill) if recovers else _mistakes(limit, steps, windows):
            found.append((("budget", str(place), field) if field else ("budget", str(place)), problem))
        if _bounds(limit) == 1 and unguarded(limit, budget):
            found.append((("budget", str(place), "outcome"), _unguarded(limit)))
    return found


def is_quantile(limit: Limit) -> bool:
    """Whether the limit is on a percentile or a maximum."""
    return MEASURES.get(limit.measure) is Unit.SECONDS


def unguarded(limit: Limit, budget: Budget) -> bool:
    """Whether it is a percentile of one outcome with nothing beside it that a target failing fast would break.

    The guard is a `good_share` or `acknowledged` limit (at least) of the same step, for the same crowd or all, over the same window or
    the whole run.
    """
    if not is_quantile(limit) or limit.outcome is None or limit.step == VISIT:
        return False
    return not any(_guards(other, limit) for other in budget)


def _guards(other: Limit, limit: Limit) -> bool:
    if other.measure not in _GUARDS or other.at_least is None or other.at_least.value <= 0:
        return False
    return other.step == limit.step and other.crowd in (None, limit.crowd) and other.window in (None, limit.window)


def _unguarded(limit: Limit) -> str:
    step = f" for the step {limit.step}" if limit.step else ""
    return (
        f"{limit.measure} of samples {limit.outcome} would pass a target that fails fast; "
        f"expected a good_share or acknowledged limit (at_least){step} beside it"
    )


def _mistakes(limit: Limit, steps: Mapping[str, Collection[str]], windows: Collection[str]) -> Mistakes:
    if limit.measure not in MEASURES:
        yield "measure", f"no measure {limit.measure!r}{nearest(limit.measure, (*MEASURES, *RECOVERY))}"
        return
    yield from _whom(limit, steps)
    if limit.window is not None and limit.window not in windows:
        yield "window", f"no window {limit.window!r} in the scenario{nearest(limit.window, windows)}"
    yield from _outcome(limit)
    yield from _of(limit)
    yield from _within(limit)
    yield from _bound(limit)


def _of_recovery(limit: Limit, steps: Mapping[str, Collection[str]], drill: DrillSpec | None) -> Mistakes:
    if drill is None:
        yield "measure", f"{limit.measure} is of a drill, and the scenario has none"
        return
    clock = limit.measure.removeprefix("recovery.")
    if clock in _PROBED and getattr(drill, clock) is None:
        yield "measure", f"the drill does not say by what its {clock} is seen to be well: expected `drill.{clock}`"
    if clock == "detection" and drill.alarm is None:
        yield "measure", "the drill names no probe of the target's own alarm: expected `drill.alarm`"
    if limit.measure == "recovery.goodput" and limit.step is None:
        yield "step", "'recovery.goodput' needs one"
    if limit.measure == "recovery.isolation" and limit.step is None and not drill.apart:
        yield "step", "'recovery.isolation' needs one where the drill has no steps that are `apart`"
    for field in ("crowd", "outcome", "window", "within", *(() if limit.measure in _STEPPED else ("step",))):
        if getattr(limit, field) is not None:
            yield field, f"{limit.measure} has none"
    if limit.step is not None and limit.measure in _STEPPED:
        yield from _whom(limit, steps)
    yield from _of(limit)
    yield from _bound(limit)


def _whom(limit: Limit, steps: Mapping[str, Collection[str]]) -> Mistakes:
    if limit.crowd is not None and limit.crowd not in steps:
        yield "crowd", f"no crowd {limit.crowd!r} in the scenario{nearest(limit.crowd, steps)}"
        return
    known = {step for crowd, of_crowd in steps.items() if limit.crowd in (None, crowd) for step in of_crowd} | {VISIT}
    if limit.step is not None and limit.step not in known:
        whose = f"the crowd {limit.crowd}" if limit.crowd else "any crowd"
        yield "step", f"no step {limit.step!r} in {whose}{nearest(limit.step, known)}"
    elif limit.measure == "finished" and limit.step not in (None, VISIT):
        yield "step", f"finished is of visits, expected no step, found {limit.step!r}"
    elif limit.measure in (*_GUARDS, "throughput") and limit.step == VISIT:
        yield "step", f"{limit.measure} is of samples or intents; for visits there is 'finished'"


def _outcome(limit: Limit) -> Mistakes:
    if limit.outcome is None:
        if limit.measure == "share":
            yield "outcome", f"'share' needs one; known: {', '.join(OUTCOMES)}"
    elif limit.outcome not in OUTCOMES:
        yield "outcome", f"no outcome {limit.outcome!r}{nearest(limit.outcome, OUTCOMES)}"
    elif not is_quantile(limit) and limit.measure not in _WITH_OUTCOME:
        yield "outcome", f"{limit.measure} speaks of its own outcome, expected none, found {limit.outcome!r}"


def _of(limit: Limit) -> Mistakes:
    if not is_quantile(limit):
        if limit.of != "response":
            yield "of", f"only a percentile is of something, and {limit.measure} is none"
    elif limit.of not in _OF:
        yield "of", f"no distribution {limit.of!r}{nearest(limit.of, _OF)}"
    elif (limit.of == "stretch") != (limit.step == VISIT):
        yield "of", f"a percentile of the step {VISIT!r} is of 'stretch', and only that; found {limit.of!r} of {limit.step or 'all steps'}"


def _within(limit: Limit) -> Mistakes:
    if limit.measure != "good_share":
        if limit.within is not None:
            yield "within", f"only good_share has it, and this is {limit.measure}"
    elif limit.within is None:
        yield "within", "'good_share' needs it: how soon is good, such as 500ms"
    elif limit.within.unit is not Unit.SECONDS:
        yield "within", f"expected {_EXPECTED[Unit.SECONDS]}, found {str(limit.within)!r}"


def _bound(limit: Limit) -> Mistakes:
    if _bounds(limit) != 1:
        yield "", f"expected exactly one of 'at_most' and 'at_least', found {'both' if _bounds(limit) else 'neither'}"
        return
    unit = UNITS[limit.measure]
    if limit.bound.unit is not unit:
        side = "at_most" if limit.at_most is not None else "at_least"
        yield side, f"a {limit.measure} is bounded by {_EXPECTED[unit]}, found {str(limit.bound)!r}"


def _bounds(limit: Limit) -> int:
    return (limit.at_most is not None) + (limit.at_least is not None)
