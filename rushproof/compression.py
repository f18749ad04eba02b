"""What a faster clock would break: refused, with the speed that would do."""

from collections.abc import Iterator

from rushproof.arrivals import Opening, Spike
from rushproof.document import Path
from rushproof.quantity import Unit
from rushproof.scenario import Scenario

FINEST = 0.001
"""seconds of wall time below which the engine's timer cannot place an arrival"""
TRIES = 5
"""how many slow answers a person's patience must outlast, or giving up becomes the compression's doing"""


def mistakes(scenario: Scenario, speed: float) -> Iterator[tuple[Path, str]]:
    """Why the scenario cannot run at `speed`, each with the place and the speed that would do."""
    if speed != 1.0 and scenario.target.clock is None:
        yield ("target",), f"speed {speed:g} needs a target whose clock can be set, but 'clock' is missing; speed 1 would do"
    if speed <= 1.0:
        return
    for path, width in _widths(scenario):
        if 0 < width / speed < FINEST:
            yield path, f"at speed {speed:g} it lasts {width / speed * 1e3:.3g} ms, finer than the timer; speed {width / FINEST:g} would do"
    bound = slowest(scenario)
    least = scenario.population.patience.least
    if bound is not None and least / speed < TRIES * bound:
        yield (
            ("population", "patience", "least"),
            f"at speed {speed:g} the least patience is {least / speed:.3g} s, under {TRIES} × the {bound:g} s that p99 may take;"
            f" speed {least / (TRIES * bound):.3g} would do",
        )


def slowest(scenario: Scenario) -> float | None:
    """The tightest bound of the budget on a p99 of one try: what the scenario itself calls slow; None where it has none."""
    bounds = [
        limit.bound.value
        for limit in scenario.budget
        if limit.measure == "p99" and limit.of in ("response", "service") and limit.at_most and limit.bound.unit is Unit.SECONDS
    ]
    return min(bounds, default=None)


def _widths(scenario: Scenario) -> Iterator[tuple[Path, float]]:
    """Every width in scenario time that the engine has to keep."""
    for name, crowd in scenario.crowds.items():
        path = ("crowds", name, "arrivals")
        match crowd.arrivals:
            case Opening():
                yield (*path, "spike_for"), crowd.arrivals.spike_for
                if crowd.arrivals.comb:
                    yield (*path, "comb", "width"), crowd.arrivals.comb.width
            case Spike():
                for key in ("rise", "hold", "fall"):
                    yield (*path, key), getattr(crowd.arrivals, key)
