"""The JSON Schema of run.json, drawn from the types themselves.

msgspec's own cannot be asked: it does not write defaults that are quantities.
"""

from typing import Any

import msgspec
from msgspec import inspect

from rushproof.manifest import Manifest
from rushproof.quantity import Quantity

Schema = dict[str, Any]


def run_schema() -> Schema:
    """What `run.schema.json` publishes."""
    drawn: dict[str, Schema] = {}
    top = _drawn(inspect.type_info(Manifest), drawn)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rushproof run.json", **top, "$defs": drawn}


def _drawn(kind: inspect.Type, drawn: dict[str, Schema]) -> Schema:
    match kind:
        case inspect.StructType():
            return _struct(kind, drawn)
        case inspect.UnionType():
            return {"anyOf": [_drawn(each, drawn) for each in kind.types]}
        case inspect.VarTupleType() | inspect.ListType():
            return {"type": "array", "items": _drawn(kind.item_type, drawn)}
        case inspect.TupleType():
            return {"type": "array", "prefixItems": [_drawn(each, drawn) for each in kind.item_types], "items": False}
        case inspect.DictType():
            return {"type": "object", "additionalProperties": _drawn(kind.value_type, drawn)}
        case inspect.LiteralType():
            return {"enum": sorted(kind.values)}
        case inspect.EnumType():
            return {"enum": sorted(member.value for member in kind.cls)}
        case inspect.CustomType():
            return {"type": "number"} if issubclass(kind.cls, Quantity) else {"type": "string"}
    return _PLAIN[type(kind)]


def _struct(kind: inspect.StructType, drawn: dict[str, Schema]) -> Schema:
    name = kind.cls.__name__
    if name not in drawn:
        drawn[name] = {}
        fields = {field.encode_name: _drawn(field.type, drawn) for field in kind.fields}
        required = [field.encode_name for field in kind.fields if field.required]
        if kind.tag_field is not None:
            fields, required = {kind.tag_field: {"const": kind.tag}, **fields}, [kind.tag_field, *required]
        drawn[name] = {
            "type": "object", "description": (kind.cls.__doc__ or "").strip(), "properties": fields, "required": required,
            "additionalProperties": not kind.forbid_unknown_fields,
        }  # fmt: skip
    return {"$ref": f"#/$defs/{name}"}


def text() -> str:
    """The schema as the file holds it."""
    return msgspec.json.format(msgspec.json.encode(run_schema()), indent=2).decode() + "\n"


_PLAIN: dict[type[inspect.Type], Schema] = {
    inspect.AnyType: {}, inspect.NoneType: {"type": "null"}, inspect.BoolType: {"type": "boolean"}, inspect.IntType: {"type": "integer"},
    inspect.FloatType: {"type": "number"}, inspect.StrType: {"type": "string"}, inspect.DateType: {"type": "string", "format": "date"},
}  # fmt: skip
