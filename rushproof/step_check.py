"""Whether what a scenario says of steps, and of the headers of every request, can be meant."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rushproof.document import Path
from rushproof.errors import nearest
from rushproof.plan import StepSpec
from rushproof.rule import Rule
from rushproof.scenario import Scenario

Mistakes = Iterator[tuple[Path, str]]

_BLANK = re.compile(r"\{([a-z_]+)\}")
_BLANKS = ("token", "id")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = {"host", "connection", "content-length", "transfer-encoding", "idempotency-key"}


def step_mistakes(scenario: Scenario) -> Mistakes:
    """Each rule that could fit nothing, and each header that could not be sent."""
    for name, crowd in scenario.crowds.items():
        for step, spec in crowd.steps.items():
            yield from _step(spec, ("crowds", name, "steps", step))
    yield from _headers(scenario)


def unknown_steps(specs: Mapping[str, StepSpec], steps: Mapping[str, str | None], path: Path) -> Mistakes:
    """Each step that the persona does not have; `steps` are those it has, with what each promises."""
    for step, spec in specs.items():
        if step not in steps:
            yield (*path, step), f"the persona has no such step{nearest(step, steps)}"
        elif spec.promises is not None and spec.promises.kind is None and steps[step] is None:
            yield (*path, step, "promises"), "'kind' is missing: the persona's step promises nothing by itself; such as kind: reservation"


def with_promises(specs: Mapping[str, StepSpec], steps: Mapping[str, str | None]) -> dict[str, str | None]:
    """The persona's steps, and what each promises once the scenario has had its say."""
    said = {step: spec.promises.kind for step, spec in specs.items() if spec.promises is not None and spec.promises.kind is not None}
    return {**steps, **said}


def _step(spec: StepSpec, path: Path) -> Mistakes:
    if spec.outcomes == ():
        yield (*path, "outcomes"), "expected at least one rule, such as {outcome: refused, status: 409}"
    for nth, rule in enumerate(spec.outcomes or ()):
        yield from _rule(rule, (*path, "outcomes", str(nth)))
    if spec.timeout is not None and spec.timeout <= 0:
        yield (*path, "timeout"), f"expected more than 0, found {spec.timeout:g}"
    for field, name in (("sequence", spec.promises.sequence), ("key", spec.promises.key)) if spec.promises else ():
        if name is not None and not all(name.split(".")):
            yield (*path, "promises", field), f"expected a field such as data.id, found {name!r}"


def _rule(rule: Rule, path: Path) -> Mistakes:
    for name, value in rule.body.items():
        if not all(name.split(".")):
            yield (*path, "body", name), "expected a field such as code or data.code"
        yield from _values(value, (*path, "body", name))
    for name, value in rule.headers.items():
        if not _TOKEN.fullmatch(name):
            yield (*path, "headers", name), "expected the name of a header"
        yield from _values(value, (*path, "headers", name))


def _values(value: Any, path: Path) -> Mistakes:
    values = value if isinstance(value, list | tuple) else [value]
    if not values:
        yield path, "expected at least one text, found an empty list"
    elif any(isinstance(one, dict | list) for one in values):
        yield path, "expected a text, or a list of texts"


def _headers(scenario: Scenario) -> Mistakes:
    persons = scenario.persons
    for name, value in scenario.target.transport.headers.items():
        path = ("target", "transport", "headers", name)
        if not _TOKEN.fullmatch(name):
            yield path, "expected the name of a header"
        elif name.lower() in _OURS:
            yield path, "the engine writes this header itself"
        if any(ord(letter) < 32 and letter != "\t" for letter in value):
            yield path, "expected one line: a header cannot hold a line's end"
        for blank in _BLANK.findall(value):
            if blank not in _BLANKS:
                yield path, f"unknown blank {{{blank}}}{nearest(blank, _BLANKS)}"
            elif blank == "token" and (persons is None or (persons.token is None and persons.signer is None)):
                yield path, "nobody has a {token}: name its column in persons.token, or give persons.signer"
