"""Secrets: written `${env:NAME}` or `${file:PATH}` in a scenario, put in only where they are used, and in no artefact or message."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from rushproof.errors import InputError

_SECRET = re.compile(r"\$\{(env|file):([^}]+)\}")
_SHORTEST = 4
"""characters: a shorter secret would mask half of every sentence"""
_EVERYBODYS = ("admin", "mysql", "postgres", "root")
"""users whose names are words of ours too"""
_hidden: dict[str, re.Pattern[str]] = {}
"""what has been put in so far in this process, with how it is found in a message"""


def resolved(value: Any, beside: Path) -> Any:
    """The value with its secrets put in; InputError names the variable or file that is not there, never what it holds."""
    if isinstance(value, str):
        whole = _SECRET.sub(lambda found: _secret(found[1], found[2], beside), value)
        if whole != value:
            _hide(whole if "://" in whole else "")
        return whole
    if isinstance(value, Mapping):
        return {key: resolved(inner, beside) for key, inner in value.items()}
    return [resolved(inner, beside) for inner in value] if isinstance(value, list | tuple) else value


def masked(text: str) -> str:
    """The text with `…` for every secret that was put in somewhere in this process, and for the user and password of a URL among them."""
    for pattern in sorted(_hidden.values(), key=lambda pattern: -len(pattern.pattern)):
        text = pattern.sub("…", text)
    return text


def _secret(kind: str, name: str, beside: Path) -> str:
    if kind == "env":
        if name not in os.environ:
            raise InputError(f"${{env:{name}}}: the environment has no {name}")
        found = os.environ[name]
    else:
        try:
            found = (beside / name).read_text().strip()
        except (OSError, UnicodeDecodeError):
            raise InputError(f"${{file:{name}}}: cannot be read as a text") from None
    _hide(found)
    return found


def _hide(secret: str) -> None:
    for part, user in _parts(secret):
        if user and (part in _EVERYBODYS or len(part) < _SHORTEST):
            _hidden.setdefault(part, re.compile(rf"(?<=['\"`/]){re.escape(part)}(?=['\"`@:])"))
        elif len(part) >= _SHORTEST:
            edge = r"\b" if user else ""
            _hidden.setdefault(part, re.compile(f"{edge}{re.escape(part)}{edge}"))


def _parts(secret: str) -> Iterator[tuple[str, bool]]:
    """What must not be seen of it, and whether it is a user's name: of a URL all but the bare address, as written and as decoded."""
    try:
        url = urlsplit(secret)
        named = url.username, url.password
    except ValueError:
        yield secret, False
        return
    if not url.netloc:
        yield secret, False
        return
    if url.username or url.query or url.path.strip("/"):
        yield secret, False
    for text, user in ((named[0], True), (named[1], False), *((value, False) for name, value in parse_qsl(url.query) if _tells(name))):
        if text:
            yield text, user
            yield unquote(text), user


def _tells(option: str) -> bool:
    """Whether a query's option is a secret rather than a setting."""
    return any(word in option.lower() for word in ("pass", "token", "secret", "key", "user", "sig"))
