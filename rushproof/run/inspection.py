"""What the locustfiles of a scenario declare, asked in a child process, because loading one patches the process."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from rushproof.document import Document
from rushproof.document import Path as Place
from rushproof.errors import LoadError, PersonaError
from rushproof.scenario import Scenario
from rushproof.step_check import unknown_steps, with_promises

_PATIENCE = 60.0
"""wall seconds in which all locustfiles have to be loaded"""


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong with a persona, or with a setting of it."""

    path: str
    problem: str


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """One crowd's persona as its locustfile declares it."""

    persona: str
    name: str = ""
    kind: Literal["crowd", "user"] = "crowd"
    """`user`: an ordinary Locust user, measured in a closed loop"""
    about: str = ""
    steps: Mapping[str, str | None] = {}
    """each step and the kind it promises"""
    settings: Mapping[str, Any] = {}
    """each setting and its default"""
    error: Mistake | None = None


async def inspect(personas: list[tuple[Path, Mapping[str, Any]]], command: tuple[str, ...]) -> list[Inspected]:
    """What each locustfile declares, its settings tried; PersonaError where that takes too long, LoadError where the inspector breaks."""
    asked = msgspec.json.encode([{"persona": str(path), "settings": settings} for path, settings in personas])
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        answer, said = await asyncio.wait_for(child.communicate(asked), _PATIENCE)
    except TimeoutError:
        files = ", ".join(dict.fromkeys(path.name for path, _ in personas))
        raise PersonaError(f"{files}: not loaded within {_PATIENCE:g} s; a locustfile must wait for nobody when it is imported") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        return msgspec.json.decode(answer, type=list[Inspected])
    except msgspec.DecodeError:
        raise LoadError(f"the inspector of personas broke ({child.returncode}):\n{said.decode(errors='replace')[-2000:]}") from None


def check_crowds(scenario: Scenario, document: Document, found: Mapping[str, Inspected]) -> None:
    """ScenarioError or PersonaError where a crowd and its persona do not fit."""
    wrong: list[tuple[Place, str]] = []
    for name, one in found.items():
        crowd, path = scenario.crowds[name], ("crowds", name)
        if one.error is not None and not one.error.path:
            raise PersonaError(f"{document.file}: crowds.{name}.persona: {one.error.problem}")
        if one.error is not None:
            inside = tuple(one.error.path.split("."))
            wrong.append(((*path, *(inside if inside[0] == "settings" else ("settings", *inside))), one.error.problem))
        elif one.kind == "user" and crowd.users is None:
            wrong.append((path, f"{crowd.persona} is an ordinary Locust user: expected 'users' (how many run at once) instead of arrivals"))
        elif one.kind == "crowd" and crowd.arrivals is None:
            wrong.append((path, f"{crowd.persona} is a persona: expected 'arrivals' (how its people come) instead of users"))
        else:
            wrong += unknown_steps(crowd.steps, one.steps, (*path, "steps"))
        if one.kind == "user" and crowd.steps:
            wrong.append(
                ((*path, "steps"), "what the requests of an ordinary Locust user come to is said in its file, with catch_response")
            )
    if wrong:
        raise document.errors(wrong)


def overlaid(scenario: Scenario, found: Mapping[str, Inspected]) -> dict[str, Inspected]:
    """The same with what the scenario makes their steps promise."""
    return {name: msgspec.structs.replace(one, steps=with_promises(scenario.crowds[name].steps, one.steps)) for name, one in found.items()}
