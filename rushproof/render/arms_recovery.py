"""The arms of a drill side by side: clocks, losses, what became of people, and what once really happened."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from rushproof.clocks import Clock, Recovery
from rushproof.quantity import Unit, lasting
from rushproof.recovery_measures import CLOCKS, clock_of
from rushproof.render.headline import NOTHING, amount
from rushproof.render.recovered import stopped
from rushproof.render.sheet import Sheet
from rushproof.render.steps import Grid
from rushproof.report import Report

Tell = Callable[[Recovery], str]

_FIGURES: Mapping[str, Tell] = {
    "good in the baseline": lambda of: amount(of.baseline, Unit.SHARE),
    "outage that users felt": lambda of: NOTHING if of.loss is None else lasting(of.loss.service),
    "intents lost": lambda of: NOTHING if of.loss is None else f"{of.loss.requests:,.0f}",
    "deepest fall": lambda of: NOTHING if of.loss is None else amount(of.loss.depth, Unit.SHARE),
    "tries an intent during it": lambda of: NOTHING if of.amplification is None else f"{of.amplification.during:.3g}",
    "tries an intent after it": lambda of: NOTHING if of.amplification is None else f"{of.amplification.after:.3g}",
    "backlog, of its forecast": lambda of: NOTHING if of.drain is None else f"{of.drain:.3g} ×",
    "tries of the median affected": lambda of: NOTHING if of.tries is None else f"{of.tries:g}",
    "came back": lambda of: of.stability,
}


def drilled(reports: Mapping[str, Report], arms: Sequence[str]) -> Iterator[Sheet]:
    """The table with the sentences that it gives rise to; none where no arm had a drill that could be told."""
    of = {arm: found for arm in arms if arm in reports and (found := reports[arm].recovery) is not None}
    if not of:
        return
    once = next((each.compared_with for each in of.values() if each.compared_with), "")
    rows = [(*row, *([NOTHING] if once else [])) for row in _rows(of, arms)]
    rows += _compared(of, arms, bool(once))
    grid = Grid(("",), (*arms, *([once] if once else [])), tuple(rows))
    yield Sheet("The drill, arm by arm; the clocks count from the last mend", grid, differences(of))


def differences(of: Mapping[str, Recovery]) -> tuple[str, ...]:
    """By how much a clock stopped earlier in an arm than in the one before it, wherever their brackets do not touch."""
    said = []
    for (before, first), (arm, second) in pairwise(of.items()):
        for name, what in CLOCKS.items():
            one, other = clock_of(first, name), clock_of(second, name)
            if one.time == other.time and (told := _difference(one, other)):
                said.append(f"In {arm} {what} {told} than in {before} ({one.time} time).")
    return tuple(said)


def _difference(one: Clock, other: Clock) -> str:
    """`27 min to 29 min earlier`; empty where they may have been alike."""
    low, high = (_ends(each) for each in (one, other))
    if low is None or high is None:
        return ""
    (early, late), (other_early, other_late) = low, high
    if other_late < early:
        return f"{_between(early - other_late, late - other_early)} earlier"
    if late < other_early:
        return f"{_between(other_early - late, other_late - early)} later"
    return ""


def _between(least: float, most: float) -> str:
    if most == float("inf"):
        return f"{lasting(least)} or more"
    return lasting(least) if lasting(least) == lasting(most) else f"{lasting(least)} to {lasting(most)}"


def _ends(clock: Clock) -> tuple[float, float] | None:
    if clock.status == "not recovered" and clock.low is not None:
        return clock.low, float("inf")
    if clock.status != "recovered" or clock.seconds is None:
        return None
    return (clock.seconds if clock.low is None else clock.low), (clock.seconds if clock.high is None else clock.high)


def _rows(of: Mapping[str, Recovery], arms: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for name in (*CLOCKS, "detection"):
        clocks = {arm: clock_of(each, name) for arm, each in of.items()}
        time = next((clock.time for clock in clocks.values() if clock.status != "not observed"), "")
        label = f"{name}, {time} time" if time else name
        yield (label, *(_cell(clocks[arm]) if arm in clocks else NOTHING for arm in arms))
    for label, tell in _FIGURES.items():
        cells = tuple(tell(of[arm]) if arm in of else NOTHING for arm in arms)
        if any(cell != NOTHING for cell in cells):
            yield (label, *cells)
    yield from _people(of, arms)


def _cell(clock: Clock) -> str:
    """As narrow as it can be told: there may be many arms."""
    return f"> {lasting(clock.low)}" if clock.status == "not recovered" and clock.low is not None else stopped(clock)


def _people(of: Mapping[str, Recovery], arms: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What had become of those affected at the last moment of each arm."""
    last = {arm: each.people[-1] for arm, each in of.items() if each.people}
    if not last:
        return
    yield ("affected", *(f"{last[arm].affected:,}" if arm in last else NOTHING for arm in arms))
    for name in dict.fromkeys(name for row in last.values() for name in row.became):
        yield (f"  {name} in the end", *(f"{last[arm].became.get(name, 0):,}" if arm in last else NOTHING for arm in arms))


def _compared(of: Mapping[str, Recovery], arms: Sequence[str], once: bool) -> list[tuple[str, ...]]:
    by_arm = {arm: {row.name: row for row in each.compared} for arm, each in of.items()}
    rows = []
    for name in dict.fromkeys(name for found in by_arm.values() for name in found):
        found = [by_arm.get(arm, {}).get(name) for arm in arms]
        happened = next((row.happened for row in found if row is not None and row.happened), NOTHING)
        cells = (row.measured.split(" (")[0] or NOTHING if row is not None else NOTHING for row in found)  # brackets stand in each report
        rows.append((name, *cells, *([happened] if once else [])))
    return rows
