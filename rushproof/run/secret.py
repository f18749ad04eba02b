"""Secrets: written `${env:NAME}` or `${file:PATH}` in a scenario, put in only where they are used, and in no artefact."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rushproof.errors import InputError

_SECRET = re.compile(r"\$\{(env|file):([^}]+)\}")


def resolved(value: Any, beside: Path) -> Any:
    """The value with its secrets put in; InputError names the variable or file that is not there, never what it holds."""
    if isinstance(value, str):
        return _SECRET.sub(lambda found: _secret(found[1], found[2], beside), value)
    if isinstance(value, Mapping):
        return {key: resolved(inner, beside) for key, inner in value.items()}
    return [resolved(inner, beside) for inner in value] if isinstance(value, list | tuple) else value


def _secret(kind: str, name: str, beside: Path) -> str:
    if kind == "env":
        if name not in os.environ:
            raise InputError(f"${{env:{name}}}: the environment has no {name}")
        return os.environ[name]
    try:
        return (beside / name).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"${{file:{name}}}: cannot be read as a text") from None
