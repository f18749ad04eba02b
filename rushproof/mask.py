"""What was sent and what came back, as it may be shown: names stay, and every value that could be somebody's becomes `…`."""

import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

MASK = "…"
_WORD = re.compile(r"[A-Za-z0-9_-]{1,24}")
_NAME = re.compile(r"[\w.$: -]{1,40}")
_SEGMENT = re.compile(r"[A-Za-z._~-]{0,24}|[A-Za-z0-9._~-]{1,10}")
_TERMS = re.compile(r"[\w/;=.,:*+() -]{1,80}")
_MANY_DIGITS = re.compile(r"\d{6}")
_TERMED = {
    "accept", "allow", "cache-control", "connection", "content-encoding", "content-length", "content-type", "date", "host",
    "retry-after", "server", "transfer-encoding", "user-agent", "vary", "via",
}  # fmt: skip
"""headers whose values are terms of HTTP itself, and nobody's"""
_SCHEMES = {"bearer", "basic", "digest", "negotiate", "hmac"}
_MOST_NAMES = 24
_LONGEST = 1200


def is_word(value: str) -> bool:
    """Whether a value is a short word or number, which stands for many: a code or a state, not an id."""
    return _WORD.fullmatch(value) is not None and not _MANY_DIGITS.search(value)


def masked_body(body: bytes, shown: Collection[str] = (), depth: int = 6) -> str:
    """A JSON body with its names; of its values only short words at the dotted paths `shown`; deeper than `depth` nothing."""
    if not body:
        return ""
    try:
        text = _written(msgspec.json.decode(body), "", frozenset(shown), depth)
    except (msgspec.DecodeError, RecursionError):
        return f"({len(body)} bytes that are no JSON)"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + MASK


def masked_headers(headers: Iterable[tuple[str, str]], shown: Collection[str] = ()) -> tuple[str, ...]:
    """Header lines with their names in lower case; of their values only terms of HTTP, and short words of the names `shown`."""
    words = {name.lower() for name in shown}
    return tuple(f"{_name(name.lower())}: {_value(name.lower(), value.strip(), words)}" for name, value in headers)


def masked_path(path: str, known: Collection[str] = ()) -> str:
    """A path with its query's names; a segment that looks like an id, or is one of `known`, and every value of the query is masked."""
    path, mark, query = path.partition("?")
    segments = "/".join(segment if _is_segment(segment, known) else MASK for segment in path.split("/"))
    return segments + mark + "&".join(_pair(pair) for pair in query.split("&")) if mark else segments


def _is_segment(segment: str, known: Collection[str]) -> bool:
    return not (segment and segment in known) and _SEGMENT.fullmatch(segment) is not None and not _MANY_DIGITS.search(segment)


def _pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{_name(name)}={MASK}" if equals else MASK


def _name(name: str) -> str:
    return name if _NAME.fullmatch(name) and not _MANY_DIGITS.search(name) else MASK


def _value(name: str, value: str, shown: Collection[str]) -> str:
    if name in _TERMED and _TERMS.fullmatch(value) and not _MANY_DIGITS.search(value):
        return value
    if name in shown and is_word(value):
        return value
    if name in ("authorization", "proxy-authorization"):
        scheme = value.partition(" ")[0]
        return f"{scheme} {MASK}" if scheme.lower() in _SCHEMES and scheme != value else MASK
    if name == "cookie":
        return "; ".join(_pair(one.strip()) for one in value.split(";"))
    if name == "set-cookie":
        return _pair(value.partition(";")[0])
    return MASK


def _written(value: Any, path: str, shown: frozenset[str], depth: int) -> str:
    if isinstance(value, dict):
        return _mapping(value, path, shown, depth)
    if isinstance(value, list):
        if not value or not depth:
            return f"[{MASK if value else ''}]"
        more = f", {MASK} {len(value) - 1} more" if len(value) > 1 else ""
        return f"[{_written(value[0], _at(path, '0'), shown, depth - 1)}{more}]"
    if value is None or isinstance(value, bool):
        return msgspec.json.encode(value).decode()
    quote = '"' if isinstance(value, str) else ""
    return f"{quote}{value if path in shown and is_word(str(value)) else MASK}{quote}"


def _mapping(value: dict[str, Any], path: str, shown: frozenset[str], depth: int) -> str:
    if not value or not depth:
        return f"{{{MASK if value else ''}}}"
    inside = [f'"{_name(name)}": {_written(inner, _at(path, name), shown, depth - 1)}' for name, inner in list(value.items())[:_MOST_NAMES]]
    return f"{{{', '.join([*inside, MASK] if len(value) > _MOST_NAMES else inside)}}}"


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
