"""How a body is read and an answer is written: JSON, and every mistake in it named by its field."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from fake_backend.problems import refused

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LARGEST_BODY: Final = 64 * 1024
"""Bytes; more is refused with 413."""

_encode = msgspec.json.Encoder().encode
_JSON: Final = {"Content-Type": "application/json"}
_PATH: Final = re.compile(r" - at `\$\.?(.*?)`$")
_NAMED: Final = re.compile(r"(?:missing required|unknown) field `(\w+)`|^(\w+):")


def json_answer(value: Any, status: int = 200, headers: dict[str, str] = _JSON) -> web.Response:
    """The value, a Struct or plain containers, as a JSON answer."""
    return web.Response(body=_encode(value), status=status, headers=headers)


async def parsed(request: web.Request, decode: Callable[[bytes], T]) -> T:
    """The body as its type, or a refusal that names the field at fault."""
    body = await request.read()
    try:
        return decode(body)
    except msgspec.ValidationError as problem:
        text = str(problem)
        raise refused("bad_field", _PATH.sub("", text), field_at_fault(text)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refused("malformed_json", "the body cannot be read as JSON in UTF-8") from None


def field_at_fault(text: str) -> str | None:
    """The field that a validation message is about; None where it is about the body as a whole."""
    named = _NAMED.search(text)
    path = _PATH.search(text)
    if named:
        return named[1] or named[2]
    return path[1] if path and path[1] else None


def for_the_command_line(text: str) -> str:
    """A validation message with its field first, as whoever typed it looks for it."""
    field, said = field_at_fault(text), _PATH.sub("", text)
    return f"{field}: {said[:1].lower()}{said[1:]}" if field and not said.startswith(f"{field}:") else said


def whole_number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query string, or a refusal that names it."""
    text = request.query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= most:
        raise refused("bad_field", f"expected a whole number from {least} to {most}", name)
    return int(text)
