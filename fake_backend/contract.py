"""How a path is written into the OpenAPI document: its answers, and every code with which it may say no."""

from collections.abc import Mapping
from typing import Any, Final

from fake_backend.problems import CODES

Json = dict[str, Any]
Known = Mapping[str, tuple[int, str]]
"""code → (status, title)"""
TEXT: Final = {"type": "string"}
BODY: Final = ("malformed_json", "bad_field", "body_too_large")
"""the codes of every path that takes a body"""
GUARDED: Final = ("token_missing", "token_wrong", "token_expired", "token_replayed", "not_yours", "not_verified")
"""the codes of every path that asks for a token, where the settings say so"""


def ref(name: str) -> Json:
    """The schema of a type of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str, where: str, schema: Json, required: bool = True) -> Json:
    """What is asked for in the `path`, the `query` or a `header`."""
    return {"name": name, "in": where, "required": required, "schema": schema}


def _answers(success: int, schema: Json, media: str, codes: tuple[str, ...], known: Known) -> Json:
    answers: Json = {str(success): {"description": "as asked", "content": {media: {"schema": schema}}}}
    codes = (*codes, *(code for code in ("database_away", "out_of_order") if code in known))
    for status in sorted({known[code][0] for code in (*codes, "malformed_request")}):
        titles = "; ".join(f"{code}: {known[code][1]}" for code in codes if known[code][0] == status)
        answers[str(status)] = {
            "description": titles or known["malformed_request"][1],
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    return answers


def operation(
    about: str,
    schema: Json,
    success: int = 200,
    codes: tuple[str, ...] = (),
    parameters: tuple[Json, ...] = (),
    body: Json | None = None,
    media: str = "application/json",
    known: Known = CODES,
) -> Json:
    """One method of a path; `codes` are those of `problems`, or of another table, with which it may say no."""
    operation: Json = {"summary": about, "parameters": list(parameters), "responses": _answers(success, schema, media, codes, known)}
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation
