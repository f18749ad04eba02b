"""One field of a JSON body by its dotted path (`data.order.id`, `errors.0.code`), read without building anything else of it."""

import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Annotated, Any

import msgspec

_NAME = re.compile(r"[A-Za-z_$@-][A-Za-z0-9_$@-]*")
_text = msgspec.json.Decoder(str).decode
_tree = msgspec.json.decode
_Whole = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]


def text_reader(path: str) -> Callable[[bytes], str | None]:
    """Reads the text, number, `true`, `false` or `null` at a path, as the body writes it; None where there is no such value."""
    plain, names = _decoder(path, msgspec.Raw, None), path.split(".")

    def text(body: bytes) -> str | None:
        try:
            found = _walked(body, names) if plain is None else bytes(plain[1](plain[0](body)) or b"")
            return _text(found) if found[:1] == b'"' else found.decode() if found[:1] not in (b"", b"{", b"[") else None
        except (msgspec.DecodeError, AttributeError, RecursionError):
            return None

    return text


def number_reader(path: str) -> Callable[[bytes], int]:
    """Reads the whole number at a path, also where it is written as a text; −1 where there is none that a ledger could hold."""
    text = text_reader(path)
    plain = _decoder(path, _Whole, -1)
    if plain is None:
        return lambda body: _whole(text(body))
    decode, found = plain

    def number(body: bytes) -> int:
        try:
            return found(decode(body))  # type: ignore[no-any-return]  # an int, by the shape
        except (msgspec.DecodeError, AttributeError, RecursionError):
            return _whole(text(body))

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


def worded(value: Any) -> str:
    """A field's value as a ledger's text would have it: nothing is empty, `True` is `true`."""
    if value is None:
        return ""
    return ("false", "true")[value] if value.__class__ is bool else str(value)


def _inside(source: Any, name: str) -> Any:
    if isinstance(source, Mapping):
        return source.get(name)
    if isinstance(source, list | tuple):
        return source[int(name)] if name.isdecimal() and int(name) < len(source) else None
    return None if source is None else getattr(source, name, None)


def _whole(text: str | None) -> int:
    """The number a text is, −1 where it is none or too large."""
    number = int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 20 else -1
    return number if number < 1 << 63 else -1


def _decoder(path: str, kind: Any, default: Any) -> tuple[Callable[[bytes], Any], Callable[[Any], Any]] | None:
    """What decodes nothing but what lies on the path, and what takes it from there; None where the path is too odd for that."""
    names = path.split(".")
    if not all(_NAME.fullmatch(name) for name in names):
        return None
    shape: Any = msgspec.defstruct("Answer", [("found", kind, default)], rename={"found": names[-1]})
    for name in reversed(names[:-1]):
        shape = msgspec.defstruct("Answer", [("found", shape | None, None)], rename={"found": name})
    return msgspec.json.Decoder(shape).decode, attrgetter(".".join(["found"] * len(names)))


def _walked(body: bytes, names: list[str]) -> bytes:
    """The value at a path that has a place in a list in it, or an odd name: it costs a whole decoding."""
    source = _tree(body)
    for name in names:
        if isinstance(source, dict) and name in source:
            source = source[name]
        elif isinstance(source, list) and name.isdecimal() and int(name) < len(source):
            source = source[int(name)]
        else:
            return b""
    return msgspec.json.encode(source)
