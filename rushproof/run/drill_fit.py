"""Whether a drill fits the run that is asked for: its part of the timetable, its personas, and what the target's owner allows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rushproof.audit import is_question, known
from rushproof.compare_check import compare_unknown
from rushproof.document import Document
from rushproof.drill_check import drill_mistakes, drill_outside, drill_unknown
from rushproof.errors import SafetyError
from rushproof.playbill import kind_of
from rushproof.run.hosts import TARGETS
from rushproof.run.inspection import Inspected
from rushproof.scenario import Scenario
from rushproof.targets import Host
from rushproof.timetable import Timetable

_OF_STEPS = {"step", "apart", "compare"}


def check_place(scenario: Scenario, part: Timetable, document: Document) -> None:
    """ScenarioError for a fault outside of what is run, or on somebody whom this run does not start."""
    if wrong := [*drill_mistakes(scenario), *drill_outside(scenario, part)]:
        raise document.errors(wrong)


def check_words(scenario: Scenario, document: Document, directories: Sequence[Path], found: Mapping[str, Inspected]) -> None:
    """ScenarioError for a step or a query that the drill goes by and nobody has."""
    queries = [name for name, file in known(directories).items() if is_question(file)]
    steps = {name: one.steps for name, one in found.items()}
    wrong = [*drill_unknown(scenario, steps, queries), *compare_unknown(scenario, {step for each in steps.values() for step in each})]
    if any(one.kind == "user" for one in found.values()):  # the steps of an ordinary Locust user are known only when it ran
        wrong = [one for one in wrong if not _OF_STEPS & set(one[0])]
    if wrong:
        raise document.errors(wrong)


def check_allowed(scenario: Scenario, host: Host | None) -> None:
    """SafetyError for a kind of fault that the target's owner does not allow there."""
    if scenario.drill is None or host is None:
        return
    for name, fault in scenario.drill.faults.items():
        if kind_of(fault) not in host.faults:
            allowed = ", ".join(host.faults) or "none"
            told = f"its owner, {host.owner}, does not allow {kind_of(fault)!r} there"
            raise SafetyError(f"the fault {name!r}: {told}; faults allowed in {TARGETS}: {allowed}")
