"""Whether each line of a drill's table names a figure that its recovery will have: `measured` must not be empty for a slip of the pen."""

from collections.abc import Collection, Iterator

from rushproof.document import Path
from rushproof.drill import DrillSpec
from rushproof.errors import nearest
from rushproof.recovery.compared import FIGURES, OF_A_STEP, PARTS
from rushproof.scenario import Scenario
from rushproof.timetable import Moment, Timetable

Mistakes = Iterator[tuple[Path, str]]

_PEOPLE = "people"


def compare_mistakes(scenario: Scenario) -> Mistakes:
    """Each line of `compare` of something that no recovery has, or that this drill does not count."""
    drill = scenario.drill
    for nth, row in enumerate(drill.compare if drill is not None else ()):
        assert drill is not None
        if problem := _mistake(row.of, drill, scenario.timetable):
            yield ("drill", "compare", str(nth), "of"), problem


def compare_unknown(scenario: Scenario, steps: Collection[str]) -> Mistakes:
    """Each line of `compare` of a step that nobody takes."""
    for nth, row in enumerate(scenario.drill.compare if scenario.drill is not None else ()):
        head, _, step = row.of.partition(".")
        if head in OF_A_STEP and step not in steps:
            yield ("drill", "compare", str(nth), "of"), f"no crowd has a step {step!r}{nearest(step, steps)}"


def _mistake(of: str, drill: DrillSpec, timetable: Timetable) -> str:
    head, _, rest = of.partition(".")
    if of == "tries" and (drill.people is None or drill.people.tries is None):
        return "the drill does not count tries; expected 'people' with a query 'tries'"
    if of in FIGURES or (head in OF_A_STEP and rest):
        return ""
    if head in PARTS:
        return "" if rest in PARTS[head] else f"no part {rest!r} of {head}{nearest(rest, PARTS[head])}"
    if head == _PEOPLE and rest:
        return _of_people(rest, drill, timetable)
    known = (*FIGURES, *(f"{name}.{part}" for name, parts in PARTS.items() for part in parts))
    return f"no figure {of!r} of a recovery{nearest(of, (*known, *(f'{name}.STEP' for name in OF_A_STEP), f'{_PEOPLE}.COLUMN'))}"


def _of_people(rest: str, drill: DrillSpec, timetable: Timetable) -> str:
    if drill.people is None:
        return "the drill does not count people; expected 'people' with a query"
    _, at, moment = rest.partition("@")
    if not at:
        return ""
    try:
        timetable.at(Moment.read(moment))
    except ValueError as problem:
        return str(problem)
    return ""
