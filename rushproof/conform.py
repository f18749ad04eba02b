"""Whether a tree of texts fits a type: every place where it does not, with what was expected there.

msgspec converts; this walk beside it knows the names of the places, finds all mistakes instead of the first, and offers the nearest
right word.
"""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import msgspec

from rushproof.document import Path
from rushproof.errors import nearest
from rushproof.quantity import decode

Mistakes = Iterator[tuple[Path, str]]


def mistakes(tree: Any, kind: Any, path: Path = ()) -> Mistakes:
    """Each place in `tree` that does not fit `kind`, and the sentence about it."""
    options = [option for option in _options(kind) if option is not types.NoneType]
    if tree is None:
        if len(options) == len(_options(kind)) and kind is not Any:
            yield path, "expected a value, found null"
        return
    structs = [option for option in options if isinstance(option, type) and issubclass(option, msgspec.Struct)]
    if len(structs) > 1:
        yield from _tagged(tree, structs, path)
    elif structs:
        yield from _struct(tree, structs[0], path)
    elif len(options) == 1:
        yield from _single(tree, options[0], path)
    else:
        yield from _leaf(tree, kind, path)


def _options(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (types.UnionType, typing.Union) else (kind,)


def _single(tree: Any, kind: Any, path: Path) -> Mistakes:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        if tree not in inner:
            yield path, f"expected one of {', '.join(inner)}, found {_found(tree)}{_hint(tree, inner)}"
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(tree, dict):
            yield path, f"expected keys and values, found {_found(tree)}"
        elif inner[1] is not Any:
            for key, value in tree.items():
                yield from mistakes(value, inner[1], (*path, key))
    elif origin is tuple and inner[1:] == (...,) and isinstance(tree, list):
        for nth, value in enumerate(tree):
            yield from mistakes(value, inner[0], (*path, str(nth)))
    elif origin is tuple and inner[1:] == (...,):
        yield path, f"expected a list, found {_found(tree)}"
    else:
        yield from _leaf(tree, kind, path)


def _struct(tree: Any, kind: type[msgspec.Struct], path: Path) -> Mistakes:
    if not isinstance(tree, dict):
        yield path, f"expected keys and values, found {_found(tree)}"
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    tag = kind.__struct_config__.tag_field
    for key, value in tree.items():
        if key in fields:
            yield from mistakes(value, fields[key].type, (*path, key))
        elif key != tag:
            yield (*path, key), f"unknown key{nearest(key, fields)}"
    for name, field in fields.items():
        if field.required and name not in tree:
            yield path, f"{name!r} is missing"


def _tagged(tree: Any, kinds: list[type[msgspec.Struct]], path: Path) -> Mistakes:
    field = str(kinds[0].__struct_config__.tag_field)
    known = {str(kind.__struct_config__.tag): kind for kind in kinds}
    if not isinstance(tree, dict):
        yield path, f"expected keys and values with a {field!r}, found {_found(tree)}"
    elif field not in tree:
        yield path, f"{field!r} is missing; known: {', '.join(sorted(known))}"
    elif not isinstance(tree[field], str) or tree[field] not in known:
        yield (*path, field), f"unknown {field} {_found(tree[field])}{nearest(str(tree[field]), known)}"
    else:
        yield from _struct(tree, known[tree[field]], path)


def _leaf(tree: Any, kind: Any, path: Path) -> Mistakes:
    if isinstance(tree, dict | list):
        yield path, f"expected one value, found {_found(tree)}"
        return
    try:
        msgspec.convert(tree, kind, strict=False, dec_hook=decode)
    except (msgspec.ValidationError, ValueError) as problem:
        sentence = str(problem).split(" - at `$")[0]
        yield path, sentence if "found" in sentence else f"expected {_expected(kind)}, found {_found(tree)}"


def _expected(kind: Any) -> str:
    words = {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}
    named = getattr(kind, "__name__", str(kind))
    return words.get(kind, "a date such as 2022-04-01" if named == "date" else f"a {named.lower()}")


def _found(tree: Any) -> str:
    if isinstance(tree, dict):
        return "keys and values"
    return "a list" if isinstance(tree, list) else repr(tree)


def _hint(tree: Any, known: tuple[Any, ...]) -> str:
    hint = nearest(str(tree), known)
    return hint if "did you mean" in hint else ""
