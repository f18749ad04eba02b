"""A scenario's text, read: YAML → typed values, or one message with every mistake, its place, its line, and the nearest right word."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from rushproof import conform, soundness
from rushproof.arrivals import Trace
from rushproof.budget import Budget
from rushproof.document import Document, read_document
from rushproof.errors import InputError, nearest
from rushproof.experiment import put_in, read_experiment
from rushproof.quantity import decode
from rushproof.scalars import typed
from rushproof.scenario import Scenario
from rushproof.timetable import Window


class BudgetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `--budget FILE` holds: limits that replace the scenario's, and windows beside the scenario's."""

    budget: Budget
    windows: Mapping[str, Window] = msgspec.field(default_factory=dict)


class ScenarioFile(msgspec.Struct, frozen=True):
    """A scenario with the document it was read from, so that what is found wrong later can still be shown in its place."""

    scenario: Scenario
    document: Document


Opened = Callable[[str], str]
"""The text of a file beside the scenario."""


def read_scenario(
    text: str, file: str, name: str, changes: Sequence[tuple[str, str]] = (), arm: str = "", opened: Opened | None = None
) -> ScenarioFile:
    """The scenario `name` of a file's text, or one of its arms, with `path=value` changes put in; ScenarioError with all its mistakes.

    All arms are looked at, whichever is asked for; mistakes of an arm are shown under its name.

    `opened` is asked for the experiment of a drill.  A trace's CSV, the personas and the invariants stand in other files; who can open
    those checks them.
    """
    document = read_document(text, file).changed(list(changes))
    if "name" in document.tree:
        raise document.error(("name",), f"unknown key: a scenario is named by its file, here {name!r}")
    files = {"": _read(_with_experiment(document, opened), name)}
    for each in document.tree.get("arms", {}):
        files[each] = _read(_with_experiment(document.armed(each), opened), name)
    if arm not in files:
        known = [each for each in files if each]
        raise InputError(f"--arms: no arm {arm!r} in {file}{nearest(arm, known) if known else ', which has no arms'}")
    return files[arm]


def _read(document: Document, name: str) -> ScenarioFile:
    tree = {**document.tree, "name": name}
    found = list(conform.mistakes(tree, Scenario))
    if found:
        raise document.errors(found)
    scenario = msgspec.convert(_passed_on(tree), Scenario, strict=False, dec_hook=decode)
    found = list(soundness.mistakes(scenario))
    if document.arm and scenario.arms:
        found.append((("arms",), "an arm has no arms of its own"))
    if not document.arm and scenario.expect is not None:
        found.append((("expect",), "only an arm says what is expected of it: write it under arms.NAME"))
    if found:
        raise document.errors(found)
    return ScenarioFile(scenario, document)


def _with_experiment(document: Document, opened: Opened | None) -> Document:
    """The document with the faults and probes of its drill's experiment put in; what is wrong with them is shown there."""
    drill = document.tree.get("drill")
    file = drill.get("experiment") if isinstance(drill, dict) else None
    if not isinstance(file, str) or opened is None:
        return document
    try:
        return msgspec.structs.replace(document, tree=put_in(document.tree, read_experiment(opened(file))))
    except ValueError as problem:
        raise document.error(("drill", "experiment"), f"{file}: {problem}") from None


def _passed_on(tree: dict[str, Any]) -> dict[str, Any]:
    """The tree with what faults and probes send on to others as they need it: numbers as numbers."""
    drill = tree.get("drill") or {}
    if drill.get("faults"):
        tree = {**tree, "drill": {**drill, "faults": _typed_inside(drill["faults"])}}
    return {**tree, "probes": _typed_inside(tree["probes"])} if tree.get("probes") else tree


def _typed_inside(named: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        name: {key: typed(value) if isinstance(value, dict | list) else value for key, value in each.items()}
        for name, each in named.items()
    }


def read_budget(text: str, file: str, scenario: Scenario) -> ScenarioFile:
    """The scenario with the budget of a budget file instead of its own."""
    document = read_document(text, file)
    found = list(conform.mistakes(document.tree, BudgetFile))
    if found:
        raise document.errors(found)
    replacing = msgspec.convert(document.tree, BudgetFile, strict=False, dec_hook=decode)
    windows = {**scenario.windows, **replacing.windows}
    changed = msgspec.structs.replace(scenario, budget=replacing.budget, windows=windows)
    found = [mistake for mistake in soundness.mistakes(changed) if mistake[0][0] == "windows"]
    if found:
        raise document.errors(found)
    return ScenarioFile(changed, document)


def with_traces(file: ScenarioFile, texts: Mapping[str, str]) -> ScenarioFile:
    """The scenario with its traces' CSV texts (by the file name it gives) read into points."""
    crowds = dict(file.scenario.crowds)
    for name, crowd in crowds.items():
        if isinstance(crowd.arrivals, Trace) and not crowd.arrivals.points:
            path = ("crowds", name, "arrivals", "file")
            try:
                points = trace_points(texts[crowd.arrivals.file])
            except ValueError as problem:
                raise file.document.error(path, f"{crowd.arrivals.file}: {problem}") from None
            shape = msgspec.structs.replace(crowd.arrivals, points=points)
            crowds[name] = msgspec.structs.replace(crowd, arrivals=shape)
    scenario = msgspec.structs.replace(file.scenario, crowds=crowds)
    return msgspec.structs.replace(file, scenario=scenario)


def trace_points(text: str) -> tuple[tuple[float, float], ...]:
    """The rows `at,rate` of a trace; a first line of words is its header.  ValueError says which line is wrong."""
    points: list[tuple[float, float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.split(",")]
        if not line.strip() or (number == 1 and cells == ["at", "rate"]):
            continue
        try:
            at, rate = (float(cell) for cell in cells)
        except ValueError:
            raise ValueError(f"line {number}: expected at,rate (seconds, arrivals a second), found {line!r}") from None
        if not 0 <= rate < float("inf") or not 0 <= at < float("inf") or (points and at <= points[-1][0]):
            raise ValueError(f"line {number}: expected a later moment and a rate of at least 0, found {line!r}")
        points.append((at, rate))
    if len(points) < 2:
        raise ValueError("expected at least two rows: the last one ends the trace")
    return tuple(points)
