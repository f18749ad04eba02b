"""Locustfiles, opened by path: the one persona of a file, or the ordinary Locust users in it.

A file is imported as Locust imports it: under its stem, with its own directory in front of the path while it is read.  This module
imports no Locust itself; a file that imports it should be opened in a process of its own, because Locust patches its process.
"""

import importlib.util
import os
import sys
import traceback
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from rushproof.conform import mistakes
from rushproof.errors import PersonaError
from rushproof.quantity import decode
from rushproof.seams import Persona, Settings


class UnfitSetting(PersonaError):
    """A setting that the persona does not have, or not with such a value; `path` is `settings.entries` and the like."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path, self.problem = path, problem


def load(path: str) -> type[Persona]:
    """The persona that a locustfile declares; PersonaError where there is no file, it does not import, or it has none or several."""
    return only_persona(path, cast(path))


def only_persona(path: str, found: tuple[type, ...]) -> type[Persona]:
    """The persona among the classes of a locustfile that was already opened."""
    personas = [one for one in found if issubclass(one, Persona)]
    if not personas:
        users = [one.__name__ for one in found]
        why = f"{users[0]} is an ordinary Locust user" if users else "no class in it derives from Crowd"
        raise PersonaError(f"{path}: holds no persona: {why}")
    if len(personas) > 1:
        names = " and ".join(sorted(one.__name__ for one in personas))
        raise PersonaError(f"{path}: holds {len(personas)} personas, {names}; a file is one persona (`abstract = True` marks a mere base)")
    return personas[0]


def cast(path: str) -> tuple[type, ...]:
    """Every class of a locustfile that Locust would run, in the order of the file: personas, and ordinary Locust users."""
    module = opened(path)
    found = dict.fromkeys(value for value in vars(module).values() if isinstance(value, type) and _runs(value))
    return tuple(found)


def fitted(persona: type[Persona], settings: Mapping[str, Any]) -> Settings:
    """The persona's settings with a scenario's values, which may be text (`500ms`, `2.2`); UnfitSetting for the first that does not fit."""
    for path, problem in mistakes(dict(settings), persona.Settings, ("settings",)):
        raise UnfitSetting(".".join(path), problem)
    return msgspec.convert(dict(settings), persona.Settings, strict=False, dec_hook=decode)


def is_user(kind: type) -> bool:
    """Whether a class is a Locust user, told by its name alone so that Locust need not be imported."""
    return any(base.__module__ == "locust.user.users" and base.__name__ == "User" for base in kind.__mro__)


def _runs(kind: type) -> bool:
    if vars(kind).get("abstract", False) or kind is Persona:
        return False
    return issubclass(kind, Persona) or is_user(kind)


def opened(path: str) -> ModuleType:
    """A file of the user's, imported as a locustfile is; PersonaError where it cannot be."""
    file = Path(path)
    if not file.is_file():
        raise PersonaError(f"{path}: no such file")
    if file.suffix != ".py":
        raise PersonaError(f"{path}: expected a Python file")
    _refuse_shadow(file, path)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None  # a .py file always has both
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before, known = list(sys.path), sys.modules.get(file.stem)
    sys.path[:0] = [str(file.parent.resolve()), os.getcwd()]
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(file.stem)
        if known is not None:
            sys.modules[file.stem] = known
        raise PersonaError(f"{path}: {_problem(error, file)}") from error
    finally:
        sys.path[:] = before
    return module


def _refuse_shadow(file: Path, path: str) -> None:
    """A locustfile goes into `sys.modules` under its stem: named `queue.py`, it would hide the real `queue` from the whole process."""
    own = {file.parent.resolve(), Path.cwd()}
    elsewhere = [entry for entry in sys.path if entry and Path(entry).resolve() not in own]
    if file.stem in sys.stdlib_module_names or PathFinder.find_spec(file.stem, elsewhere) is not None:
        raise PersonaError(f"{path}: its name hides the module {file.stem!r}; give the file another name")


def _problem(error: BaseException, file: Path) -> str:
    """What went wrong, at which line of the file."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"line {error.lineno}: {error.msg}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    where = f"line {lines[-1]}: " if lines else ""
    if isinstance(error, ImportError):
        return f"{where}{error}"
    return f"{where}{type(error).__name__}: {error}"
