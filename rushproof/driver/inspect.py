"""`python -m rushproof.driver.inspect`: what is in locustfiles, and whether settings fit them, asked in a process of its own.

In, on stdin, JSON: `[{"persona": path, "settings": {…}}, …]`.  Out, on stdout, JSON, one for each in order: `{"persona", "name",
"kind": "crowd" | "user", "about", "steps": {name: promised kind or null}, "settings": {name: default}, "error": null}`, where an
error is `{"path", "problem"}`.
Loading a locustfile may import Locust, which patches its process; so nobody should have it patch theirs.
"""

import contextlib
import inspect
import os
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from rushproof.errors import PersonaError
from rushproof.personas import UnfitSetting, cast, fitted, only_persona
from rushproof.quantity import encode
from rushproof.seams import Persona


class Question(msgspec.Struct, frozen=True):
    """A locustfile, and the settings that a scenario gives its persona."""

    persona: str
    settings: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong, and where: `settings.entries`, or nowhere in particular for the file as a whole."""

    path: str
    problem: str


class Found(msgspec.Struct, frozen=True):
    """What a locustfile holds."""

    persona: str
    name: str = ""
    kind: str = "crowd"
    about: str = ""
    steps: Mapping[str, str | None] = {}
    settings: Mapping[str, Any] = {}
    error: Flaw | None = None


def answer(question: Question) -> Found:
    """Opens the file and looks."""
    try:
        found = cast(question.persona)
        users = [kind for kind in found if not issubclass(kind, Persona)]
        if users:
            return _user(question, users)
        return _crowd(question, only_persona(question.persona, found))
    except PersonaError as error:
        return Found(question.persona, error=Flaw("", str(error)))


def _crowd(question: Question, persona: type[Persona]) -> Found:
    flaw = None
    try:
        fitted(persona, question.settings)
    except UnfitSetting as error:
        flaw = Flaw(error.path, error.problem)
    steps = {name: step.promises.kind if step.promises else None for name, step in persona.steps.items()}
    return Found(question.persona, persona.__name__, "crowd", _about(persona), steps, _defaults(persona), flaw)


def _user(question: Question, users: list[type]) -> Found:
    flaw = Flaw("settings", "an ordinary Locust user takes no settings") if question.settings else None
    return Found(question.persona, " ".join(user.__name__ for user in users), "user", _about(users[0]), error=flaw)


def _about(kind: type) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join((inspect.cleandoc(kind.__doc__ or "")).split("\n\n")[0].split())


def _defaults(persona: type[Persona]) -> dict[str, Any]:
    """Each setting with its default; null for one that has to be given."""
    defaults = {}
    for field in msgspec.structs.fields(persona.Settings):
        made = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        defaults[field.encode_name] = None if made is msgspec.NODEFAULT else msgspec.to_builtins(made, enc_hook=encode)
    return defaults


def main() -> int:
    """Answers what stands on stdin."""
    os.environ.setdefault("LOCUST_SKIP_MONKEY_PATCH", "1")
    questions = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Question])
    with contextlib.redirect_stdout(sys.stderr):  # a locustfile may print
        found = [answer(question) for question in questions]
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
