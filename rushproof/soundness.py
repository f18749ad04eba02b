"""Whether what a scenario says can be meant: moments that exist, spans that run forwards, people for every crowd.

Its types are right when this looks at it; each check names the place and what was expected there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rushproof.again_check import again_mistakes
from rushproof.arrivals import Trace, has_rates
from rushproof.compare_check import compare_mistakes
from rushproof.document import Path
from rushproof.drill_check import drill_mistakes
from rushproof.errors import nearest
from rushproof.ledger_check import ledger_mistakes
from rushproof.persons_check import persons_mistakes
from rushproof.scenario import BesideSpec, CrowdSpec, Scenario, TargetSpec
from rushproof.step_check import step_mistakes
from rushproof.stretch_check import jumped, stretch_mistakes
from rushproof.surroundings import around
from rushproof.timetable import Moment
from rushproof.transport_check import transport_mistakes

Mistakes = Iterator[tuple[Path, str]]

_BLANKS = ("port", "folder", "speed", "scale", "python")
_BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def mistakes(scenario: Scenario) -> Mistakes:
    """Each place where the scenario contradicts itself, and the sentence about it.

    While the timetable itself is wrong, nothing that stands on it is looked at: one mistake would be told many times.
    """
    for checks in _CHECKS:
        found = [mistake for check in checks for mistake in check(scenario)]
        yield from found
        if found:
            return


def _moments(scenario: Scenario) -> Mistakes:
    for name, moment in scenario.timetable.moments.items():
        yield from _known(scenario, ("timetable", "moments", name), moment)


def _timetable(scenario: Scenario) -> Mistakes:
    yield from _known(scenario, ("timetable", "from"), scenario.timetable.first)
    yield from _known(scenario, ("timetable", "to"), scenario.timetable.last)
    span = _span(scenario, scenario.timetable.first, scenario.timetable.last)
    if span and span[0] >= span[1]:
        yield ("timetable", "to"), f"expected a moment after {scenario.timetable.first}, found {scenario.timetable.last}"


def _windows(scenario: Scenario) -> Mistakes:
    whole = _span(scenario, scenario.timetable.first, scenario.timetable.last)
    for name, window in scenario.windows.items():
        path = ("windows", name)
        yield from _known(scenario, (*path, "from"), window.first)
        yield from _known(scenario, (*path, "to"), window.last)
        span = _span(scenario, window.first, window.last)
        if span and span[0] >= span[1]:
            yield (*path, "to"), f"expected a moment after {window.first}, found {window.last}"
        elif span and whole and (span[0] < whole[0] or span[1] > whole[1]):
            table = scenario.timetable
            yield (
                path,
                f"{window.first} to {window.last} is off the timetable, which runs from {table.clock(whole[0])} to {table.clock(whole[1])}",
            )


def _crowds(scenario: Scenario) -> Mistakes:
    if not scenario.crowds:
        yield ("crowds",), "expected at least one crowd"
    for name, crowd in scenario.crowds.items():
        path = ("crowds", name)
        if not _NAME.fullmatch(name):
            yield path, f"expected a name of small letters, digits and underscores, found {name!r}"
        yield from _people(crowd, path)
        wrong = [mistake for key, moment in _moments_of(crowd.arrivals) for mistake in _known(scenario, (*path, "arrivals", key), moment)]
        yield from wrong
        if not wrong:
            yield from _curve(scenario, crowd, (*path, "arrivals"))


def _arms(scenario: Scenario) -> Mistakes:
    for name in scenario.arms:
        if not _NAME.fullmatch(name):
            yield ("arms", name), f"expected a name of small letters, digits and underscores, found {name!r}"


def _people(crowd: CrowdSpec, path: Path) -> Mistakes:
    if (crowd.arrivals is None) == (crowd.users is None):
        yield path, "expected either 'arrivals' (persons who come) or 'users' (an ordinary Locust user's)"
    if crowd.arrivals is None and crowd.people is not None:
        yield (*path, "people"), "expected 'arrivals' beside it: how they come"
    if crowd.arrivals is not None and not has_rates(crowd.arrivals) and crowd.people is None and crowd.of is None:
        yield path, "'people' is missing: the shape has no rate that says how many come"


def _curve(scenario: Scenario, crowd: CrowdSpec, path: Path) -> Mistakes:
    """What only the drawn curve shows: a spike outside its time, shares above one, a trace of one row."""
    try:
        if crowd.arrivals is not None and not (isinstance(crowd.arrivals, Trace) and not crowd.arrivals.points):
            crowd.arrivals.curve(scenario.timetable)
    except ValueError as problem:
        yield path, str(problem)


def _moments_of(shape: Any) -> Iterator[tuple[str, Moment]]:
    for field, key in (("first", "from"), ("last", "to"), ("at", "at")):
        moment = getattr(shape, field, None)
        if isinstance(moment, Moment):
            yield key, moment


def _target(scenario: Scenario) -> Mistakes:
    yield from _beside(scenario)
    known = (*_BLANKS, *scenario.target.beside)
    yield from _blanks(scenario.target, ("target",), known)
    if not re.match(r"https?://[^/]", scenario.target.url) and not scenario.target.url.startswith("${"):
        yield ("target", "url"), f"expected a URL such as http://127.0.0.1:{{port}}, found {scenario.target.url!r}"
    if "{port}" in scenario.target.url and not scenario.target.command:
        yield ("target", "url"), "{port} is filled in for a target that is started, but there is no 'command'"


def _beside(scenario: Scenario) -> Mistakes:
    """Processes beside the target that cannot be started, or named."""
    before: list[str] = []
    for name, spec in scenario.target.beside.items():
        path: Path = ("target", "beside", name)
        if not _NAME.fullmatch(name) or name in _BLANKS:
            yield path, f"expected a name of small letters, digits and underscores, none of {', '.join(_BLANKS)}, found {name!r}"
        yield from _blanks(spec, path, (*_BLANKS, *before))
        before.append(name)
    for name, ledger in scenario.ledgers.items():
        for key in ("export", "http"):
            found = re.match(r"\{(\w+)\}", getattr(ledger, key) or "")
            if found is not None and found[1] not in before:
                told = f"no process {found[1]!r} beside the target{nearest(found[1], before) if before else ''}"
                yield ("ledgers", name, key), told
    asked: list[tuple[Path, str | None]] = [(("target",), scenario.target.quiet)]
    asked += [(("target", "beside", name), spec.quiet) for name, spec in scenario.target.beside.items()]
    for path, quiet in asked:
        if quiet is not None and not quiet.startswith("/"):
            yield (*path, "quiet"), f"expected a path such as /quiet, found {quiet!r}"


def _blanks(spec: TargetSpec | BesideSpec, path: Path, known: Sequence[str]) -> Mistakes:
    for key in ("command", "url"):
        for word in _BLANK.findall(getattr(spec, key) or ""):
            if word not in known:
                yield (*path, key), f"unknown blank {{{word}}}{nearest(word, known)}"


def _numbers(scenario: Scenario) -> Mistakes:
    for key, value in (("speed", scenario.speed), ("scale", scenario.scale), ("resolution", scenario.resolution)):
        if not 0 < value < float("inf"):
            yield (key,), f"expected more than 0, found {value:g}"
    if scenario.population.registered < 1:
        yield ("population", "registered"), "expected at least one person"
    if scenario.population.patience.least > scenario.population.patience.most:
        yield ("population", "patience"), "expected 'least' to be at most 'most'"


def _known(scenario: Scenario, path: Path, moment: Moment) -> Mistakes:
    try:
        scenario.timetable.at(moment)
    except ValueError as problem:
        yield path, str(problem)


def _span(scenario: Scenario, first: Moment, last: Moment) -> tuple[float, float] | None:
    """The two moments, or None where one is unknown, which is told elsewhere."""
    try:
        return scenario.timetable.at(first), scenario.timetable.at(last)
    except ValueError:
        return None


_CHECKS: tuple[tuple[Callable[[Scenario], Mistakes], ...], ...] = (
    (_moments, _target, _numbers, _arms, around, ledger_mistakes),
    (_timetable, stretch_mistakes),
    (_windows, _crowds, transport_mistakes, persons_mistakes, step_mistakes),
    (again_mistakes, drill_mistakes, compare_mistakes),
    (jumped,),
)
