"""What a command line speaks of, read for the verbs: a scenario by its name or path with its files, a quantity."""

import os
from pathlib import Path

from rushproof import catalogue
from rushproof.arrivals import Trace
from rushproof.errors import InputError, ScenarioError
from rushproof.quantity import Quantity
from rushproof.scenario_file import ScenarioFile, read_budget, read_scenario, with_traces


def scenario_of(word: str, changes: list[tuple[str, str]], arm: str = "", drill: str | None = None) -> tuple[ScenarioFile, Path]:
    """The scenario, or one of its arms, and the folder its paths are relative to; `drill` is an experiment that it goes through."""
    path = catalogue.scenario(word)
    if drill is not None:
        _text(Path(drill))  # what cannot be read is told under the name that was given
        quoted = os.path.relpath(drill, path.parent).replace("'", "''")
        changes = [*changes, ("drill.experiment", f"'{quoted}'")]
    file = read_scenario(_text(path), str(path), path.stem, changes, arm, lambda name: _text(path.parent / name))
    traces = {
        crowd.arrivals.file for crowd in file.scenario.crowds.values() if isinstance(crowd.arrivals, Trace) and not crowd.arrivals.points
    }
    return with_traces(file, {name: _text(path.parent / name) for name in traces}), path.parent


def budget_of(word: str, file: ScenarioFile) -> ScenarioFile:
    """The scenario with the budget of a file instead of its own; mistakes are shown in that file."""
    return read_budget(_text(Path(word)), word, file.scenario)


def positive(flag: str, kind: type[Quantity], text: str | None) -> float | None:
    """The value of an option that was given, which is more than 0."""
    if text is None:
        return None
    try:
        value = float(kind.read(text))
    except ValueError as problem:
        raise InputError(f"{flag}: {problem}") from None
    if value <= 0:
        raise InputError(f"{flag}: expected more than 0, found {text!r}")
    return value


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(str(path), "", "not UTF-8 text") from None
    except OSError as problem:
        raise ScenarioError(str(path), "", f"cannot be read: {problem.strerror}") from None
