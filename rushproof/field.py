"""One field of a JSON body by its dotted path (`data.order.id`, `errors.0.code`), read without building anything else of it."""

import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import msgspec

_NAME = re.compile(r"[A-Za-z_$@-][A-Za-z0-9_$@-]*")
_text = msgspec.json.Decoder(str).decode
_tree = msgspec.json.decode


def text_reader(path: str) -> Callable[[bytes], str | None]:
    """Reads the text, number, `true`, `false` or `null` at a path, as the body writes it; None where there is no such value."""
    read = _reader(path, msgspec.Raw, None)

    def text(body: bytes) -> str | None:
        try:
            found = bytes(read(body) or b"")
            return _text(found) if found[:1] == b'"' else found.decode() if found[:1] not in (b"", b"{", b"[") else None
        except (msgspec.DecodeError, AttributeError, RecursionError):
            return None

    return text


def number_reader(path: str) -> Callable[[bytes], int]:
    """Reads the whole number at a path, also where it is written as a text; −1 where there is none that a ledger could hold."""
    read, text = _reader(path, int, -1), text_reader(path)

    def number(body: bytes) -> int:
        try:
            found = read(body)
        except (msgspec.DecodeError, AttributeError, RecursionError):
            found = _whole(text(body))
        return found if 0 <= found < 1 << 63 else -1

    return number


def looked_up(source: Any, path: str) -> Any:
    """What stands at a path of a mapping, a Struct, or JSON bytes; None where there is nothing."""
    if isinstance(source, bytes):
        return text_reader(path)(source)
    if isinstance(source, Mapping) and path in source:
        return source[path]
    for name in path.split("."):
        source = _inside(source, name)
    return source


def _inside(source: Any, name: str) -> Any:
    if isinstance(source, Mapping):
        return source.get(name)
    if isinstance(source, list | tuple):
        return source[int(name)] if name.isdecimal() and int(name) < len(source) else None
    return None if source is None else getattr(source, name, None)


def _whole(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 20 else -1


def _reader(path: str, kind: Any, default: Any) -> Callable[[bytes], Any]:
    """Decodes nothing but what lies on the path; a step of it that is a place in a list, or an odd name, costs a whole decoding."""
    names = path.split(".")
    if not all(_NAME.fullmatch(name) for name in names):
        return lambda body: _walked(body, names, kind, default)
    shape: Any = msgspec.defstruct("Answer", [("found", kind, default)], rename={"found": names[-1]})
    for name in reversed(names[:-1]):
        shape = msgspec.defstruct("Answer", [("found", shape | None, None)], rename={"found": name})
    decode_body, found = msgspec.json.Decoder(shape).decode, attrgetter(".".join(["found"] * len(names)))
    return lambda body: found(decode_body(body))


def _walked(body: bytes, names: list[str], kind: Any, default: Any) -> Any:
    source = _tree(body)
    for name in names:
        if isinstance(source, dict) and name in source:
            source = source[name]
        elif isinstance(source, list) and name.isdecimal() and int(name) < len(source):
            source = source[int(name)]
        else:
            return default
    if kind is int:
        return source if type(source) is int else _whole(source if isinstance(source, str) else None)
    return msgspec.json.encode(source)
